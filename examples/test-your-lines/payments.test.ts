import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { memory } from '../../src/index.ts'
import { caughtUp, chaos, given, simulate } from '../../src/testing/index.ts'
import { chargeAt, payments } from './payments.ts'
import type { Bank, Order, Warehouse } from './payments.ts'

const order: Order = { orderId: 'o-1', card: 'visa-1', cents: 1_200 }

class FakeBank implements Bank {
  /** By key. */
  readonly charges = new Map<string, number>()

  async charge(card: string, cents: number, key: string): Promise<string | undefined> {
    if (card === 'stolen') return undefined
    this.charges.set(key, cents)
    return `receipt-${key}`
  }
}

class FakeWarehouse implements Warehouse {
  readonly shipped = new Set<string>()

  async ship(orderId: string): Promise<void> {
    this.shipped.add(orderId)
  }
}

const fakes = () => ({ bank: new FakeBank(), warehouse: new FakeWarehouse() })

test('a stop alone answers what its function answers', async () => {
  await given(chargeAt(new FakeBank()))
    .when(order, { id: 'r-1' })
    .thenAnswers({ ...order, receipt: 'receipt-r-1' })
})

test('a stolen card is a dead letter, and nothing is shipped', async () => {
  const { deadLetters } = await given(payments(fakes()))
    .when('orders', { ...order, card: 'stolen' })
    .thenPasses('charge')
    .thenDeadLetters('card-refused')

  assert.equal(deadLetters[0]?.attempts, 1)
})

test('a bank that cannot be reached is asked again after 200 ms, 400 ms and so on', async () => {
  const down = { charge: () => Promise.reject(new Error('no answer')) }

  await given(chargeAt(down)).when(order).thenTriesAt([0, 200, 600, 1_400, 3_000]).thenDeadLetters()
})

test('payments stand whatever happens to their process', async () => {
  const report = await simulate(payments, {
    fakes,
    events: { orders: [order, { ...order, orderId: 'o-2', card: 'visa-2' }, { ...order, orderId: 'o-3' }] },
    observe: ({ bank, warehouse }) => [bank.charges, warehouse.shipped],
    seeds: 200,
  })

  assert.equal(report.seeds, 200)
})

test('a key that is another one with each try is found', async () => {
  const careless = (needs: ReturnType<typeof fakes>) => {
    const charge = chargeAt(needs.bank, () => randomUUID())
    return payments(needs, charge)
  }

  const simulation = simulate(careless, {
    fakes,
    events: { orders: [order] },
    observe: ({ bank }) => bank.charges.size,
  })

  await assert.rejects(
    simulation,
    /`charge` is not idempotent: a crash after `bank.charge` repeats the event; seed \d+/,
  )
})

test('a running app is disturbed, and waited for', async () => {
  const needs = fakes()
  const disturbed = {
    ...chargeAt(needs.bank),
    middleware: [chaos({ seed: 1, duplicate: 0.5, delay: 0.5, delayMax: 20 })],
  }

  await using app = await payments(needs, disturbed).start({ bus: memory() })
  for (let index = 0; index < 10; index++)
    await app.send('orders', { ...order, orderId: `o-${index}`, card: `visa-${index}` })
  await caughtUp(app)

  assert.deepEqual([needs.bank.charges.size, needs.warehouse.shipped.size], [10, 10])
})
