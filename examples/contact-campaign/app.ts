/**
 * The contact campaign: who is written to, and with which address. Importing this file starts nothing; what it needs comes in, so that a test can
 * give it something else.
 */
import { drop, entry, line, mapMaker, metrobus, stop } from '../../src/index.ts'
import type { App, Entry } from '../../src/index.ts'
import { realDependencies } from './dependencies.ts'
import { Contact, Mailable, NewContact } from './schemas.ts'

export interface Dependencies {
  /** Account to address; undefined when nobody knows it. */
  readonly emails: {
    get(accountId: string, options: { readonly signal: AbortSignal }): string | undefined | Promise<string | undefined>
  }
  /** Who may be mailed. */
  readonly allowed: { has(accountId: string): boolean }
  /** Keeps a ride once, however often it is put. */
  readonly archive: { put(ride: string, contact: Mailable): Promise<void> }
}

/** Notices that the law demands go to everybody: their line has no white list. */
const notices = ['terms-update']

/** When the archive cannot be written, no event is at fault: each waits and tries again, for about a day. */
const untilItCan = { attempts: 3_000, backoff: { first: 200, max: 30_000 }, retryIf: () => true }

export const contactCampaign = ({
  emails,
  allowed,
  archive,
}: Dependencies): App<readonly [Entry<'contacts', NewContact>]> => {
  const addEmail = stop('add-email', { in: Contact, out: Mailable, effects: 'none' }, async (contact, { signal }) => {
    const email = await emails.get(contact.accountId, { signal })
    return email === undefined ? drop('no-email') : { ...contact, email }
  })

  const whiteList = stop('white-list', { in: Mailable, out: Mailable, effects: 'none' }, (contact) =>
    allowed.has(contact.accountId) ? contact : drop('not-white-listed'),
  )

  const keep = stop('archive', { in: Mailable, policy: untilItCan }, (contact, { event }) =>
    archive.put(event.ride, contact),
  )

  const byCampaign = mapMaker('by-campaign', {
    lines: {
      mailing: line('mailing').via(addEmail).via(whiteList).to(keep),
      notice: line('notice').via(addEmail).to(keep),
    },
    choose: ({ campaign }) => (notices.includes(campaign) ? 'notice' : 'mailing'),
  })

  return metrobus('contacts', {
    entries: [entry('contacts', { in: NewContact, key: ({ accountId }) => accountId, route: byCampaign })],
  })
}

/** What `metrobus run`, `map` and `dev` load. */
export default (): App<readonly [Entry<'contacts', NewContact>]> => contactCampaign(realDependencies('./data'))
