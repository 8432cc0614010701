/** What an app store offers, as JSON. Each app is read for itself: one that is nonsense takes no other with it. */
import * as z from 'zod'

const short = z.string().max(1_000)

const ListedApp = z.object({
  package: z.string().min(1).max(255),
  name: short,
  developer: short.default(''),
  description: z.string().max(20_000).default(''),
  url: z.string().max(2_048),
  icon: z.string().max(2_048).optional(),
  apk: z.string().max(2_048).optional(),
})

export interface ListedApp {
  readonly package: string
  readonly name: string
  readonly developer: string
  readonly description: string
  readonly url: string
  readonly iconUrl: string | null
  readonly apkUrl: string | null
}

const appsMax = 1_000

/** Undefined where it is no listing: `{ "apps": [{ "package", "name", "developer", "description", "url", "icon", "apk" }] }`. */
export function readListing(
  source: string,
  url: string,
): { readonly apps: readonly ListedApp[]; readonly faulty: number } | undefined {
  const listing = z.object({ apps: z.array(z.unknown()) }).safeParse(jsonOf(source))
  if (!listing.success) return undefined
  const absolute = (href: string | undefined): string | null => {
    const to = href === undefined ? null : URL.parse(href, url)
    return to !== null && ['http:', 'https:'].includes(to.protocol) ? to.href : null
  }
  const offered = listing.data.apps.slice(0, appsMax)
  const apps = offered.flatMap((one) => {
    const { data } = ListedApp.safeParse(one)
    const to = absolute(data?.url)
    if (data === undefined || to === null) return []
    const { icon, apk, ...app } = data
    return [{ ...app, url: to, iconUrl: absolute(icon), apkUrl: absolute(apk) }]
  })
  return { apps, faulty: offered.length - apps.length }
}

function jsonOf(source: string): unknown {
  try {
    return JSON.parse(source)
  } catch {
    return undefined
  }
}
