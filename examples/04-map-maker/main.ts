/**
 * Map maker: the whole way is plotted where an event enters, and travels with it. The stops name nobody, nobody is asked on the way, and the compiler
 * checks that each stop takes what the one before it gives. Only a switch may leave the way, along a line that it declared.
 *
 * To insert a stop: write it, and add `.via(…)` to the lines that it belongs to. No other stop is touched.
 */
import { drop, embedded, entry, line, mapMaker, metrobus, stop, switchStop } from '../../src/index.ts'
import { Contact, Mailable, contacts, emails, whiteListed } from '../routing-styles/contacts.ts'

const addEmail = stop('add-email', { in: Contact, out: Mailable, effects: 'none' }, (contact) => {
  const email = emails.get(contact.accountId)
  return email === undefined ? drop('no-email') : { ...contact, email }
})

const letter = stop('letter', { in: Mailable }, ({ accountId }) => console.log(`${accountId} by post`))

/** A switch: lets an event go on as plotted, or along a line of its own; here that is a single stop. */
const whiteList = switchStop('white-list', { in: Mailable, lines: { post: letter }, effects: 'none' }, (contact) =>
  whiteListed.has(contact.accountId) ? contact : 'post',
)

const print = stop('print', { in: Mailable }, ({ accountId, email }) => console.log(`${accountId} ${email}`))

const route = mapMaker('by-campaign', {
  lines: {
    mailing: line('mailing').via(addEmail).via(whiteList).to(print),
    notice: line('notice').via(addEmail).to(print),
  },
  choose: ({ campaign }) => (campaign === 'terms-update' ? 'notice' : 'mailing'),
})

const campaign = entry('contacts', { in: Contact, key: ({ accountId }) => accountId, route })

await using app = await metrobus('map-maker', { entries: [campaign] }).start({ bus: embedded({ dir: './data' }) })
for (const contact of contacts) await app.send('contacts', contact)
await app.caughtUp()
