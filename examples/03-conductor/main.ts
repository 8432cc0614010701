/**
 * Conductor: a router is asked where an event enters and again after every stop. The stops name nobody; a table of rules says what comes next, and could
 * as well be read from a file.
 *
 * To insert a stop: write it, add it to `stops`, and edit the rules: one changes, one is added.
 */
import { conductor, drop, embedded, entry, metrobus, stop } from '../../src/index.ts'
import { Contact, Mailable, contacts, emails, whiteListed } from '../routing-styles/contacts.ts'

const addEmail = stop('add-email', { in: Contact, out: Mailable, effects: 'none' }, (contact) => {
  const email = emails.get(contact.accountId)
  return email === undefined ? drop('no-email') : { ...contact, email }
})

const whiteList = stop('white-list', { in: Mailable, out: Mailable, effects: 'none' }, (contact) =>
  whiteListed.has(contact.accountId) ? contact : drop('not-white-listed'),
)

const print = stop('print', { in: Mailable }, ({ accountId, email }) => console.log(`${accountId} ${email}`))

const route = conductor('campaign', {
  in: Contact,
  stops: [addEmail, whiteList, print],
  rules: [
    { after: 'entry', to: 'add-email' },
    { after: 'add-email', to: 'white-list' },
    { after: 'white-list', to: 'print' },
  ],
})

const campaign = entry('contacts', { in: Contact, key: ({ accountId }) => accountId, route })

await using app = await metrobus('conductor', { entries: [campaign] }).start({ bus: embedded({ dir: './data' }) })
for (const contact of contacts) await app.send('contacts', contact)
await app.caughtUp()
