/** Takes the money for orders, and gives it back. The orders of one customer are charged in the order in which they came. */
import * as z from 'zod'
import { drop, entry, metrobus, stop, store } from '../../../src/index.ts'
import { OrderEvent, orders, payments } from '../events.ts'
import { realNeeds } from '../needs.ts'

/** Whoever moves the money. A key that it has seen is not charged or refunded again: it answers as it did the first time. */
export interface PaymentProvider {
  /** Answers a receipt, or undefined where the card is declined. */
  charge(card: string, cents: number, call: ProviderCall): Promise<string | undefined>
  refund(receipt: string, call: ProviderCall): Promise<void>
}

export interface ProviderCall {
  readonly idempotencyKey: string
  readonly signal: AbortSignal
}

/** Receipts by customer and order. */
const receipts = store('receipts', z.string())

/** A provider that is down is no fault of the order: it waits, and is tried every half minute. */
const patience = { attempts: Infinity, backoff: { first: 200, max: 30_000 }, deadline: { seconds: 5 } }

export const payment = ({ provider }: { readonly provider: PaymentProvider }) => {
  const pay = stop(
    'pay',
    { in: OrderEvent, stores: { receipts }, emits: [payments], policy: patience },
    async (event, { stores: { receipts }, emit, idempotencyKey, signal }) => {
      const { orderId, customer, email } = event
      const who = { orderId, customer, email }
      const row = `${customer}/${orderId}`
      if (event.type === 'OrderValidated') {
        const { card, cents } = event
        const receipt = await provider.charge(card, cents, { idempotencyKey, signal })
        if (receipt === undefined) return emit(payments, { type: 'OrderPaymentDeclined', ...who })
        receipts.put(row, receipt)
        return emit(payments, { type: 'OrderPaymentProcessed', ...who, cents })
      }
      const receipt = receipts.get(row)
      if (event.type !== 'OrderCancelled' || receipt === undefined) return drop('nothing-to-pay')
      await provider.refund(receipt, { idempotencyKey, signal })
      receipts.delete(row)
      return emit(payments, { type: 'OrderPaymentRefunded', ...who })
    },
  )
  return metrobus('payment', {
    entries: [entry('orders', { from: orders, start: 'beginning', key: ({ customer }) => customer, route: pay })],
    publishes: [payments],
  })
}

export default () => payment(realNeeds())
