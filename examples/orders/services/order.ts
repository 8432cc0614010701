/**
 * Puts goods aside for each order, and knows what has become of it. There is no orchestrator: each service hears what happened and does its part; this one keeps the
 * view that customers look at.
 */
import * as z from 'zod'
import { deadLetter, drop, entry, line, metrobus, stop, store } from '../../../src/index.ts'
import { OrderRequested, orders, payments, requests, shipments } from '../events.ts'
import { realNeeds } from '../needs.ts'
import { Fact, Order, follow } from './order-facts.ts'

/** What there is of each product at first, and what one costs. */
export type Goods = Readonly<Record<string, { readonly stock: number; readonly cents: number }>>

/** The key of all that changes its stock: one order after the other takes all it needs, or nothing. */
const warehouse = 'main'
const stock = store('stock', z.int())
const StockReleased = z.object({ type: z.literal('StockReleased'), items: OrderRequested.shape.items })

/** The view of each order, by its id. */
export const views = store('orders', Order)

export const order = ({ goods }: { readonly goods: Goods }) => {
  const reserve = stop(
    'reserve',
    {
      in: z.discriminatedUnion('type', [OrderRequested, StockReleased]),
      out: Fact,
      key: ({ orderId }) => orderId,
      stores: { stock },
      effects: 'none',
    },
    (wanted, { stores: { stock } }) => {
      const rowOf = (product: string): string => `${warehouse}/${product}`
      const left = (product: string): number => stock.get(rowOf(product)) ?? goods[product]?.stock ?? 0
      const change = (sign: 1 | -1): void => {
        for (const { product, quantity } of wanted.items) stock.put(rowOf(product), left(product) + sign * quantity)
      }
      if (wanted.type === 'StockReleased') {
        change(1)
        return drop('released')
      }
      const missing = wanted.items.find(({ product, quantity }) => quantity > left(product))
      if (missing !== undefined) return { ...wanted, type: 'StockMissing' as const, product: missing.product }
      change(-1)
      const cents = wanted.items.reduce((sum, { product, quantity }) => sum + quantity * goods[product]!.cents, 0)
      return { ...wanted, type: 'StockReserved' as const, cents }
    },
  )
  const releases = entry('releases', { in: StockReleased, key: () => warehouse, route: reserve })

  const keep = stop(
    'keep',
    { in: Fact, stores: { views }, emits: [orders, releases], effects: 'none' },
    (fact, { stores: { views }, emit }) => {
      const step = follow(views.get(fact.orderId), fact)
      if (step === undefined) return deadLetter('out-of-turn', `${fact.type} cannot come now`)
      views.put(fact.orderId, step.order)
      if (step.tell !== undefined) emit(orders, step.tell)
      if (step.releases === true) emit(releases, { type: 'StockReleased', items: step.order.items })
      return undefined
    },
  )

  const placing = line('placing').via(reserve).to(keep)
  return metrobus('order', {
    entries: [
      entry('requests', { from: requests, start: 'beginning', key: () => warehouse, route: placing }),
      entry('payments', { from: payments, start: 'beginning', route: keep }),
      entry('shipments', { from: shipments, start: 'beginning', route: keep }),
      releases,
    ],
    publishes: [orders],
  })
}

export default () => order(realNeeds())
