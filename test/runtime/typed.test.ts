/** What a user writes with the typed builders, ridden on the real runtime. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type } from 'arktype'
import * as z from 'zod'
import {
  conductor,
  drop,
  entry,
  line,
  mapMaker,
  memory,
  metrobus,
  pop,
  push,
  reroute,
  split,
  stop,
  switchStop,
  topic,
} from '../../src/index.ts'
import type { App, Entry, Running } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'

const Order = z.object({ id: z.string(), country: z.string(), steps: z.array(z.string()) })
type Order = z.infer<typeof Order>
const typed = { in: Order, out: Order, effects: 'none' } as const

const order = (id: string, country = 'de'): Order => ({ id, country, steps: [] })
const through = <const Name extends string>(name: Name) =>
  stop(name, typed, (order) => ({ ...order, steps: [...order.steps, name] }))

/** A last stop that remembers `id: steps`. */
const keeper = <const Name extends string>(name: Name, kept: string[]) =>
  stop(name, { in: Order }, ({ id, steps }) => {
    kept.push(`${id}: ${[...steps, name].join(' ')}`)
  })

async function ride<Entries extends readonly Entry[]>(
  app: App<Entries>,
  send: (running: Running<Entries>) => Promise<unknown>,
): Promise<Running<Entries>> {
  const clock = new VirtualClock()
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const running = await app.start({ bus: memory(), platform, log: silentLog, socket: false, blockedAfter: 0 })
  await send(running)
  await clock.advance(0)
  return running
}

test('a map maker plots by rules or code, and a switch turns on the way', async () => {
  const kept: string[] = []
  const keep = keeper('keep', kept)
  const abroad = line('abroad').via(through('customs')).to(keep)
  const turn = switchStop('turn', { in: Order, lines: { abroad }, effects: 'none' }, (order) =>
    order.country === 'de' ? order : 'abroad',
  )
  const normal = line('normal').via(through('pack')).via(turn).via(through('stamp')).to(keep)
  const refused = line('refused').to(stop('refuse', { in: Order }, () => drop('embargo')))
  const plot = mapMaker('plot', {
    lines: { normal, refused },
    rules: [{ when: { country: ['xx', 'yy'] }, line: 'refused' }],
    otherwise: 'normal',
  })
  const app = metrobus('shop', { entries: [entry('orders', { in: Order, key: ({ id }) => id, route: plot })] })
  const running = await ride(app, async (app) => {
    await app.send('orders', order('a'))
    await app.send('orders', order('b', 'fr'))
    await app.send('orders', order('c', 'xx'))
  })
  assert.deepEqual(kept.toSorted(), ['a: pack stamp keep', 'b: pack customs keep'])
  assert.deepEqual(running.stats().stops.find(({ stop }) => stop === 'refuse')?.dropped, { embargo: 1 })
  await running.stop()
})

test('the same stops can be conducted by a table, or wired to each other', async () => {
  const kept: string[] = []
  const keep = keeper('keep', kept)
  const check = through('check')
  const pack = stop('pack', { ...typed, next: keep }, (order) => ({ ...order, steps: [...order.steps, 'pack'] }))
  const office = conductor('office', {
    in: Order,
    stops: [check, pack],
    rules: [
      { after: 'entry', to: 'check' },
      { after: 'check', when: { country: 'de' }, to: 'pack' },
      { after: 'check', to: null },
    ],
  })
  const app = metrobus('shop', {
    entries: [entry('conducted', { in: Order, route: office }), entry('wired', { in: Order, route: pack })],
  })
  const running = await ride(app, async (app) => {
    await app.send('conducted', order('a'))
    await app.send('conducted', order('b', 'fr'))
    await app.send('wired', order('c'))
  })
  assert.deepEqual(kept.toSorted(), ['a: check pack keep', 'c: pack keep'])
  await running.stop()
})

