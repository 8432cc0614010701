/** Takes orders, and publishes those that it has confirmed. */
import * as z from 'zod'
import { entry, metrobus, stop, topic } from '../../src/index.ts'
import type { App, Entry } from '../../src/index.ts'

const Order = z.object({ orderId: z.string(), customer: z.string(), total: z.number() })
type Order = z.infer<typeof Order>

/** All that a reader needs to know of this app. */
export const orderConfirmed = topic('order-confirmed', { schema: Order, key: ({ orderId }) => orderId, partitions: 1 })

export const shop = (): App<readonly [Entry<'orders', Order>]> => {
  const confirm = stop('confirm', { in: Order, emits: [orderConfirmed] }, (order, ctx) => {
    console.log(`shop: ${order.orderId} confirmed`)
    ctx.emit(orderConfirmed, order) // in the same commit unit as the order's own acknowledgement
  })
  const orders = entry('orders', { in: Order, key: ({ orderId }) => orderId, route: confirm })
  return metrobus('shop', { entries: [orders], publishes: [orderConfirmed] })
}
