/** Hands the goods of confirmed orders to a carrier, and asks until they have arrived or come back. */
import * as z from 'zod'
import { drop, entry, line, metrobus, retry, stop, store } from '../../../src/index.ts'
import { OrderEvent, orders, shipments } from '../events.ts'
import { realNeeds } from '../needs.ts'

/** Whoever carries parcels. */
export interface Carrier {
  /** Answers the number of the parcel: for one key the same. */
  handOver(
    goods: readonly { readonly product: string; readonly quantity: number }[],
    idempotencyKey: string,
  ): Promise<string>
  whereIs(parcel: string): Promise<'on its way' | 'delivered' | 'came back'>
}

const Parcel = z.object({ orderId: z.string(), customer: z.string(), email: z.string(), parcel: z.string() })

/** Where each parcel is, as far as it was asked. */
const parcels = store('parcels', z.object({ parcel: z.string(), state: z.enum(['delivered', 'came back']) }))

const patience = { attempts: Infinity, backoff: { first: 200, max: 30_000 } }

export const shipping = ({ carrier }: { readonly carrier: Carrier }) => {
  const handOver = stop(
    'hand-over',
    { in: OrderEvent, out: Parcel, emits: [shipments], policy: patience },
    async (event, { emit, idempotencyKey }) => {
      if (event.type !== 'OrderConfirmed') return drop('nothing-to-ship')
      const { orderId, customer, email, items } = event
      const parcel = { orderId, customer, email, parcel: await carrier.handOver(items, idempotencyKey) }
      emit(shipments, { type: 'OrderShipped', ...parcel })
      return parcel
    },
  )
  const track = stop(
    'track',
    { in: Parcel, stores: { parcels }, emits: [shipments], policy: patience },
    async (shipped, { stores: { parcels }, emit }) => {
      const { orderId, parcel } = shipped
      const state = await carrier.whereIs(parcel)
      if (state === 'on its way') return retry({ seconds: 60 })
      parcels.put(orderId, { parcel, state })
      return emit(shipments, { type: state === 'delivered' ? 'OrderDelivered' : 'OrderDeliveryFailed', ...shipped })
    },
  )
  return metrobus('shipping', {
    entries: [entry('orders', { from: orders, start: 'beginning', route: line('dispatch').via(handOver).to(track) })],
    publishes: [shipments],
  })
}

export default () => shipping(realNeeds())
