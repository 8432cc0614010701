// What comes in, in which form, and who may send it.
import { entry, line, memory, metrobus, stop, topic } from '../../../src/index.ts'
import type { Entry, Receipt } from '../../../src/index.ts'
import { schema, typed } from '../expect.ts'

interface Contact {
  accountId: string
  at: string
}

const archive = stop('archive', { in: schema<Contact>() }, () => {})
const campaign = line('campaign').to(archive)
const post = stop('post', { in: schema<{ street: string }>() }, () => {})
const confirmed = topic('confirmed', { schema: schema<Contact>(), key: (contact) => contact.accountId })

// The entry's schema may transform: a sender gives what it takes, key and route take what it gives.
const contacts = entry('contacts', {
  in: schema<Contact, { accountId: number; at?: Date }>(),
  key: (contact) => contact.accountId,
  route: campaign,
})
typed<Entry<'contacts', { accountId: number; at?: Date }>>()(contacts)
typed<Entry<'wired', Contact>>()(entry('wired', { in: schema<Contact>(), route: archive }))
const reader = entry('reader', { from: confirmed, start: 'beginning', key: (contact) => contact.at, route: campaign })
typed<Entry<'reader', never>>()(reader)

// error: TypeFault<"'campaign' does not fit behind 'letters': it needs
entry('letters', { in: schema<{ street: string }>(), route: campaign })
// error: TypeFault<"'post' does not fit behind 'letters': it needs 'street', which 'letters' does not give">
entry('letters', { from: confirmed, route: post })
// error: Property 'street' does not exist on type
entry('letters', { from: confirmed, key: (contact) => contact.street, route: campaign })
// error: is not assignable to type
entry('both', { in: schema<Contact>(), from: confirmed, route: campaign })

// Plain JSON, and the place where it is not.
interface Nested {
  list: { at: string; by?: string | undefined; any: unknown }[]
  next?: Nested
  none: null
  kind: 'a' | 'b'
  pair: [number, boolean]
  map: Record<string, number>
}
const keepNested = stop('keep', { in: schema<Nested>(), out: schema<Nested>() }, (data) => data)
entry('nested', { in: schema<Nested>(), route: keepNested })
const keep = stop('keep', { in: schema<unknown>() }, () => {})
// error: TypeFault<"what rides is plain JSON, but data.list[].at is a Date">
entry('date', { in: schema<{ list: { at: Date }[] }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data.big is a bigint">
entry('bigint', { in: schema<{ big: bigint }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data.map is a Map">
entry('map', { in: schema<{ map: Map<string, string> }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data.set is a Set">
entry('set', { in: schema<{ set?: Set<string> }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data is of a class, with a method 'run'">
entry('class', { in: schema<{ run(): void }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data.mark is a symbol">
entry('symbol', { in: schema<{ mark: symbol }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data[] may be undefined">
entry('hole', { in: schema<(string | undefined)[]>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data.at is a Date">
entry('again', { in: schema<{ at: Date; next?: { at: string } }>(), route: keep })
// error: TypeFault<"what rides is plain JSON, but data.at is a Date">
topic('date', { schema: schema<{ at: Date }>() })

// Only entries that are sent to, by their names, with what they take.
const app = metrobus('app', { entries: [contacts, reader], publishes: [confirmed] })
const running = await app.start({ bus: memory() })
typed<Promise<Receipt>>()(running.send('contacts', { accountId: 1 }, { id: 'c-1' }))
// error: Type 'string' is not assignable to type 'number'
await running.send('contacts', { accountId: 'a' })
// error: Argument of type '"contact"' is not assignable to parameter of type '"contacts"'
await running.send('contact', { accountId: 1 })
// error: Argument of type '"reader"' is not assignable to parameter of type '"contacts"'
await running.send('reader', { accountId: 1 })

// What a handler or a reader was given can be sent on.
const lists = entry('lists', { in: schema<{ list: string[] }>(), route: keep })
const listing = await metrobus('lists', { entries: [lists] }).start({ bus: memory() })
await listing.send('lists', { list: ['a'] as readonly string[] })
