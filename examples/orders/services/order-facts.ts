/** How an order goes on: data in, data out. Everything that can become of one is on this page. */
import * as z from 'zod'
import type { Data } from '../../../src/index.ts'
import { OrderRequested, PaymentEvent, ShippingEvent } from '../events.ts'
import type { OrderEvent } from '../events.ts'

const { orderId, customer, email, card, items } = OrderRequested.shape

/** What a customer sees of an order. */
export const Order = z.object({
  orderId,
  customer,
  email,
  items,
  cents: z.int(),
  status: z.enum(['validated', 'rejected', 'confirmed', 'shipped', 'delivered', 'cancelled', 'refunded']),
  /** Why it was rejected or cancelled. */
  reason: z.string().nullable(),
  parcel: z.string().nullable(),
})
export type Order = Data<typeof Order>

/** Of the warehouse, which belongs to this service: all goods of the order are put aside, or one of them is missing and none is. */
const StockEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('StockReserved'), orderId, customer, email, card, items, cents: z.int() }),
  z.object({ type: z.literal('StockMissing'), orderId, customer, email, card, items, product: z.string() }),
])
type StockEvent = Data<typeof StockEvent>

/** What an order hears of. */
export const Fact = z.discriminatedUnion('type', [StockEvent, PaymentEvent, ShippingEvent])
export type Fact = Data<typeof Fact>

export interface Step {
  readonly order: Order
  /** What the others are told. */
  readonly tell?: OrderEvent
  /** The goods that were put aside go back. */
  readonly releases?: true
}

/** At which status an order takes a fact. */
const takenAt: Readonly<Record<Exclude<Fact, StockEvent>['type'], Order['status']>> = {
  OrderPaymentProcessed: 'validated',
  OrderPaymentDeclined: 'validated',
  OrderPaymentRefunded: 'cancelled',
  OrderShipped: 'confirmed',
  OrderDelivered: 'shipped',
  OrderDeliveryFailed: 'shipped',
}

/** Undefined for a fact that cannot come now. */
export function follow(order: Order | undefined, fact: Fact): Step | undefined {
  const { type, orderId, customer, email } = fact
  const who = { orderId, customer, email }
  if (type === 'StockReserved' || type === 'StockMissing') return order === undefined ? begun(fact) : undefined
  if (order?.status !== takenAt[type]) return undefined
  const { items, cents } = order
  const cancelled = (reason: string): Step => ({
    order: { ...order, status: 'cancelled', reason },
    tell: { type: 'OrderCancelled', ...who, reason, cents },
    releases: true,
  })
  switch (type) {
    case 'OrderPaymentProcessed':
      return { order: { ...order, status: 'confirmed' }, tell: { type: 'OrderConfirmed', ...who, items, cents } }
    case 'OrderPaymentDeclined':
      return cancelled('the card was declined')
    case 'OrderPaymentRefunded':
      return { order: { ...order, status: 'refunded' } }
    case 'OrderShipped':
      return { order: { ...order, status: 'shipped', parcel: fact.parcel } }
    case 'OrderDelivered':
      return { order: { ...order, status: 'delivered' } }
    case 'OrderDeliveryFailed':
      return cancelled('the parcel came back')
  }
}

function begun(fact: StockEvent): Step {
  const { orderId, customer, email, card, items } = fact
  const who = { orderId, customer, email }
  const order = { ...who, items, reason: null, parcel: null }
  if (fact.type === 'StockReserved') {
    const { cents } = fact
    return { order: { ...order, cents, status: 'validated' }, tell: { type: 'OrderValidated', ...who, card, cents } }
  }
  const reason = `there is not enough ${fact.product}`
  return { order: { ...order, cents: 0, status: 'rejected', reason }, tell: { type: 'OrderRejected', ...who, reason } }
}
