/**
 * The customer gets the mail with a link to an order that is not there yet. Here is a service of mails as one would write it at first: it hears of the payment, and
 * thanks at once. That the view learns of the payment at the same time is a race, which is lost as soon as the view has more to do than the mail. Ours hears of the
 * confirmation, which rides in one commit unit with the view's own change, and so cannot come before it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entry, memory, metrobus, startAll, stop } from '../../src/index.ts'
import type { App, RunningOf } from '../../src/index.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { orderSystem } from './app.ts'
import { PaymentEvent, payments } from './events.ts'
import { StandInCarrier, goods } from './needs.ts'
import { email } from './services/email.ts'
import type { Mailer } from './services/email.ts'
import { order, views } from './services/order.ts'

const naiveEmail = ({ mailer, shopUrl }: Parameters<typeof email>[0]): App => {
  const thank = stop('thank', { in: PaymentEvent }, (event, { idempotencyKey }) =>
    mailer.send({ to: event.email, text: `${shopUrl}/orders/${event.orderId}` }, idempotencyKey),
  )
  return metrobus('email', { entries: [entry('payments', { from: payments, start: 'beginning', route: thank })] })
}

const orderIds = Array.from({ length: 50 }, (_, index) => `o-${index}`)

/**
 * Fifty orders are paid, by default while the order service is deployed anew. Every link is followed in the moment in which its mail is sent: answers what the customers
 * found.
 */
async function whatCustomersFound(
  makeEmail: typeof naiveEmail,
  seed: number,
  deploys = true,
): Promise<readonly string[]> {
  const clock = new VirtualClock()
  const found: string[] = []
  const shop: { order?: RunningOf<ReturnType<typeof order>> | undefined } = {}
  const mailer: Mailer = {
    async send({ text }) {
      const [, orderId] = /\/orders\/(\S+)/.exec(text) ?? []
      if (orderId !== undefined) found.push((await shop.order?.store(views).get(orderId))?.status ?? 'nothing')
    },
  }
  const bank = async (): Promise<string> => {
    if (deploys) await new Promise<void>((resolve) => clock.timer(100, resolve))
    return 'receipt'
  }
  const needs = {
    goods,
    mailer,
    provider: { charge: bank, refund: async () => {} },
    carrier: new StandInCarrier(),
    shopUrl: 'https://shop.example',
  }
  const platform = { clock, random: new SeededRandom(seed), disk: new SimDisk() }
  const options = { bus: memory({ settleDelay: 2 }), platform, socket: false, blockedAfter: 0 } as const
  const during = async <Result>(work: Promise<Result>, ms: number): Promise<Result> => {
    await clock.advance(ms)
    return work
  }
  const { basket, payment, shipping } = orderSystem(needs)
  const others = await during(startAll({ basket, payment, shipping, email: makeEmail(needs) }, options), 1_000)
  const open = (): Promise<unknown> =>
    order(needs)
      .start(options)
      .then((running) => (shop.order = running))
  await during(open(), 1_000)
  for (const [index, orderId] of orderIds.entries()) {
    const who = { customer: `c-${index % 7}`, email: 'c@example.com' }
    void others.apps.basket.send('checkouts', {
      orderId,
      ...who,
      card: 'visa-1',
      items: [{ product: 'tea', quantity: 1 }],
    })
    if (!deploys && index % 5 === 0) await clock.advance(1)
  }
  if (deploys) {
    await clock.advance(50)
    const stopping = shop.order?.stop()
    shop.order = undefined
    await during(Promise.resolve(stopping), 1_000)
    await during(open(), 1_000)
  }
  await clock.advance(60_000)
  return found
}

const seeds = [1, 2, 3, 4, 5]

const early = (found: readonly string[]): readonly string[] =>
  found.filter((status) => !['confirmed', 'shipped', 'delivered'].includes(status))

test('whoever follows the link in a mail finds the order confirmed', async () => {
  for (const seed of seeds)
    for (const deploys of [true, false]) {
      const found = await whatCustomersFound((needs) => email(needs), seed, deploys)

      assert.equal(found.length, orderIds.length)
      assert.deepEqual(early(found), [], `seed ${seed}`)
    }
})

test('with the naive service of mails nobody finds it', async () => {
  for (const seed of seeds) {
    const found = await whatCustomersFound(naiveEmail, seed)

    assert.deepEqual([early(found).length, found.length], [orderIds.length, orderIds.length], `seed ${seed}`)
  }
})
