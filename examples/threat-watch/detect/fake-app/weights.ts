/** What makes an app a fake, all in one place. The weights add up to 1, and were set by looking at invented apps of the training brands; what the labelled set then showed was looked at, too (README). */

export const weights = { name: 0.36, icon: 0.3, package: 0.1, description: 0.17, developer: 0.07 } as const

/**
 * From here on it is a threat. A name alone is none, and an icon alone is none. A copied icon with a copied description is one, under any name; and so is the name of the brand,
 * where the developer claims it, too.
 */
export const threshold = 0.42

/** A name that has the brand in it and more: `Veloris Widgets`. */
export const brandInName = 0.7
/** A package such as `net.veloris.app`, which is not the one of a known app. */
export const brandInPackage = 0.7
/** A developer such as `Veloris Mobile Ltd`, which is not the client. */
export const brandInDeveloper = 0.7
/** Names that differ in more than this share of their letters are not alike. */
export const nameDifferenceMax = 0.35
/** Bits that differ: up to `same` it is the same icon, from `other` on it is another one. An icon with fewer than `telling` bits is flat. */
export const iconBits = { same: 4, other: 18, telling: 8 } as const
/** The cosine of two descriptions: below, they share what all apps of their kind say. */
export const descriptionMin = 0.45
