/** The simulation of users' apps finds what is planted, names it, and finds nothing in a clean app. */
import assert from 'node:assert/strict'
import test from 'node:test'
import * as z from 'zod'
import { entry, line, metrobus, stop, topic } from '../../src/index.ts'
import type { App, Entry } from '../../src/index.ts'
import { simulate } from '../../src/testing/index.ts'
import type { Finding, SimulateOptions } from '../../src/testing/index.ts'

const Order = z.object({ id: z.string(), total: z.number() })
type Order = z.infer<typeof Order>

/** Where orders end up, in the ways in which one may write. */
class Store {
  readonly rows = new Map<string, Order>()
  readonly list: Order[] = []
  total = 0

  put(id: string, order: Order): Promise<void> {
    this.rows.set(id, order)
    return Promise.resolve()
  }

  add(order: Order): Promise<void> {
    this.list.push(order)
    return Promise.resolve()
  }

  read(): Promise<number> {
    return Promise.resolve(this.total)
  }

  write(total: number): Promise<void> {
    this.total = total
    return Promise.resolve()
  }
}

interface Fakes {
  readonly store: Store
}

type Orders = Entry<'orders', Order>
type Shop = App<readonly [Orders]>

const shop =
  (keep: (order: Order, ride: string, fakes: Fakes) => unknown) =>
  (fakes: Fakes): Shop => {
    const price = stop('price', { in: Order, out: Order, effects: 'none' }, (order) => ({
      ...order,
      total: order.total * 2,
    }))
    const kept = stop('keep', { in: Order }, async (order, { event }) => void (await keep(order, event.ride, fakes)))
    const orders = entry('orders', { in: Order, key: ({ id }) => id, route: line('orders').via(price).to(kept) })
    return metrobus('shop', { entries: [orders] })
  }

const orders = Array.from({ length: 6 }, (_, index): Order => ({ id: `o-${index % 3}`, total: index + 1 }))
const options: SimulateOptions<Fakes, readonly [Entry<'orders', Order>]> = {
  fakes: () => ({ store: new Store() }),
  events: { orders },
  observe: ({ store: { rows, list, total } }) => ({ rows, list, total }),
}

async function findingOf(run: Promise<unknown>): Promise<Finding & { readonly message: string }> {
  return run.then(
    () => assert.fail('nothing was found'),
    (error: Finding & Error) => error,
  )
}

const clean = shop((order, ride, { store }) => store.put(ride, order))

test('a clean app stands everything', async (t) => {
  const began = performance.now()
  const report = await simulate(clean, options)
  t.diagnostic(`${report.runs} runs in ${Math.round(performance.now() - began)} ms: ${JSON.stringify(report.faults)}`)
  assert.equal(report.seeds, 100)
  assert.ok(Object.values(report.faults).every((count) => count > 0))
})

test('a clean app stands it when what killed two processes kills the one that starts, too', async () => {
  await simulate(clean, { ...options, faults: ['crash'], seeds: [5, 15, 54] })
})

test('a handler that is not idempotent is found, and shrunken to one stop and one fault', async (t) => {
  const adds = shop((order, _, { store }) => store.add(order))
  const { message, seed, faults } = await findingOf(simulate(adds, { ...options, faults: ['crash'], seeds: 1_000 }))
  t.diagnostic(message)
  assert.match(message, /^`keep` is not idempotent: a crash after `store\.add` repeats the event; seed \d+\n/)
  assert.deepEqual([faults.length, faults[0]!.stop, faults[0]!.after], [1, 'keep', 'store.add'])
  const again = await findingOf(simulate(adds, { ...options, faults: ['crash'], seeds: [seed] }))
  assert.equal(again.message, message)
})

/** What simulations say that begin with another seed each. */
async function headlines(app: (fakes: Fakes) => Shop): Promise<ReadonlySet<string>> {
  const told = new Set<string>()
  for (let from = 1; from <= 8; from++) {
    const seeds = Array.from({ length: 1_000 }, (_, index) => from * 5_000 + index)
    const { message } = await findingOf(simulate(app, { ...options, seeds }))
    told.add(message.slice(0, message.indexOf(';')).replace(/orders-\d/, 'orders-N'))
  }
  return told
}

test('a handler that depends on the order of other keys is found, whatever goes wrong', async () => {
  const lists = shop(
    (order, _, { store }) =>
      store.list.some(({ id, total }) => id === order.id && total === order.total) || store.add(order),
  )
  assert.deepEqual(
    [...(await headlines(lists))],
    ['`keep` depends on the order of events of different keys: orders-N is slow, and others go before it'],
  )
})