test('split, push, pop and reroute keep to the declared targets', async () => {
  const kept: string[] = []
  const keep = keeper('keep', kept)
  const short = line('short').to(keep)
  const extra = through('extra')
  const decide = stop('decide', { ...typed, targets: { extra, short } }, (order) => {
    if (order.country === 'split') return split(['1', '2'].map((n) => ({ ...order, id: `${order.id}${n}` })))
    if (order.country === 'push') return push('extra', order)
    if (order.country === 'pop') return pop(order)
    return reroute('short', order)
  })
  const main = line('main').via(decide).via(through('a')).via(through('b')).to(keep)
  const app = metrobus('shop', { entries: [entry('orders', { in: Order, route: main })] })
  const running = await ride(app, async (app) => {
    for (const country of ['split', 'push', 'pop', 'short']) await app.send('orders', order(country, country))
  })
  assert.deepEqual(kept.toSorted(), [
    'pop: b keep',
    'push: extra a b keep',
    'short: keep',
    'split1: a b keep',
    'split2: a b keep',
  ])
  await running.stop()
})

test('a handler takes what it needs out of its context, and emits to a topic that an entry reads', async () => {
  const kept: string[] = []
  const shipped = topic('shipped', { schema: Order, key: ({ id }) => id })
  const ship = stop('ship', { in: Order, emits: [shipped] }, (order, { emit, report, itinerary, event, attempt }) => {
    kept.push(`${event.ride} ${itinerary.line} ${itinerary.ahead.join()} ${attempt}`)
    emit(shipped, { ...order, id: `${order.id}!` })
    report(new Error('only noted'))
  })
  const app = metrobus('shop', {
    entries: [
      entry('orders', { in: Order, route: line('orders').to(ship) }),
      entry('tell', { from: shipped, start: 'beginning', route: line('tell').to(keeper('keep', kept)) }),
    ],
    publishes: [shipped],
  })
  const running = await ride(app, (app) => app.send('orders', order('a'), { id: 'r' }))
  assert.deepEqual(kept, ['r orders  1', 'a!: keep'])
  assert.equal(running.stats().faults, 1)
  await running.stop()
})

test('what was sent belongs to the bus, also when the validator answers it as it is; what was refused does not', async () => {
  const seen: unknown[] = []
  const Note = type({ id: 'string', about: { page: 'number' } })
  const read = stop('read', { in: Note }, (note) => {
    seen.push(note)
  })
  const app = metrobus('notes', { entries: [entry('notes', { in: Note, route: line('notes').to(read) })] })
  const sent = { id: 'a', about: { page: 1 } }
  const refused = { id: 'b', about: { page: 'two' } }
  const running = await ride(app, async (app) => {
    await app.send('notes', sent)
    await assert.rejects(app.send('notes', refused as never), { code: 'MB_INVALID_EVENT' })
  })
  assert.equal(seen[0], sent)
  assert.throws(() => (sent.about.page = 2), TypeError)
  assert.doesNotThrow(() => (refused.about.page = 'three'))
  await running.stop()
})

test('a batch answers an outcome for each event', async () => {
  const kept: string[] = []
  const store = stop.batch('store', { ...typed, size: 2, time: 0 }, (orders) =>
    orders.map((order) => (order.id === 'a' ? drop('known') : order)),
  )
  const app = metrobus('shop', {
    entries: [
      entry('orders', { in: Order, key: ({ id }) => id, route: line('bulk').via(store).to(keeper('keep', kept)) }),
    ],
  })
  const running = await ride(app, async (app) => {
    await Promise.all(['a', 'b', 'c'].map((id) => app.send('orders', order(id))))
  })
  assert.deepEqual(kept.toSorted(), ['b: keep', 'c: keep'])
  await running.stop()
})

test('a batch that is full does not wait for its time, by default', async () => {
  let calls = 0
  const store = stop.batch('store', { in: Order, time: { seconds: 3_600 } }, (orders) => {
    calls++
    return orders.map(() => null)
  })
  const app = metrobus('shop', { entries: [entry('orders', { in: Order, route: store })] })
  const running = await ride(app, async (app) => {
    await Promise.all(Array.from({ length: 400 }, (_, n) => app.send('orders', order(`o-${n}`, 'de'))))
  })
  assert.equal(calls, 4)
  await running.stop()
})
