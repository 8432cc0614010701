/** Takes what customers bring to the checkout, once, and asks for the order. */
import { drop, entry, metrobus, stop, store } from '../../../src/index.ts'
import { Checkout, requests } from '../events.ts'

/** Every checkout, by the id of its order, for as long as there are orders: who sends an id again gets the same order, and another basket under it is refused. */
export const checkouts = store('checkouts', Checkout)

export const basket = () => {
  const checkOut = stop(
    'check-out',
    { in: Checkout, stores: { checkouts }, emits: [requests], effects: 'none' },
    (checkout, { stores: { checkouts }, emit }) => {
      // `send` knows an id that comes again for ten minutes, the store for ever.
      if (checkouts.get(checkout.orderId) !== undefined) return drop('came-before')
      checkouts.put(checkout.orderId, checkout)
      emit(requests, { type: 'OrderRequested', ...checkout })
      return undefined
    },
  )
  return metrobus('basket', {
    entries: [entry('checkouts', { in: Checkout, key: ({ orderId }) => orderId, route: checkOut })],
    publishes: [requests],
  })
}

export default basket
