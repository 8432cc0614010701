import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import * as z from 'zod'
import type { Clock } from '../internal/platform/platform.ts'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { topic } from '../runtime/topic.ts'
import { deadLetter } from '../stop/outcome.ts'
import { stop } from '../stop/stop.ts'
import { memory, VirtualClock } from '../testing/index.ts'
import { Live } from './live.ts'

const Item = z.object({ good: z.boolean() })
const keep = stop('keep', { in: Item }, ({ good }) => (good ? undefined : deadLetter('no-good')))
const items = entry('items', { in: Item, route: line('main').to(keep) })
const start = () =>
  metrobus('app', { entries: [items] }).start({
    bus: memory(),
    socket: false,
    log: { info() {}, warn() {}, error() {} },
  })

test('a look has what was done, what waits, and the dead letters that nobody has dealt with', async () => {
  await using app = await start()
  for (const good of [true, false, false, true]) await app.send('items', { good })
  await app.caughtUp()
  const clock = new VirtualClock()
  const live = new Live(app, clock)

  const look = await live.now()

  assert.equal(look.stats.accepted, 4)
  assert.deepEqual(look.dead, [{ stop: 'keep', waiting: 2 }])
  assert.deepEqual(
    look.lag.map(({ behind }) => behind),
    look.lag.map(() => 0),
  )
  assert.equal(look.health.ready, true)
  await app.deadLetters.discard({}, 'seen')
  await clock.advance(1_000)
  assert.deepEqual((await live.now()).dead, [])
})

test('an entry that reads a topic is told apart from a stop of the same name', async () => {
  const posts = topic('posts', { schema: z.unknown() })
  const mail = entry('mail', {
    from: topic('posts', { schema: Item }),
    start: 'beginning',
    route: line('mailing').to(stop('mail', { in: Item }, ({ good }) => (good ? undefined : deadLetter('no-good')))),
  })
  const write = stop('write', { in: z.unknown(), emits: [posts] }, (data, { emit }) => emit(posts, data))
  const writing = entry('writing', { in: z.unknown(), route: line('write').to(write) })
  const bus = memory()
  const quiet = { info() {}, warn() {}, error() {} }
  await using owner = await metrobus('owner', { entries: [writing], publishes: [posts] }).start({
    bus,
    socket: false,
    log: quiet,
  })
  await using app = await metrobus('app', { entries: [mail] }).start({ bus, socket: false, log: quiet })
  for (const data of [{ good: true }, { good: false }, 'no item', 'nor this']) await owner.send('writing', data)
  await owner.caughtUp()
  await app.caughtUp()

  const { stats, dead } = await new Live(app, new VirtualClock()).now()

  assert.deepEqual(
    stats.stops.map((one) => `${one.stop}: ${one.in} in, ${one.dead} dead`),
    ['mail: 2 in, 1 dead', 'entry.mail: 4 in, 2 dead'],
  )
  assert.deepEqual(
    dead.toSorted((one, other) => one.waiting - other.waiting),
    [
      { stop: 'mail', waiting: 1 },
      { stop: 'entry.mail', waiting: 2 },
    ],
  )
  const [letter] = await app.deadLetters.list({ stop: 'entry.mail' })
  assert.deepEqual(await app.deadLetters.show(letter!.place), letter)
})

test('many who look on within a second share one look', async () => {
  await using app = await start()
  const clock = new VirtualClock()
  const live = new Live(app, clock)

  const first = live.now()
  await clock.advance(999)
  assert.equal(live.now(), first)
  await clock.advance(1)
  assert.notEqual(live.now(), first)
})

test('a look that takes long is waited for by all, and the next one begins a second after it', async () => {
  await using app = await start()
  const clock = new VirtualClock()
  let lookups = 0
  const inspector = {
    groups: () => app.inspector.groups(),
    topics: async () => {
      lookups++
      await new Promise<void>((resolve) => void clock.timer(3_000, resolve))
      return app.inspector.topics()
    },
  }
  const live = new Live(
    { name: app.name, inspector, health: () => app.health(), stats: () => app.stats() } as unknown as typeof app,
    clock,
  )

  const first = live.now()
  const lookupsOfOne = lookups
  await clock.advance(2_999)
  assert.equal(live.now(), first)
  await clock.advance(1)
  await first
  await clock.advance(999)
  assert.equal(live.now(), first)
  await clock.advance(1)
  assert.notEqual(live.now(), first)
  assert.equal(lookups, 2 * lookupsOfOne)
})

test('whoever looks on is told each look once, though a timer is early, and leaves nothing on the signal', async () => {
  await using app = await start()
  const clock = new VirtualClock()
  const early: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    timer: (delayMs, run) => clock.timer(delayMs * 0.9, run),
    immediate: (run) => clock.immediate(run),
  }
  const gone = new AbortController()
  const told: string[] = []
  const reading = (async () => {
    for await (const { at } of new Live(app, early).answers(gone.signal)) told.push(at)
  })()
  await clock.advance(10_000)
  assert.equal(getEventListeners(gone.signal, 'abort').length, 1)
  gone.abort()
  await reading
  assert.ok(told.length > 9)
  assert.deepEqual(told, [...new Set(told)])
})

test('answers come once a second until the reader has gone', async () => {
  await using app = await start()
  const clock = new VirtualClock()
  const gone = new AbortController()
  const answers = new Live(app, clock).answers(gone.signal)

  assert.equal((await answers.next()).done, false)
  let isThere = false
  const second = answers.next().then((answer) => {
    isThere = true
    return answer
  })
  await Promise.resolve()
  assert.equal(isThere, false)
  await clock.advance(1_000)
  assert.equal((await second).done, false)
  const third = answers.next()
  gone.abort()
  assert.equal((await third).done, true)
})