test('a lost update is found, whatever goes wrong', async () => {
  const counts = shop(async (order, ride, { store }) => {
    if (store.rows.has(ride)) return
    const total = await store.read()
    await store.write(total + order.total)
    await store.put(ride, order)
  })
  for (const headline of await headlines(counts))
    assert.match(headline, /^`keep` (loses or mixes updates|is not idempotent: a crash after `store\.write` repeats)/)
})

test('a stop that claims to have no effects is accused, whichever stop of its line the process dies in', async () => {
  const liar = (fakes: Fakes): Shop => {
    const notes = stop('notes', { in: Order, out: Order, effects: 'none' }, async (order) => {
      await fakes.store.add(order)
      return order
    })
    const price = stop('price', { in: Order, out: Order, effects: 'none' }, (order) => ({ ...order, total: 2 }))
    const keep = stop('keep', { in: Order }, (order, { event }) => fakes.store.put(event.ride, order))
    const route = line('orders').via(notes).via(price).to(keep)
    return metrobus('shop', { entries: [entry('orders', { in: Order, key: ({ id }) => id, route })] })
  }
  const kinds = new Set<string>()
  for (const seed of [1, 2, 3, 4, 28, 32]) {
    const run = simulate(liar, { ...options, faults: ['crash'], seeds: [seed] })
    const { message, faults } = await run.then(
      () => ({ message: '`notes` was not disturbed', faults: [] }),
      (error: Finding & Error) => error,
    )
    assert.match(message, /^`notes`/)
    for (const { kind } of faults) kinds.add(kind)
  }
  assert.deepEqual([...kinds].toSorted(), ['crash', 'repeat'])
})

test('what an app keeps in its memory is found by a restart', async () => {
  const forgets = (fakes: Fakes): Shop => {
    let seen = 0
    return shop((order, ride, { store }) => store.put(ride, { ...order, total: ++seen }))(fakes)
  }
  const { message } = await findingOf(simulate(forgets, { ...options, faults: ['restart'], seeds: 1_000 }))
  assert.match(message, /^the app keeps something in its memory: a restart before orders-\d loses it; seed \d+/)
})

