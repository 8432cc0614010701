// What a test may send, expect and observe.
import { drop, entry, line, mapMaker, metrobus, stop, switchStop, topic } from '../../../src/index.ts'
import { given, numberOfTimes, simulate } from '../../../src/testing/index.ts'
import type { SimulationReport } from '../../../src/testing/index.ts'
import { schema, typed } from '../expect.ts'

interface Order {
  id: string
  total: number
}
interface Priced extends Order {
  price: number
}
const order: Order = { id: 'o', total: 1 }

const price = stop('price', { in: schema<Order>(), out: schema<Priced>() }, (one) => ({ ...one, price: 1 }))
const keep = stop('keep', { in: schema<Priced>() }, () => {})
const orders = line('orders').via(price).to(keep)
const confirmed = topic('confirmed', { schema: schema<Order>() })
const app = metrobus('shop', {
  entries: [
    entry('orders', { in: schema<Order, { id: number }>(), route: orders }),
    entry('priced', { in: schema<Priced>(), route: keep }),
    entry('confirmed', { from: confirmed, route: orders }),
  ],
})

// A stop takes its data and answers its own, or an outcome.
given(price)
  .when(order)
  .thenAnswers({ ...order, price: 2 })
  .thenAnswers(drop('free'))
given(price).when(order, { key: 'k', ...numberOfTimes(2) })
// error: Property 'total' is missing
given(price).when({ id: 'o' })
// error: Property 'price' is missing
given(price).when(order).thenAnswers(order)

// A line takes what its first stop takes; a map maker what its lines take.
given(orders).when(order, { key: 'k' }).thenPasses('price', 'keep')
given(mapMaker('by-total', { lines: { orders }, choose: () => 'orders' }))
  .when(order)
  .thenRides('orders')
// error: is not assignable to parameter of type
given(orders).when('orders')
given(switchStop('way', { in: schema<Order>(), lines: { orders } }, () => 'orders'))
  .when(order)
  .thenAnswers('orders')

// An app knows its entries, and each what it takes; what a topic carries is not known here.
given(app)
  .when('orders', { id: 1 })
  .when('priced', { ...order, price: 1 })
  .when('confirmed', order)
// error: is not assignable to parameter of type
given(app).when('order', { id: 1 })
// error: is not assignable to parameter of type
given(app).when('orders', order)

// A simulation sends by entry and observes its fakes.
const fakes = () => ({ list: ['a'] })
const makeApp = ({ list }: { list: string[] }) => (list.push('b'), app)
typed<Promise<SimulationReport>>()(
  simulate(makeApp, { fakes, events: { orders: [{ id: 1 }] }, observe: ({ list }) => list }),
)
// error: is not assignable to type
void simulate(makeApp, { fakes, events: { orders: [order] }, observe: ({ list }) => list })
// error: Object literal may only specify known properties
void simulate(makeApp, { fakes, events: { order: [] }, observe: ({ list }) => list })
// error: Property 'set' does not exist on type
void simulate(makeApp, { fakes, events: {}, observe: ({ set }) => set })
