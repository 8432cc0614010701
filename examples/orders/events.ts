/**
 * What the services tell each other: one topic a service, which it alone writes and anybody reads. This page is all that two teams have to agree on.
 *
 *     OrderRequested -> OrderValidated -> OrderPaymentProcessed -> OrderConfirmed -> OrderShipped -> OrderDelivered
 */
import * as z from 'zod'
import { topic } from '../../src/index.ts'
import type { Data } from '../../src/index.ts'

const Customer = { customer: z.string().regex(/^[\w.-]{1,64}$/), email: z.email() }
const Item = z.object({ product: z.string().min(1).max(64), quantity: z.int().min(1).max(100) })
const areDistinct = (items: readonly z.infer<typeof Item>[]): boolean =>
  new Set(items.map(({ product }) => product)).size === items.length
const order = { orderId: z.string().regex(/^[\w-]{1,64}$/), ...Customer }
const bought = {
  card: z.string().min(1).max(64),
  items: z.array(Item).min(1).max(20).refine(areDistinct, 'each product once'),
}
const cents = z.int().min(0)
const reason = z.string()
const parcel = z.string()

/** What a customer brings to the checkout, under the id that the order will have. */
export const Checkout = z.strictObject({ ...order, ...bought })

export const OrderRequested = z.object({ type: z.literal('OrderRequested'), ...order, ...bought })

export const OrderEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('OrderValidated'), ...order, card: bought.card, cents }),
  z.object({ type: z.literal('OrderRejected'), ...order, reason }),
  z.object({ type: z.literal('OrderConfirmed'), ...order, items: bought.items, cents }),
  // Whoever has done something for the order takes it back.
  z.object({ type: z.literal('OrderCancelled'), ...order, cents, reason }),
])
export type OrderEvent = Data<typeof OrderEvent>

export const PaymentEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('OrderPaymentProcessed'), ...order, cents }),
  z.object({ type: z.literal('OrderPaymentDeclined'), ...order }),
  z.object({ type: z.literal('OrderPaymentRefunded'), ...order }),
])

export const ShippingEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('OrderShipped'), ...order, parcel }),
  z.object({ type: z.literal('OrderDelivered'), ...order, parcel }),
  z.object({ type: z.literal('OrderDeliveryFailed'), ...order, parcel }),
])

export const MailEvent = z.object({ type: z.literal('MailSent'), orderId: order.orderId, about: z.string() })

const key = ({ orderId }: { readonly orderId: string }): string => orderId

/** Of the basket. */
export const requests = topic('requests', { schema: OrderRequested, key })
/** Of the order service. Kept for a year, so that a service that is added later can begin with what was. */
export const orders = topic('orders', {
  schema: OrderEvent,
  key,
  retention: { time: { days: 365 }, bytesMax: Infinity },
})
export const payments = topic('payments', { schema: PaymentEvent, key })
export const shipments = topic('shipments', { schema: ShippingEvent, key })
export const mails = topic('mails', { schema: MailEvent, key })
