/**
 * Tells customers what has become of their orders. It hears of a confirmed order from the service that keeps the view, in one step with the view itself: whoever
 * follows the link in a mail finds the order. A mail on the payment, which comes earlier, would be faster and wrong.
 */
import * as z from 'zod'
import { drop, entry, metrobus, stop, store } from '../../../src/index.ts'
import type { Data } from '../../../src/index.ts'
import { MailEvent, OrderEvent, ShippingEvent, mails, orders, shipments } from '../events.ts'
import { realNeeds } from '../needs.ts'

export interface Mail {
  readonly to: string
  readonly text: string
}

/** Whoever sends mails: one key is one mail. */
export interface Mailer {
  send(mail: Mail, idempotencyKey: string): Promise<void>
}

const Heard = z.discriminatedUnion('type', [OrderEvent, ShippingEvent])
type Heard = Data<typeof Heard>

/** What was told of each order, in its order. */
const sent = store('sent', z.array(MailEvent.shape.about))

export const email = ({ mailer, shopUrl }: { readonly mailer: Mailer; readonly shopUrl: string }) => {
  const notify = stop(
    'notify',
    { in: Heard, stores: { sent }, emits: [mails] },
    async (event, { stores: { sent }, emit, idempotencyKey }) => {
      const text = textOf(event, shopUrl)
      if (text === undefined) return drop('nothing-to-say')
      const { orderId, email: to, type: about } = event
      await mailer.send({ to, text }, idempotencyKey)
      sent.put(orderId, [...(sent.get(orderId) ?? []), about])
      return emit(mails, { type: 'MailSent', orderId, about })
    },
  )
  return metrobus('email', {
    entries: [
      entry('orders', { from: orders, start: 'beginning', route: notify }),
      entry('shipments', { from: shipments, start: 'beginning', route: notify }),
    ],
    publishes: [mails],
  })
}

function textOf(event: Heard, shopUrl: string): string | undefined {
  const { customer, orderId } = event
  switch (event.type) {
    case 'OrderConfirmed':
      return `Thank you, ${customer}! Your order: ${shopUrl}/orders/${orderId}`
    case 'OrderRejected':
    case 'OrderCancelled':
      return `We are sorry, ${customer}: ${event.reason}. Your order ${orderId} is cancelled.`
    case 'OrderDelivered':
      return `Your order ${orderId} has arrived, ${customer}.`
    default:
      return undefined
  }
}

export default () => email(realNeeds())