test('what is not deterministic is named with its stop', async () => {
  let calls = 0
  const counts = shop((order, ride, { store }) => store.put(ride, { ...order, total: ++calls }))
  const observe = (): unknown => 'nothing'
  const { message, faults } = await findingOf(simulate(counts, { ...options, observe }))
  assert.match(message, /^not deterministic at `keep`; seed 1\n\n {2}once: .*store\.put\(.*\n {2}again: .*store\.put\(/)
  assert.deepEqual(faults, [])
})

test('what a handler draws is drawn again when another run is disturbed elsewhere, and not when its event comes again', async () => {
  const draws = shop((order, ride, { store }) => store.put(ride, { ...order, total: Math.random() }))
  await simulate(draws, { ...options, faults: ['delay', 'overlap', 'restart'] })
  const ids = shop((order, _, { store }) => store.put(crypto.randomUUID(), order))
  const { message } = await findingOf(simulate(ids, { ...options, faults: ['crash'], seeds: 1_000 }))
  assert.match(message, /^`keep` is not idempotent: a crash after `store\.put` repeats the event/)
})

test('an event that only a fault makes a dead letter is a finding', async () => {
  const twice = shop(async (order, ride, { store }) => {
    if (store.rows.has(ride)) throw new RangeError(`${ride} is there already`)
    await store.put(ride, order)
  })
  const { message } = await findingOf(simulate(twice, { ...options, faults: ['crash'], seeds: 1_000 }))
  assert.match(message, /at deadLetters\[0\]: nothing when calm, "orders-\d at keep: RangeError" when not/)
})

test('a lock that a dead process has left is a finding', async () => {
  class Lock {
    #free = Promise.resolve()
    async take(): Promise<() => void> {
      const { promise, resolve } = Promise.withResolvers<void>()
      const free = this.#free
      this.#free = promise
      await free
      return resolve
    }
  }
  const app = ({ lock, store }: Fakes & { readonly lock: Lock }): Shop =>
    shop(async (order, ride) => {
      const free = await lock.take()
      await store.put(ride, order)
      free()
    })({ store })
  const run = simulate(app, {
    ...options,
    fakes: () => ({ store: new Store(), lock: new Lock() }),
    faults: ['crash'],
    seeds: 1_000,
  })
  const { message } = await findingOf(run)
  assert.match(message, /^the app does not get over this: crash at keep, orders-\d, after lock\.take; seed \d+\n/)
  assert.match(message, /had not caught up after [\d.]+ s: the stop "keep" has 1 running/)
})

test('what was never disturbed is told', async () => {
  const report = await simulate(
    (fakes: Fakes) => {
      const never = stop('never', { in: Order }, () => {})
      const unused = entry('unused', { in: Order, route: never })
      return metrobus('shop', { entries: [clean(fakes).definition.entries[0] as Orders, unused] })
    },
    { ...options, seeds: 20 },
  )
  assert.deepEqual(report.untouched, ['never'])
})

test('real input and output is refused, and what is real again is as before', async () => {
  const calls = shop(async () => void (await fetch('http://localhost:1').catch(() => {})))
  const before = [fetch, setTimeout, Date]
  await assert.rejects(simulate(calls, options), {
    code: 'MB_REAL_IO',
    message: /^fetch\(\) .* the stop "keep" called it/,
  })
  assert.deepEqual([fetch, setTimeout, Date], before)
})

test('events may be drawn, seeds be named, and no events are refused', async () => {
  const drawn: number[] = []
  const report = await simulate(clean, {
    ...options,
    seeds: [7, 8],
    events: (random) => {
      drawn.push(random.seed)
      return { orders: [{ id: 'o-1', total: random.below(100) }] }
    },
  })
  assert.deepEqual([report.seeds, drawn], [2, [7, 8]])
  await assert.rejects(simulate(clean, { ...options, events: {} }), { code: 'MB_BAD_OPTIONS' })
})

test('fakes may be functions, maps and objects with private fields', async () => {
  class Counter {
    #count = 0
    add(): void {
      this.#count++
    }
    get count(): number {
      return this.#count
    }
  }
  const app = (fakes: {
    readonly counter: Counter
    readonly rows: Map<string, Order>
    mail(id: string): void
  }): Shop => {
    const keep = stop('keep', { in: Order }, (order, { event }) => {
      if (fakes.rows.has(event.ride)) return
      fakes.rows.set(event.ride, order)
      fakes.counter.add()
      fakes.mail(order.id)
    })
    return metrobus('shop', { entries: [entry('orders', { in: Order, route: keep })] })
  }
  const fakes = () => {
    const mailed: string[] = []
    return {
      counter: new Counter(),
      rows: new Map<string, Order>(),
      mailed,
      mail: (id: string) => void mailed.push(id),
    }
  }
  const observe = ({ counter, rows, mailed }: ReturnType<typeof fakes>): unknown => ({
    count: counter.count,
    rows,
    mailed,
  })
  const { message } = await findingOf(
    simulate(app, { fakes, events: { orders }, observe, faults: ['crash'], seeds: 1_000 }),
  )
  assert.match(
    message,
    /^`keep` is not idempotent: a crash after `rows\.set` repeats the event; seed \d+\n\n {2}at observed\.count: 6 when calm, 5 when not/,
  )
})

const orderPlaced = topic('order-placed', { schema: Order, key: ({ id }) => id })

/** A shop that publishes its orders, and a mailer of another team that reads them. */
const shopAndMailer =
  (mail: (order: Order, ride: string, fakes: Fakes) => unknown) =>
  (fakes: Fakes): readonly [Shop, App] => {
    const place = stop('place', { in: Order, effects: 'none', emits: [orderPlaced] }, (order, { emit }) =>
      emit(orderPlaced, order),
    )
    const placing = entry('orders', { in: Order, key: ({ id }) => id, route: line('placing').to(place) })
    const notify = stop(
      'notify',
      { in: Order },
      async (order, { event }) => void (await mail(order, event.ride, fakes)),
    )
    const placed = entry('orders', { from: orderPlaced, start: 'beginning', route: line('mailing').to(notify) })
    return [
      metrobus('shop', { entries: [placing], publishes: [orderPlaced] }),
      metrobus('mailer', { entries: [placed] }),
    ]
  }

test('several apps share a bus, and a clean system of them stands everything', async () => {
  const system = shopAndMailer((order, ride, { store }) => store.put(ride, order))
  const { untouched } = await simulate(system, { ...options, seeds: 30, observe: ({ store }) => store.rows })
  assert.deepEqual(untouched, [])
})

test('of several apps the one is named whose stop does not stand it', async () => {
  const { message } = await findingOf(
    simulate(
      shopAndMailer((order, _ride, { store }) => store.add(order)),
      options,
    ),
  )
  assert.match(message, /^`mailer\/notify` is not idempotent/)
})
