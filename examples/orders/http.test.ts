/** What the shop answers, without a port: the routes are called as functions, and the services run on a bus in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memory, startAll } from '../../src/index.ts'
import { SeededRandom, SimDisk, VirtualClock, caughtUp } from '../../src/testing/index.ts'
import { shopHttp } from './http.ts'
import type { Peer } from './http.ts'
import { goods } from './needs.ts'
import { basket } from './services/basket.ts'
import { order } from './services/order.ts'
import { payment } from './services/payment.ts'

const body = {
  customer: 'ada',
  email: 'ada@example.com',
  card: 'visa-1',
  items: [{ product: 'tea', quantity: 2 }],
}

/** The shop without those behind it, so that an order stays where it is until the test says otherwise. */
async function openShop() {
  const bus = memory()
  const system = await startAll({ basket: basket(), order: order({ goods }) }, { bus })
  const shop = system.apps
  const http = shopHttp(shop)
  const send = (content: unknown, key = 'o-1'): Promise<Response> =>
    Promise.resolve(
      http.request('/orders', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: typeof content === 'string' ? content : JSON.stringify(content),
      }),
    )
  const look = async (path: string) => {
    const response = await http.request(path)
    return [response.status, (await response.json()) as { status?: string; error?: string }] as const
  }
  return { bus, shop, send, look, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() }
}

const errorOf = async (response: Response) => [response.status, ((await response.json()) as { error: string }).error]

test('an order that was taken can be looked at at once', async () => {
  await using open = await openShop()

  const response = await open.send(body)

  assert.deepEqual([response.status, response.headers.get('location')], [202, '/orders/o-1'])
  const [status, { status: state }] = await open.look('/orders/o-1')
  assert.ok(status === 200 || status === 202, String(status))
  assert.match(state!, /^(requested|validated)$/)
})

test('without a key the order is given an id', async () => {
  await using open = await openShop()

  const response = await shopHttp(open.shop).request('/orders', { method: 'POST', body: JSON.stringify(body) })

  const { orderId } = (await response.json()) as { orderId: string }
  assert.equal(response.status, 202)
  assert.equal((await open.look(`/orders/${orderId}?wait=validated`))[0], 200)
})

test('the same key with the same order is one order, also when both come at once', async () => {
  await using open = await openShop()

  const answers = await Promise.all([open.send(body), open.send(body), open.send(body)])
  const later = await open.send(body)

  assert.deepEqual(
    [...answers, later].map(({ status }) => status),
    [202, 202, 202, 202],
  )
  await caughtUp(open.shop.basket)
  assert.equal(open.shop.basket.stats().accepted, 1)
})

test('the same key with another order is refused', async () => {
  await using open = await openShop()
  await open.send(body)

  const other = await errorOf(await open.send({ ...body, card: 'visa-2' }))

  assert.deepEqual(other, [422, 'the key o-1 came before with another order'])
})

test('a year later an order is still there, and its key is still its own', async () => {
  const clock = new VirtualClock()
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const during = async <Result>(work: Promise<Result>): Promise<Result> => {
    await clock.advance(1_000)
    return work
  }
  const options = { bus: memory(), platform, socket: false, blockedAfter: 0 } as const
  const { apps } = await during(startAll({ basket: basket(), order: order({ goods }) }, options))
  const http = shopHttp(apps)
  const ask = async (path: string, asked?: RequestInit) =>
    (await during(Promise.resolve(http.request(path, asked)))).status
  const post = { method: 'POST', headers: { 'idempotency-key': 'o-1' }, body: JSON.stringify(body) }
  await ask('/orders', post)

  await clock.advance(365 * 86_400_000)
  const statuses = [await ask('/orders/o-1'), await ask('/orders', post)]

  assert.deepEqual(statuses, [200, 202])
  assert.deepEqual(await during(apps.order.deadLetters.list()), [])
})

