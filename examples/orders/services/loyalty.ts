/**
 * Gives points for what was bought, and takes them back for what was cancelled. It came last: nothing was changed for it, and it begins with the first order that was
 * ever confirmed.
 */
import * as z from 'zod'
import { drop, entry, metrobus, stop, store } from '../../../src/index.ts'
import { OrderEvent, orders } from '../events.ts'

/** By customer. */
export const points = store('points', z.int())
/** Orders that have brought points, by customer and order. */
const confirmed = store('confirmed', z.literal(true))
const centsForAPoint = 100

export const loyalty = () => {
  const count = stop(
    'count',
    { in: OrderEvent, stores: { points, confirmed }, effects: 'none' },
    (event, { stores: { points, confirmed } }) => {
      const { customer, orderId } = event
      const row = `${customer}/${orderId}`
      const change = (sign: 1 | -1, cents: number): void =>
        points.put(customer, (points.get(customer) ?? 0) + sign * Math.floor(cents / centsForAPoint))
      if (event.type === 'OrderConfirmed') {
        change(1, event.cents)
        confirmed.put(row, true)
        return undefined
      }
      // One that was cancelled before it was paid has brought nothing.
      if (event.type !== 'OrderCancelled' || confirmed.get(row) === undefined) return drop('no-points')
      change(-1, event.cents)
      confirmed.delete(row)
      return undefined
    },
  )
  return metrobus('loyalty', {
    entries: [entry('orders', { from: orders, start: 'beginning', key: ({ customer }) => customer, route: count })],
  })
}

export default loyalty
