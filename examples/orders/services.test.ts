/** Each service alone: it is told what happened, and says what it makes of it. No broker, no waiting. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { drop, memory } from '../../src/index.ts'
import type { App } from '../../src/index.ts'
import { given, numberOfTimes } from '../../src/testing/index.ts'
import { mails, orders, payments, requests, shipments } from './events.ts'
import { StandInCarrier, StandInMailer, goods } from './needs.ts'
import { basket } from './services/basket.ts'
import { email } from './services/email.ts'
import { order } from './services/order.ts'
import { payment } from './services/payment.ts'
import { shipping } from './services/shipping.ts'

const who = { orderId: 'o-1', customer: 'ada', email: 'ada@example.com' }
const items = [{ product: 'clock', quantity: 2 }]
const cents = 24_000
const checkout = { ...who, card: 'visa-1', items }
const requested = { type: 'OrderRequested', ...checkout }
const paid = { type: 'OrderPaymentProcessed', ...who, cents }
const cancelled = { type: 'OrderCancelled', ...who, cents, reason: 'the parcel came back' }

test('the basket asks for an order once, however often it is checked out', async () => {
  await given(basket())
    .when('checkouts', checkout)
    .thenEmits(requests, requested)
    .when('checkouts', checkout)
    .thenAnswers(drop('came-before'))
    .thenEmits(requests)
})

test('an order whose goods are there is validated, confirmed when it is paid, and followed to the door', async () => {
  const parcel = 'parcel-1'

  await given(order({ goods }))
    .when('requests', requested)
    .thenPasses('reserve', 'keep')
    .thenEmits(orders, { type: 'OrderValidated', ...who, card: 'visa-1', cents })
    .when('payments', paid)
    .thenEmits(orders, { type: 'OrderConfirmed', ...who, items, cents })
    .when('shipments', { type: 'OrderShipped', ...who, parcel })
    .thenEmits(orders)
    .when('shipments', { type: 'OrderDelivered', ...who, parcel })
    .thenEmits(orders)
})

test('goods are put aside for whoever comes first, and go back when an order is cancelled', async () => {
  const other = { ...requested, orderId: 'o-2' }
  const reason = 'there is not enough clock'

  await given(order({ goods }))
    .when('requests', requested)
    .when('requests', other)
    .thenEmits(orders, { type: 'OrderRejected', ...who, orderId: 'o-2', reason })
    .when('payments', { type: 'OrderPaymentDeclined', ...who })
    .thenEmits(orders, { type: 'OrderCancelled', ...who, cents, reason: 'the card was declined' })
    .when('requests', { ...other, orderId: 'o-3' })
    .thenEmits(orders, { type: 'OrderValidated', ...who, orderId: 'o-3', card: 'visa-1', cents })
})

test('all goods of an order are put aside, or none', async () => {
  const both = [
    { product: 'clock', quantity: 1 },
    { product: 'unicorn', quantity: 1 },
  ]

  await given(order({ goods }))
    .when('requests', { ...requested, orderId: 'o-0', items: both })
    .when('requests', requested)
    .thenEmits(orders, { type: 'OrderValidated', ...who, card: 'visa-1', cents })
})

test('what cannot come now is given up, and the order stays as it is', async () => {
  await given(order({ goods }))
    .when('requests', requested)
    .when('shipments', { type: 'OrderDelivered', ...who, parcel: 'parcel-1' })
    .thenDeadLetters('out-of-turn')
    .when('payments', paid)
    .thenEmits(orders, { type: 'OrderConfirmed', ...who, items, cents })
})

/** A key is charged once, as the provider has it. */
class FakeProvider {
  readonly moved = new Map<string, number>()
  readonly refunds = new Map<string, string>()

  async charge(card: string, amount: number, { idempotencyKey }: { readonly idempotencyKey: string }) {
    if (card.startsWith('declined')) return undefined
    this.moved.set(idempotencyKey, amount)
    return `receipt-${idempotencyKey}`
  }

