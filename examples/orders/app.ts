/**
 * The whole system: an app for each service. On an embedded bus they share a process, `metrobus run examples/orders`; each can also be run from its own file,
 * `metrobus run examples/orders/services/payment.ts`, which is how it is on a cluster.
 */
import type { Load } from '../../src/testing/index.ts'
import { paymentUrl, realNeeds } from './needs.ts'
import type { Needs } from './needs.ts'
import { PaymentProviderStandIn } from './payment-provider.ts'
import { basket } from './services/basket.ts'
import { email } from './services/email.ts'
import { order } from './services/order.ts'
import { payment } from './services/payment.ts'
import { shipping } from './services/shipping.ts'

export const orderSystem = (needs: Needs) => ({
  basket: basket(),
  order: order(needs),
  payment: payment(needs),
  shipping: shipping(needs),
  email: email(needs),
})

export default () => orderSystem(realNeeds())

const checkout = (index: number, changes: object): object => ({
  orderId: `load-${index}`,
  customer: `customer-${index % 1_000}`,
  email: `customer-${index % 1_000}@example.com`,
  card: 'visa-1',
  items: [{ product: 'tea', quantity: 1 + (index % 3) }],
  ...changes,
})

/** What `metrobus bench examples/orders --rate 500` sends. */
export const load: Load = {
  mix: {
    delivered: { weight: 90, entry: 'checkouts', data: (index) => checkout(index, {}) },
    declined: { weight: 4, entry: 'checkouts', data: (index) => checkout(index, { card: 'declined-1' }) },
    'out-of-stock': {
      weight: 4,
      entry: 'checkouts',
      data: (index) => checkout(index, { items: [{ product: 'unicorn', quantity: 1 }] }),
    },
    'sent-back': {
      weight: 2,
      entry: 'checkouts',
      data: (index) => checkout(index, { items: [{ product: 'vase', quantity: 1 }] }),
    },
  },
  before: () => PaymentProviderStandIn.start(Number(new URL(paymentUrl).port)),
}
