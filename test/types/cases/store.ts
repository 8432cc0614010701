/** Stores in types: what a stop declares is what its handler has, with values as the schema gives them. */
import * as v from 'valibot'
import * as z from 'zod'
import { stop, store } from '../../../src/index.ts'
import type { Entry, Running } from '../../../src/index.ts'
import { typed } from '../expect.ts'

const Order = z.object({ id: z.string(), tags: z.array(z.string()) })
const orders = store('orders', Order, { ttl: { days: 30 } })
const counts = store('counts', v.number(), { owner: (key) => key.slice(0, 3) })

stop('keep', { in: Order, stores: { orders, n: counts } }, (order, { stores }) => {
  typed<{ readonly id: string; readonly tags: readonly string[] } | undefined>()(stores.orders.get(order.id))
  typed<number | undefined>()(stores.n.get('a'))
  stores.orders.put(order.id, order)
  stores.n.put('a', (stores.n.get('a') ?? 0) + 1)
  stores.orders.delete(order.id)
  for (const { key, value } of stores.orders.range({ prefix: 'a/', after: 'a/1', limit: 5 }))
    stores.n.put(key, value.tags.length)
})
stop.batch('keep', { in: Order, stores: { orders } }, (all, contexts) =>
  all.map((order, index) => {
    contexts[index]!.stores.orders.put(order.id, order)
    return undefined
  }),
)

stop('keep', { in: Order, stores: { orders } }, (order, { stores }) => {
  // error: is not assignable to
  stores.orders.put(order.id, { id: 5, tags: [] })
  // error: Cannot assign to 'id' because it is a read-only property
  stores.orders.get(order.id)!.id = 'b'
  // error: does not exist on type
  stores.other.get(order.id)
})
// error: the stop declares no stores: list them under stores
stop('keep', { in: Order }, (order, { stores }) => stores.orders.get(order.id))
// error: is missing the following properties from type 'Store
stop('keep', { in: Order, stores: { orders: Order } }, () => {})

// What is kept is plain JSON.
// error: TypeFault<"what rides is plain JSON, but data.at is a Date">
store('bad', z.object({ at: z.date() }))

declare const running: Running<readonly Entry[]>
typed<Promise<{ readonly id: string; readonly tags: readonly string[] } | undefined>>()(
  running.store(orders).get('a', { after: 'id' }),
)
typed<Promise<unknown>>()(running.store('orders').get('a'))
// error: is not assignable to
void running.store(5)
