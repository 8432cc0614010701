/** What each likeness is worth, all in one place. They were set by looking at invented names of the training brands; what the labelled set then showed was looked at, too (README). */
import type { Slip } from '../names/typo.ts'

/** From here on it is a threat. */
export const threshold = 0.7

/** How sure a name alone makes that it was chosen for the brand. */
export const nameScores = {
  homoglyph: 0.95,
  'brand-domain-as-subdomain': 0.95,
  hyphenated: 0.8,
  'other-suffix': 0.75,
  'brand-as-subdomain': 0.4,
  'brand-and-risky-words': 0.88,
  'brand-and-other-words': 0.55,
  'brand-and-honest-words': 0.35,
  /** Grown together with something else, it may be part of another word. */
  'brand-inside': 0.4,
} as const

export const slipScores: Readonly<Record<Slip, number>> = {
  'swapped-letters': 0.85,
  'look-alike-letter': 0.85,
  'dropped-letter': 0.8,
  'doubled-letter': 0.85,
  'neighbour-key': 0.8,
  'added-letter': 0.72,
  'other-letter': 0.6,
  'two-slips': 0.5,
}

/** A slip in a short word is worth less: there are honest words beside it. */
export const shortWord = { letters: 7, share: 0.85 }

/** Names that have the brand in them for everybody to see. */
export const openNames: ReadonlySet<string> = new Set([
  'other-suffix',
  'hyphenated',
  'brand-as-subdomain',
  'brand-and-other-words',
  'brand-and-honest-words',
  'brand-inside',
])

/** What a page shows, beside its name. */
export const pageScores = { 'asks-for-password': 0.5, 'speaks-of-brand': 0.35 } as const
/** What is left of the name's score when a page shows none of that: it is about something else. */
export const aboutSomethingElse = 0.75

/** Words that are put beside a brand to make somebody log in, pay or call. */
export const riskyWords: ReadonlySet<string> = new Set(
  `login log-in signin sign-in logon secure security secured verify verification verified validate account accounts auth authenticate
  update updates unlock unblock recover recovery restore confirm confirmation support help helpdesk service services care
  online ebanking netbanking banking mobile app apps portal access id my wallet pay payment payments billing invoice refund refunds
  bonus gift giveaway reward rewards promo prize win airdrop claim alert alerts notice customer client clients official web www
  password passwort reset kyc 2fa token sms card cards transfer session user member members`.split(/\s+/),
)

/** Words with which others speak of a brand and do not hide that they are others. */
export const honestWords: ReadonlySet<string> = new Set(
  `review reviews fan fans fanclub forum blog news jobs careers career watch history museum wiki info compare vs alternative alternatives
  reseller resellers dealer dealers parts spares repair repairs used outlet stories community meetup usergroup unofficial club
  critic critics sucks boycott tracker archive guide guides tutorial tutorials training course consulting`.split(/\s+/),
)
