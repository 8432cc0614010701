/**
 * Hard-wired: each stop names the one that comes next. Nothing else knows the way.
 *
 * To insert a stop: write it, and edit its neighbours, the one before it (`next`) and itself (`next`).
 */
import { drop, embedded, entry, metrobus, stop } from '../../src/index.ts'
import { Contact, Mailable, contacts, emails, whiteListed } from '../routing-styles/contacts.ts'

const print = stop('print', { in: Mailable }, ({ accountId, email }) => console.log(`${accountId} ${email}`))

const whiteList = stop('white-list', { in: Mailable, out: Mailable, effects: 'none', next: print }, (contact) =>
  whiteListed.has(contact.accountId) ? contact : drop('not-white-listed'),
)

const addEmail = stop('add-email', { in: Contact, out: Mailable, effects: 'none', next: whiteList }, (contact) => {
  const email = emails.get(contact.accountId)
  return email === undefined ? drop('no-email') : { ...contact, email }
})

const campaign = entry('contacts', { in: Contact, key: ({ accountId }) => accountId, route: addEmail })

await using app = await metrobus('hard-wired', { entries: [campaign] }).start({ bus: embedded({ dir: './data' }) })
for (const contact of contacts) await app.send('contacts', contact)
await app.caughtUp()