test('what is no order is refused with a sentence', async () => {
  await using open = await openShop()
  const refused = async (content: unknown, key?: string) => errorOf(await open.send(content, key))

  assert.deepEqual(await refused('{ not json'), [400, 'the body must be a JSON object'])
  assert.deepEqual(await refused('7'), [400, 'the body must be a JSON object'])
  assert.deepEqual(await refused(`"${'x'.repeat(70_000)}"`), [413, 'a body has 65536 bytes at most'])
  assert.match(String(await refused({ ...body, items: [] })), /^422,items: .*>=1/)
  assert.match(String(await refused({ ...body, items: 'tea' })), /^422,items: .*expected array/)
  assert.match(String(await refused({ ...body, colour: 'red' })), /^422,Unrecognized key: "colour"/)
  assert.match(String(await refused({ ...body, email: 'ada' })), /^422,email: Invalid email/)
  assert.match(String(await refused(body, 'a key with blanks')), /^422,orderId: Invalid/)
  assert.match(
    String(await refused({ ...body, items: [...body.items, ...body.items] })),
    /^422,items: each product once/,
  )
})

test('an unknown order, an unknown place and a bad wait are refused with a sentence', async () => {
  await using open = await openShop()

  assert.deepEqual(await open.look('/orders/nobody'), [404, { error: 'there is no order nobody' }])
  assert.equal((await open.look('/baskets'))[0], 404)
  assert.deepEqual(await open.look('/orders/o-1?wait=paid'), [
    400,
    { error: 'wait must be one of validated, confirmed, shipped, delivered' },
  ])
  assert.deepEqual(await open.look('/orders/o-1?wait=confirmed&timeout=1e9'), [
    400,
    { error: 'timeout must be 0 to 30 seconds' },
  ])
})

test('who waits is answered when the order has come so far, or as it is when the time is over', async () => {
  await using open = await openShop()
  await open.send(body)

  const [early, { status }] = await open.look('/orders/o-1?wait=confirmed&timeout=0.02')
  const waiting = open.look('/orders/o-1?wait=confirmed')
  const provider = { charge: async () => 'receipt-1', refund: async () => {} }
  await using _paying = await payment({ provider }).start({ bus: open.bus })
  const [late, confirmed] = await waiting

  assert.deepEqual([early, status], [202, 'validated'])
  assert.deepEqual([late, confirmed.status], [200, 'confirmed'])
})

test('who waits for an order that is rejected is told at once', async () => {
  await using open = await openShop()
  await open.send({ ...body, items: [{ product: 'clock', quantity: 3 }] })

  const [status, order] = await open.look('/orders/o-1?wait=delivered')

  assert.deepEqual([status, order.status], [200, 'rejected'])
})

test('an order can be placed and looked at in any process of the shop: the one that has its key answers', async () => {
  const bus = memory()
  const open = () => startAll({ basket: basket(), order: order({ goods }) }, { bus })
  await using here = await open()
  await using there = await open()
  const ask =
    (http: () => ReturnType<typeof shopHttp>): Peer =>
    async (path) =>
      http().request(path)
  const one: ReturnType<typeof shopHttp> = shopHttp({ ...here.apps, peers: [ask(() => other)] })
  const other: ReturnType<typeof shopHttp> = shopHttp({ ...there.apps, peers: [ask(() => one)] })
  const doors = [one, other]
  const alone = shopHttp(here.apps)
  const seenAlone = new Set<number>()

  for (let n = 0; n < 8; n++) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `o-${n}` }
    const placed = await doors[n % 2]!.request('/orders', { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(placed.status, 202, await placed.text())
    for (const door of doors) {
      const response = await door.request(`/orders/o-${n}?wait=validated`)
      assert.deepEqual([response.status, ((await response.json()) as { status: string }).status], [200, 'validated'])
    }
    seenAlone.add((await alone.request(`/orders/o-${n}`)).status)
  }
  assert.equal((await one.request('/orders/none')).status, 404)
  assert.equal((await other.request('/orders/none')).status, 404)
  // Without its peers a process knows of its own keys only.
  assert.deepEqual(seenAlone, new Set([200, 503]))
})
