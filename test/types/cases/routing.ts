// Map makers, switches and conductors declare where they lead, and lead only there.
import { conductor, drop, entry, line, mapMaker, retry, stop, switchStop } from '../../../src/index.ts'
import type { Conductor, Event, MapMaker, Stop } from '../../../src/index.ts'
import { schema, typed } from '../expect.ts'

interface Contact {
  accountId: string
  campaign: string
}

const contact = schema<Contact>()
const mailIt = stop('mail-it', { in: schema<{ accountId: string }>(), out: schema<{ sent: boolean }>() }, () => ({
  sent: true,
}))
const postIt = stop('post-it', { in: contact }, () => {})
const mail = line('mail').to(mailIt)
const post = line('post').to(postIt)
const street = line('street').to(stop('walk', { in: schema<{ street: string }>() }, () => {}))

// A map maker looks at what its lines take, or at more, if it says so.
typed<MapMaker<'by-campaign', { accountId: string } & Contact>>()(
  mapMaker('by-campaign', {
    lines: { mail, post },
    choose: (data, event) => {
      typed<Event>()(event)
      return data.campaign === 'spring' ? 'mail' : 'post'
    },
  }),
)
const seen = mapMaker('seen', {
  in: contact,
  lines: { mail },
  choose: (data) => (data.campaign === '' ? 'mail' : 'mail'),
})
typed<MapMaker<'seen', Contact>>()(seen)
entry('contacts', { in: contact, route: seen })
mapMaker('rules', {
  lines: { mail, post },
  rules: [{ when: { campaign: ['spring', 'may'] }, headers: { by: 'us' }, line: 'mail' }],
  otherwise: 'post',
})
// error: Type '"letter"' is not assignable to type '"mail" | "post"'
mapMaker('other', { lines: { mail, post }, choose: () => 'letter' })
// error: TypeFault<"'street' does not fit behind 'misfit': it needs 'street', which 'misfit' does not give">
mapMaker('misfit', { in: contact, lines: { street }, choose: () => 'street' })
// error: TypeFault<"'seen' does not fit behind 'letters': it needs
entry('letters', { in: schema<{ street: string }>(), route: seen })

// A switch answers the name of a line, or lets the event go on.
const turn = switchStop('turn', { in: contact, lines: { mail, post }, effects: 'none' }, (data) =>
  data.campaign === 'spring' ? 'mail' : data,
)
typed<Stop<'turn', Contact, Contact>>()(turn)
line('switched').via(turn).to(postIt)
switchStop('turn', { in: contact, lines: { mail } }, async () => drop('nobody'))
switchStop('turn', { in: contact, lines: { mail } }, () => retry(5))
// error: Type '"letter"' is not assignable to type
switchStop('turn', { in: contact, lines: { mail } }, () => 'letter')
// error: Type 'undefined' is not assignable to type
switchStop('turn', { in: contact, lines: { mail } }, () => undefined)
// error: TypeFault<"'street' does not fit behind 'turn': it needs 'street', which 'turn' does not give">
switchStop('turn', { in: contact, lines: { street } }, () => 'street')

// A conductor of code knows the data by where it comes from, and names only its stops.
typed<Conductor<'office', Contact>>()(
  conductor('office', {
    in: contact,
    stops: [mailIt, postIt],
    choose: ({ after, data }, event) => {
      typed<Event>()(event)
      if (after === 'entry') return data.campaign === 'spring' ? 'mail-it' : 'post-it'
      typed<boolean>()(data.sent)
      return data.sent ? null : 'post-it'
    },
  }),
)
conductor('rules', {
  stops: [mailIt, postIt],
  rules: [
    { after: 'entry', to: 'mail-it' },
    { after: 'mail-it', when: { sent: false }, to: 'post-it' },
    { after: 'mail-it', to: null },
  ],
})
// error: Type '"letter"' is not assignable to type
conductor('office', { in: contact, stops: [mailIt, postIt], choose: () => 'letter' })
