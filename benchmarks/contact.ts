/**
 * The bench's own event: a contact of about 900 bytes of JSON, every field named in the schema. Contact `index` is a pure function
 * of its index, so that a journal can be judged afterwards without keeping what was sent.
 */
import { z } from 'zod'

export const Contact = z.object({
  accountId: z.string(),
  campaign: z.string(),
  givenName: z.string(),
  familyName: z.string(),
  company: z.string(),
  position: z.string(),
  language: z.string(),
  phone: z.string(),
  mobile: z.string(),
  birthYear: z.number(),
  customerSince: z.string(),
  segment: z.string(),
  score: z.number(),
  orders: z.number(),
  revenueCents: z.number(),
  lastOrder: z.string(),
  newsletter: z.boolean(),
  source: z.string(),
  owner: z.string(),
  address: z.object({
    street: z.string(),
    postalCode: z.string(),
    city: z.string(),
    country: z.string(),
  }),
  subject: z.string(),
  note: z.string(),
})
export type Contact = z.infer<typeof Contact>

export const Mailable = Contact.extend({ email: z.string() })
export type Mailable = z.infer<typeof Mailable>

const accountCount = 20_000

const accounts = Array.from({ length: accountCount }, (_, index) => `a-${index}`)

export const accountOf = (index: number): string => accounts[index % accountCount]!

/** Every tenth account may not be mailed. */
export const isDropped = (index: number): boolean => index % 10 === 9

/** How many of the first `count` contacts reach the archive. */
export const deliveredOf = (count: number): number => count - Math.floor(count / 10)

/** For those who give ids. */
export const idOf = (index: number): string => `contact-${index}`

const epoch = Date.UTC(2026, 0)

/** When contact `index` happened: the time of an event stays with it to its end, so it tells which contact a record is of. */
export const timeOf = (index: number): number => epoch + index

/** The inverse of `timeOf`. */
export const indexAt = (time: number): number => time - epoch

export const emailOf = (accountId: string): string => `${accountId}@mail.example.org`

const givenNames = ['Marguerite', 'Aleksander', 'Ingeborg', 'Bartholomew', 'Constantijn', 'Wilhelmina']
const familyNames = ['Vandenberghe', 'Papadopoulos', 'Featherstone', 'Lindqvist-Holm', 'Szczepaniak']
const cities = ['Antwerpen', 'Thessaloniki', 'Newcastle upon Tyne', 'Gothenburg', 'Bydgoszcz', 'Porto']
const prose =
  'Asked at the fair for the new catalogue and for a visit in spring; prefers to be called in the morning, never on a Friday. '.repeat(
    4,
  )

export function contactOf(index: number): Contact {
  const day = String(10 + (index % 18))
  return {
    accountId: accountOf(index),
    campaign: 'spring',
    givenName: givenNames[index % givenNames.length]!,
    familyName: familyNames[index % familyNames.length]!,
    company: 'Example Instruments and Sons Limited',
    position: 'Head of Purchasing',
    language: 'en',
    phone: '+44 191 496 0123',
    mobile: '+44 7700 900456',
    birthYear: 1950 + (index % 50),
    customerSince: `2019-04-${day}`,
    segment: 'wholesale',
    score: (index % 97) / 4,
    orders: index % 31,
    revenueCents: (index * 7919) % 10_000_000,
    lastOrder: `2026-10-${day}T09:30:00Z`,
    newsletter: (index & 1) === 0,
    source: 'import',
    owner: 'north-east',
    address: {
      street: '12 Long Street of the Mills',
      postalCode: 'NE1 4ST',
      city: cities[index % cities.length]!,
      country: 'GB',
    },
    subject: 'Spring collection: first choice for our oldest customers',
    note: prose.slice(index % 60, (index % 60) + 270),
  }
}

export const mailableOf = (index: number): Mailable => ({
  ...contactOf(index),
  email: emailOf(accountOf(index)),
})

/** The addresses of all accounts, as reference data in memory. */
export const emails = (): ReadonlyMap<string, string> =>
  new Map(Array.from({ length: accountCount }, (_, index) => [accountOf(index), emailOf(accountOf(index))]))

/** The accounts that may be mailed. */
export const allowed = (): ReadonlySet<string> =>
  new Set(
    Array.from({ length: accountCount }, (_, index) => index)
      .filter((index) => !isDropped(index))
      .map(accountOf),
  )
