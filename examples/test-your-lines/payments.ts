/** Charges cards for orders, and ships what is paid. */
import * as z from 'zod'
import { deadLetter, entry, line, metrobus, stop } from '../../src/index.ts'
import type { App, Entry, Stop } from '../../src/index.ts'

const Order = z.object({ orderId: z.string(), card: z.string(), cents: z.number() })
const Paid = z.object({ ...Order.shape, receipt: z.string() })
export type Order = z.infer<typeof Order>
export type Paid = z.infer<typeof Paid>

/** Answers a receipt, or undefined when the card is refused. One key is charged once. */
export interface Bank {
  charge(card: string, cents: number, key: string): Promise<string | undefined>
}

export interface Warehouse {
  ship(orderId: string): Promise<void>
}

/** `keyOf` is for the tests, which show what becomes of a careless key. */
export const chargeAt = (bank: Bank, keyOf = (ride: string): string => ride): Stop<'charge', Order, Paid> =>
  stop('charge', { in: Order, out: Paid }, async (order, { event }) => {
    const receipt = await bank.charge(order.card, order.cents, keyOf(event.ride))
    return receipt === undefined ? deadLetter('card-refused') : { ...order, receipt }
  })

export const payments = (
  { bank, warehouse }: { readonly bank: Bank; readonly warehouse: Warehouse },
  charge = chargeAt(bank),
): App<readonly [Entry<'orders', Order>]> => {
  const ship = stop('ship', { in: Paid }, ({ orderId }) => warehouse.ship(orderId))
  const orders = entry('orders', { in: Order, key: ({ card }) => card, route: line('payments').via(charge).to(ship) })
  return metrobus('payments', { entries: [orders] })
}
