// What a handler is given, and what it may answer.
import { deadLetter, drop, entry, line, pop, push, reroute, retry, split, stop, topic } from '../../../src/index.ts'
import type { Event, Stop } from '../../../src/index.ts'
import { schema, typed } from '../expect.ts'

interface Order {
  id: string
  lines: { sku: string; count: number }[]
}
interface Priced extends Order {
  total: number
}

const order = schema<Order>()
const priced = schema<Priced>()
const ship = stop('ship', { in: priced }, () => {})
const check = stop('check', { in: priced, out: priced }, (it) => it)
const mail = line('mail').to(ship)
const confirmed = topic('confirmed', { schema: schema<{ id: string }>() })
const audit = entry('audit', {
  in: schema<{ who: string }, { who: string | number }>(),
  route: stop('keep', { in: schema<{ who: string }>() }, () => {}),
})

// The data is read-only all the way down, and the context tells about the event.
typed<Stop<'price', Order, Priced>>()(
  stop('price', { in: order, out: priced }, (data, { event, attempt, signal, token }) => {
    typed<string>()(data.id)
    typed<readonly { readonly sku: string; readonly count: number }[]>()(data.lines)
    typed<Event>()(event)
    typed<number>()(attempt)
    typed<AbortSignal>()(signal)
    typed<string>()(token)
    return { ...data, total: 1 }
  }),
)
stop('write', { in: order }, (data) => {
  // error: Cannot assign to 'id' because it is a read-only property
  data.id = 'b'
})
stop('write', { in: order }, (data) => {
  // error: Property 'push' does not exist on type 'readonly
  data.lines.push({ sku: 'a', count: 1 })
})

// A value, null for a tombstone, or an outcome; at once or later.
const one: Priced = { id: 'a', lines: [], total: 1 }
stop('all', { in: order, out: priced }, () => one)
stop('all', { in: order, out: priced }, () => null)
stop('all', { in: order, out: priced }, () => drop('no-stock', 'of anything'))
stop('all', { in: order, out: priced }, () => split([one, one]))
stop('all', { in: order, out: priced }, () => pop(one))
stop('all', { in: order, out: priced }, () => retry({ seconds: 5 }))
stop('all', { in: order, out: priced }, () => deadLetter('broken'))
stop('all', { in: order, out: priced }, async (data) => (data.id === '' ? drop('no-id') : { ...data, total: 1 }))
// error: Type 'undefined' is not assignable to type
stop('forgot', { in: order, out: priced }, () => undefined)
// error: Type 'undefined' is not assignable to type
stop('forgot', { in: order, out: priced }, (data) => {
  if (data.id === '') return
  return one
})
// error: is not assignable to type
stop('forgot', { in: order, out: priced }, () => {})
// error: is not assignable to
stop('other', { in: order, out: priced }, (data) => data)
// error: is not assignable to
stop('other', { in: order, out: priced }, () => split([1]))

// Without an output the answer is not looked at, but an outcome must be one that ends the ride.
stop('end', { in: order }, async () => {})
stop('end', { in: order }, () => Promise.resolve(5))
stop('end', { in: order }, () => ({ any: 'thing' }))
stop('end', { in: order }, (data) => (data.id === '' ? drop('no-id') : undefined))
stop('end', { in: order }, async () => retry(100))
// error: is not assignable to
stop('end', { in: order }, () => split([one]))
// error: is not assignable to
stop('end', { in: order }, async () => reroute('mail', one))

// Only declared targets, with the data that they take; before the rest only what gives data for it.
stop('turn', { in: order, out: priced, targets: { mail, check } }, () => reroute('mail', one))
stop('turn', { in: order, targets: { mail } }, () => reroute('mail', one))
stop('turn', { in: order, out: priced, targets: { mail, check } }, () => push('check', one))
// error: is not assignable to
stop('turn', { in: order, out: priced, targets: { mail, check } }, () => reroute('post', one))
// error: is not assignable to
stop('turn', { in: order, out: priced, targets: { mail, check } }, () => reroute('mail', { id: 'a' }))
// error: is not assignable to
stop('turn', { in: order, out: priced, targets: { mail, check } }, () => push('mail', one))
// error: is not assignable to
stop('turn', { in: order, out: priced }, () => reroute('mail', one))

// Only declared entries and topics can be emitted to, with what they take.
stop('tell', { in: order, emits: [confirmed, audit] }, (data, { emit }) => {
  emit(confirmed, { id: data.id }, { key: data.id, headers: { by: 'tell' } })
  emit(audit, { who: 5 })
})
// error: is not assignable to
stop('tell', { in: order, emits: [confirmed] }, (data, { emit }) => emit(confirmed, { id: 5 }))
// error: TypeFault<"the stop does not declare 'audit': list it under emits">
stop('tell', { in: order, emits: [confirmed] }, (data, { emit }) => emit(audit, { who: data.id }))
// error: TypeFault<"the stop does not declare 'confirmed': list it under emits">
stop('tell', { in: order }, (data, { emit }) => emit(confirmed, { id: data.id }))

// The key is of what goes on, a limit is of what comes in.
stop(
  'key',
  { in: order, out: priced, key: (data) => `${data.total}`, limits: [{ by: (data) => data.id, limit: 2 }] },
  () => one,
)
// error: Property 'total' does not exist on type
stop('key', { in: order, limits: [{ by: (data) => data.total, rate: 2 }] }, () => {})
// error: Type 'number' is not assignable to type
stop('key', { in: order, out: priced, key: (data) => data.total }, () => one)

// Behind the entry data keeps its form, and it is plain JSON everywhere.
// error: TypeFault<"this schema changes the form of its data: let the schema of the entry do that, where events are validated">
stop('change', { in: schema<{ at: number }, { at: string }>() }, () => {})
// error: TypeFault<"this schema changes the form of its data: let the schema of the entry do that, where events are validated">
stop('change', { in: order, out: schema<{ at: number }, { at?: number }>() }, () => null)
// error: TypeFault<"what rides is plain JSON, but data.at is a Date">
stop('date', { in: schema<{ at: Date }>() }, () => {})

// A batch takes several, and answers for each.
typed<Stop<'store', Order, undefined>>()(
  stop.batch('store', { in: order, size: 500, time: { seconds: 1 } }, (all) => all.map(() => drop('stored'))),
)
stop.batch('price', { in: order, out: priced }, async (all, contexts) =>
  all.map((data, at) => ({ ...data, total: contexts[at]?.attempt ?? 0 })),
)
// error: is not assignable to
stop.batch('price', { in: order, out: priced }, (all) => all.map(() => undefined))
// error: is not assignable to
stop.batch('price', { in: order, out: priced }, () => one)
// error: 'size' does not exist in type
stop('single', { in: order, size: 500 }, () => {})
