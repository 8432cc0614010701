/** The payment provider is down for ten minutes, on virtual time; and misbehaves over real HTTP. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { embedded, memory, startAll } from '../../src/index.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { orderSystem } from './app.ts'
import { shopHttp } from './http.ts'
import { StandInCarrier, StandInMailer, goods } from './needs.ts'
import { PaymentClient } from './payment-client.ts'
import { PaymentProviderStandIn } from './payment-provider.ts'
import { views } from './services/order.ts'
import type { PaymentProvider, ProviderCall } from './services/payment.ts'

const minute = 60_000
/** Half of them while the provider is down. */
const ordersMade = 1_200
const betweenMs = 1_000
const customers = 40

const checkout = (index: number, product: string) => ({
  orderId: `o-${index}`,
  customer: `c-${index % customers}`,
  email: 'c@example.com',
  card: `${index}`,
  items: [{ product, quantity: 1 }],
})

/** Refuses for five minutes, does not answer for five more, and forgets every tenth answer at all times. */
class Provider implements PaymentProvider {
  readonly charges = new Map<string, string>()
  /** Cards, which have the numbers of their orders here, in the order in which they were charged. */
  readonly order: string[] = []
  asked = 0
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  get isDown(): boolean {
    const minutes = this.#clock.monotonic() / minute
    return minutes >= 5 && minutes < 15
  }

  async charge(card: string, _cents: number, { idempotencyKey, signal }: ProviderCall): Promise<string> {
    this.asked++
    if (this.isDown && this.#clock.monotonic() < 10 * minute) throw new Error('connection refused')
    if (this.isDown) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    await new Promise<void>((resolve) => this.#clock.timer(20, resolve))
    if (!this.charges.has(idempotencyKey)) this.order.push(card)
    this.charges.set(idempotencyKey, card)
    if (this.asked % 10 === 0) throw new Error('connection lost')
    return `receipt-${idempotencyKey}`
  }

  async refund(): Promise<void> {}
}

/** The 99th percentile. */
const p99 = (taken: readonly number[]): number =>
  taken.toSorted((one, other) => one - other)[Math.floor(taken.length * 0.99)] ?? NaN

test('ten minutes without the payment provider cost the other services nothing, and no order', async () => {
  const clock = new VirtualClock()
  const provider = new Provider(clock)
  const mailer = new StandInMailer()
  const needs = { goods, provider, mailer, carrier: new StandInCarrier(), shopUrl: '' }
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const log = { info: () => {}, warn: () => {}, error: console.error }
  const options = { bus: memory({ settleDelay: 2 }), platform, log, socket: false, blockedAfter: 0 } as const
  const starting = startAll(orderSystem(needs), options)
  await clock.advance(betweenMs)
  const { basket, order } = (await starting).apps
  const taken = { calm: [] as number[], down: [] as number[] }

  for (let index = 0; index < ordersMade; index++) {
    const data = checkout(index, index % 10 === 9 ? 'unicorn' : 'tea')
    const [begun, times] = [clock.monotonic(), provider.isDown ? taken.down : taken.calm]
    void basket.send('checkouts', data, { id: data.orderId })
    void order
      .store(views)
      .get(data.orderId, { until: (seen) => seen !== undefined })
      .then(() => times.push(clock.monotonic() - begun))
    await clock.advance(betweenMs)
  }
  await clock.advance(2 * minute)

  const { rows } = await order.store(views).range({ limit: ordersMade + 1 })
  const statuses = Object.groupBy(rows, ({ value }) => value.status)
  const byCustomer = Object.groupBy(provider.order.map(Number), (index) => index % customers)
  assert.ok(taken.down.length > ordersMade / 3 && provider.asked > ordersMade)
  assert.equal(p99(taken.down), p99(taken.calm))
  // None is lost, none is charged twice, and those of a customer keep their order.
  assert.deepEqual([statuses.delivered?.length, statuses.rejected?.length, rows.length], [1_080, 120, ordersMade])
  assert.deepEqual([provider.charges.size, provider.order.length, mailer.mails.size], [1_080, 1_080, 2 * 1_080 + 120])
  for (const indexes of Object.values(byCustomer))
    assert.deepEqual(
      indexes,
      indexes?.toSorted((one, other) => one - other),
    )
})

test('a provider that is down, slow and forgetful over HTTP charges each order once', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-orders-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  await using provider = await PaymentProviderStandIn.start()
  const needs = {
    goods,
    provider: new PaymentClient(provider.url),
    mailer: new StandInMailer(),
    carrier: new StandInCarrier(),
    shopUrl: '',
  }
  const log = { info: () => {}, warn: () => {}, error: console.error }
  await using system = await startAll(orderSystem(needs), { bus: embedded({ dir }), log })
  const http = shopHttp(system.apps)
  const look = async (index: number, query: string) => {
    const response = await http.request(`/orders/o-${index}?${query}`)
    return ((await response.json()) as { status: string }).status
  }
  const indexes = Array.from({ length: 20 }, (_, index) => index)

  provider.behaviour.isDown = true
  for (const index of indexes) {
    const { orderId, ...body } = checkout(index, 'tea')
    const headers = { 'idempotency-key': orderId }
    const { status } = await http.request('/orders', { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(status, 202)
  }
  const down = await Promise.all(indexes.map((index) => look(index, 'wait=validated')))
  Object.assign(provider.behaviour, { isDown: false, delay: 20, forgetful: 0.3 })
  const done = await Promise.all(indexes.map((index) => look(index, 'wait=delivered&timeout=30')))

  assert.deepEqual([new Set(down), new Set(done)], [new Set(['validated']), new Set(['delivered'])])
  assert.ok(provider.requests > 20, `${provider.requests} requests`)
  assert.deepEqual(
    [...provider.done.values()].map(({ cents }) => cents),
    indexes.map(() => 450),
  )
})
