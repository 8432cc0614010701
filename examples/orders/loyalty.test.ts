/** A service that is added to a system that has been running for a while. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { memory, startAll } from '../../src/index.ts'
import { given } from '../../src/testing/index.ts'
import { orderSystem } from './app.ts'
import { StandInCarrier, StandInMailer, goods } from './needs.ts'
import { loyalty, points } from './services/loyalty.ts'

const needs = {
  goods,
  provider: { charge: async () => 'receipt', refund: async () => {} },
  carrier: new StandInCarrier(),
  mailer: new StandInMailer(),
  shopUrl: 'https://shop.example',
}

const checkout = (orderId: string, customer: string, product: string) => ({
  orderId,
  customer,
  email: `${customer}@example.com`,
  card: 'visa-1',
  items: [{ product, quantity: 1 }],
})

test('loyalty is added to a running system, counts what was before it, and goes on with what comes', async () => {
  const bus = memory()
  await using system = await startAll(orderSystem(needs), { bus })
  const { basket } = system.apps
  await basket.send('checkouts', checkout('o-1', 'ada', 'clock'))
  await basket.send('checkouts', checkout('o-2', 'ada', 'cup'))
  await basket.send('checkouts', checkout('o-3', 'grace', 'vase'))
  await system.caughtUp()

  await using added = await startAll({ loyalty: loyalty() }, { bus })
  await added.caughtUp()
  const before = await added.apps.loyalty.store(points).range()
  await basket.send('checkouts', checkout('o-4', 'grace', 'cup'))
  await system.caughtUp()
  await added.caughtUp()
  const after = await added.apps.loyalty.store(points).range()

  const all = (page: typeof before) => Object.fromEntries(page.rows.map(({ key, value }) => [key, value]))
  const { ada, grace } = all(before)
  // The vase came back, and its points went with it.
  assert.deepEqual([ada, grace], [129, 0])
  assert.equal(all(after)['grace'], 9)
})

test('an order that was confirmed brings points, and takes them back when it is cancelled', async () => {
  const order = { orderId: 'o-7', customer: 'ada', email: 'ada@example.com', cents: 2_900 }

  await given(loyalty())
    .having(points, { ada: 100 })
    .when('orders', { ...order, type: 'OrderConfirmed', items: [{ product: 'clock', quantity: 1 }] })
    .thenKeeps(points, { ada: 129 })
    .when('orders', { ...order, type: 'OrderCancelled', reason: 'lost' })
    .thenKeeps(points, { ada: 100 })
})

test('no other file of the example knows of it', () => {
  const folder = import.meta.dirname
  const others = globSync('**/*.ts', { cwd: folder }).filter((file) => !file.includes('loyalty'))

  assert.ok(others.length >= 10)
  for (const file of others) assert.doesNotMatch(readFileSync(join(folder, file), 'utf8'), /loyalty/, file)
})
