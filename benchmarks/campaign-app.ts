/** The campaign as a user would write it: entry -> add-email -> white-list -> archive, three durable hops. */
import type { App } from '../src/index.ts'
import type { StandardSchema } from '../src/schema/standard.ts'
import { allowed, emails } from './contact.ts'
import * as zodSchemas from './contact.ts'
import type { Contact, Mailable } from './contact.ts'

export const appName = 'bench'

/** Where the last stop puts what it is given; called with the ride as idempotency key. */
export type Keep = (ride: string, contact: Readonly<Mailable>, text: string) => Promise<void> | undefined

/** The package, from its sources or compiled. */
export type Library = typeof import('../src/index.ts')

/** What is known of a contact, by a validator. */
export interface Schemas {
  readonly Contact: StandardSchema<Contact, Contact>
  readonly Mailable: StandardSchema<Mailable, Mailable>
}

export function campaignApp(
  { drop, entry, line, metrobus, stop }: Library,
  keep: Keep,
  { Contact, Mailable }: Schemas = zodSchemas,
): App {
  const addresses = emails()
  const allowedAccounts = allowed()
  const addEmail = stop('add-email', { in: Contact, out: Mailable, effects: 'none' }, (contact) => {
    const email = addresses.get(contact.accountId)
    return email === undefined ? drop('no-email') : { ...contact, email }
  })
  const whiteList = stop('white-list', { in: Mailable, out: Mailable, effects: 'none' }, (contact) =>
    allowedAccounts.has(contact.accountId) ? contact : drop('not-white-listed'),
  )
  // Held back on purpose by `backlog` and `slow-key`: longer than the default deadline of 30 s.
  const policy = { deadline: { seconds: 3600 } }
  const archive = stop('archive', { in: Mailable, policy, concurrency: 512 }, (contact, { event, text }) =>
    keep(event.ride, contact, text),
  )
  const campaign = line('campaign').via(addEmail).via(whiteList).to(archive)
  const contacts = entry('contacts', { in: Contact, key: (contact) => contact.accountId, route: campaign })
  return metrobus(appName, { entries: [contacts] })
}