  async refund(receipt: string, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<void> {
    this.refunds.set(idempotencyKey, receipt)
  }
}

const validated = { type: 'OrderValidated', ...who, card: 'visa-1', cents }

test('a card is charged once, and given back once what was paid', async () => {
  const provider = new FakeProvider()

  await given(payment({ provider }))
    .when('orders', validated, { id: 'r-1', ...numberOfTimes(3) })
    .thenEmits(payments, paid)
    .when('orders', cancelled, { id: 'r-2', ...numberOfTimes(3) })
    .thenEmits(payments, { type: 'OrderPaymentRefunded', ...who })

  assert.deepEqual([...provider.moved], [['r-1/pay', cents]])
  assert.deepEqual([...provider.refunds], [['r-2/pay', 'receipt-r-1/pay']])
})

test('who has not paid is given nothing back', async () => {
  await given(payment({ provider: new FakeProvider() }))
    .when('orders', { ...validated, card: 'declined-1' })
    .thenEmits(payments, { type: 'OrderPaymentDeclined', ...who })
    .when('orders', cancelled)
    .thenAnswers(drop('nothing-to-pay'))
})

test('a provider that does not answer is asked again, in the end every half minute, and nothing is given up', async () => {
  const provider = new FakeProvider()
  let left = 20
  const charge: FakeProvider['charge'] = (...call) =>
    left-- > 0 ? Promise.reject(new Error('no answer')) : provider.charge(...call)

  const { tries, deadLetters } = await given(
    payment({ provider: { charge, refund: (...call) => provider.refund(...call) } }),
  )
    .when('orders', validated)
    .thenEmits(payments, paid)

  assert.deepEqual(deadLetters, [])
  assert.equal(tries.length, 21)
  assert.equal(tries.at(-1)!.at - tries.at(-2)!.at, 30_000)
})

test('a parcel is handed over, and asked for every minute until it has arrived', async () => {
  const carrier = new StandInCarrier()
  const states = ['on its way', 'on its way', 'delivered'] as const
  let asked = 0
  const slow = { handOver: carrier.handOver.bind(carrier), whereIs: async () => states[asked++]! }
  const parcel = 'parcel-r-1/hand-over'

  await given(shipping({ carrier: slow }))
    .when('orders', { type: 'OrderConfirmed', ...who, items, cents }, { id: 'r-1' })
    .thenPasses('hand-over', 'track')
    .thenTriesAt([0, 60_000, 120_000])
    .thenEmits(shipments, { type: 'OrderShipped', ...who, parcel }, { type: 'OrderDelivered', ...who, parcel })
})

test('a customer gets one mail about each thing, with a link to the order', async () => {
  const mailer = new StandInMailer()

  await given(email({ mailer, shopUrl: 'https://shop.example' }))
    .when('orders', { type: 'OrderConfirmed', ...who, items, cents }, numberOfTimes(3))
    .thenEmits(mails, { type: 'MailSent', orderId: 'o-1', about: 'OrderConfirmed' })
    .when('shipments', { type: 'OrderShipped', ...who, parcel: 'parcel-1' })
    .thenAnswers(drop('nothing-to-say'))
    .when('shipments', { type: 'OrderDelivered', ...who, parcel: 'parcel-1' })
    .thenEmits(mails, { type: 'MailSent', orderId: 'o-1', about: 'OrderDelivered' })

  assert.deepEqual(
    [...mailer.mails.values()].map(({ text }) => text),
    ['Thank you, ada! Your order: https://shop.example/orders/o-1', 'Your order o-1 has arrived, ada.'],
  )
})

test('each service can be run alone, from its own file', async () => {
  const files = globSync('services/*.ts', { cwd: import.meta.dirname }).filter((file) => !file.endsWith('-facts.ts'))

  assert.ok(files.length >= 5)
  for (const file of files) {
    const { default: make } = (await import(`./${file}`)) as { readonly default: () => App }

    await using running = await make().start({ bus: memory() })

    assert.equal(`services/${running.name}.ts`, file.replaceAll('\\', '/'))
  }
})
