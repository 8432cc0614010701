/** Stops, lines and entries that operators hold back: what comes waits in the log, in order, also over a restart. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedded } from '../../src/bus/embedded/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { EntryDefinition } from '../../src/runtime/definition.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { anything, entryOf, idle, lineOf, rest, stopOf, world } from './harness.ts'

interface Numbered {
  readonly key: string
  readonly n: number
}

/** Sends 1 to `count` at one key each, over three keys. */
const sendAll = (app: RunningApp, entry: string, from: number, count: number): Promise<unknown> =>
  Promise.all(
    Array.from({ length: count }, (_, index) => app.send(entry, { key: `k${(from + index) % 3}`, n: from + index })),
  )

/** Whether the numbers of each key ascend. */
function assertKeyOrder(handled: readonly Numbered[]): void {
  for (const [key, events] of Map.groupBy(handled, (event) => event.key))
    assert.deepEqual(
      events.map(({ n }) => n),
      events.map(({ n }) => n).toSorted((a, b) => a - b),
      `of ${key}`,
    )
}

test('a paused stop begins nothing, what runs ends, and all that waited is handled in the order of its keys', async () => {
  const stage = world()
  const handled: Numbered[] = []
  const ends: (() => void)[] = []
  const work = stopOf(
    'work',
    (data: Numbered) =>
      new Promise<void>((resolve) =>
        ends.push(() => {
          handled.push(data)
          resolve()
        }),
      ),
    { outSchema: undefined, concurrency: 2 },
  )
  const app = await stage.start({ entries: [entryOf('in', lineOf('main', work))] })
  await sendAll(app, 'in', 1, 6)
  const effect = await app.controls.pause({ kind: 'stop', name: 'work' }, { reason: 'the downstream is away' })
  const begun = ends.length
  for (const end of ends.splice(0)) end()
  await sendAll(app, 'in', 7, 6)
  await stage.clock.advance(5_000)

  assert.ok(begun > 0 && begun < 6)
  assert.deepEqual(effect, {
    changed: true,
    stops: [{ stop: 'work', state: 'paused', inFlight: begun }],
    otherLines: ['main'],
  })
  assert.equal(handled.length, begun)
  assert.equal(ends.length, 0)
  const [stats] = app.stats().stops
  assert.deepEqual([stats?.state, stats?.inFlight], ['paused', 0])
  assert.deepEqual(app.health().paused, ['the stop "work" is paused: the downstream is away'])
  assert.equal(app.health().ready, true)

  const again = await app.controls.resume({ kind: 'stop', name: 'work' })
  for (let turn = 0; turn < 20; turn++) {
    for (const end of ends.splice(0)) end()
    await rest(stage)
  }
  assert.equal(again.changed, true)
  assert.equal(handled.length, 12)
  assertKeyOrder(handled)
  assert.deepEqual(app.health().paused, undefined)
  assert.equal(app.stats().stops[0]?.in, 12)
  await app.stop()
})

test('what waits for a limit when its stop is paused waits with its key, and is counted once', async () => {
  const stage = world()
  const handled: Numbered[] = []
  const work = stopOf('work', (data: Numbered) => void handled.push(data), {
    outSchema: undefined,
    limits: [{ by: () => 'all', rate: 1 }],
  })
  const app = await stage.start({ entries: [entryOf('in', lineOf('main', work))] })
  await sendAll(app, 'in', 1, 5)
  await rest(stage)
  assert.equal(handled.length, 1)

  const effect = await app.controls.pause({ kind: 'stop', name: 'work' })
  await stage.clock.advance(10_000)
  assert.equal(effect.stops[0]?.inFlight, 0)
  assert.equal(handled.length, 1)

  await app.controls.resume({ kind: 'stop', name: 'work' })
  await stage.clock.advance(10_000)
  assert.deepEqual([handled.length, app.stats().stops[0]?.in], [5, 5])
  assertKeyOrder(handled)
  await app.stop()
})

test('a retry that falls due at a paused stop waits for its end, and later events of the key behind it', async () => {
  const stage = world()
  const tries: string[] = []
  const work = stopOf(
    'work',
    ({ n }: Numbered, { attempt }) => {
      tries.push(`${n}.${attempt}`)
      if (n === 1 && attempt === 1) throw new Error('not yet')
    },
    { outSchema: undefined, policy: { backoffFirstMs: 1_000 } },
  )
  const app = await stage.start({ entries: [entryOf('in', lineOf('main', work))] })
  await app.send('in', { key: 'k', n: 1 })
  await rest(stage)
  await app.controls.pause({ kind: 'stop', name: 'work' })
  await app.send('in', { key: 'k', n: 2 })
  await stage.clock.advance(60_000)
  assert.deepEqual(tries, ['1.1'])

  await app.controls.resume({ kind: 'stop', name: 'work' })
  await stage.clock.advance(60_000)
  assert.deepEqual(tries, ['1.1', '1.2', '2.1'])
  await app.stop()
})

test('a paused line holds each of its stops, and names the lines that wait there as well', async () => {
  const stage = world()
  const seen: string[] = []
  const at = (name: string, last = false) =>
    stopOf(name, (data: Numbered) => (seen.push(name), data), last ? { outSchema: undefined } : {})
  const [shared, own, other] = [at('shared'), at('own', true), at('other', true)]
  const lines = [lineOf('first', shared, own), lineOf('second', shared, other), lineOf('third', other)]
  const app = await stage.start({ entries: lines.map((line) => entryOf(line.name, line)) })
  const states = () => app.stats().stops.map(({ stop, state }) => `${stop} ${state}`)

  const effect = await app.controls.pause({ kind: 'line', name: 'first' })
  assert.deepEqual(effect.otherLines, ['second'])
  assert.deepEqual(states(), ['shared paused', 'own paused', 'other running'])
  for (const line of lines) await app.send(line.name, { key: 'k', n: 1 })
  await stage.clock.advance(1_000)
  assert.deepEqual(seen, ['other'])

  // A stop goes on when nothing holds it any more.
  await app.controls.pause({ kind: 'stop', name: 'shared' })
  await app.controls.resume({ kind: 'line', name: 'first' })
  assert.deepEqual(states(), ['shared paused', 'own running', 'other running'])
  await app.controls.resume({ kind: 'stop', name: 'shared' })
  await app.caughtUp()
  assert.deepEqual(seen.toSorted(), ['other', 'other', 'own', 'shared', 'shared'])
  await app.stop()
})

test('a paused entry refuses senders with the reason, and a source waits until it is resumed', async () => {
  const stage = world()
  const work = stopOf('work', () => {}, { outSchema: undefined })
  const app = await stage.start({ entries: [entryOf('in', lineOf('main', work))] })
  await app.controls.pause({ kind: 'entry', name: 'in' }, { reason: 'a migration' })
  const ingested: string[] = []
  const source = app.ingest('in', { items: [{ id: 's1', data: { key: 'k' } }] }).then(() => ingested.push('s1'))
  await stage.clock.advance(60_000)

  await assert.rejects(app.send('in', { key: 'k' }), (error: { code: string; message: string }) => {
    assert.equal(error.code, 'MB_ENTRY_PAUSED')
    assert.match(error.message, /"in" takes no events: an operator paused it .* \(a migration\)/)
    return true
  })
  assert.deepEqual(ingested, [])

  await app.controls.resume({ kind: 'entry', name: 'in' })
  await source
  await app.send('in', { key: 'k' })
  assert.equal(app.stats().accepted, 2)
  await app.stop()
})

test('a source that waits for a paused entry is told when the app stops', async () => {
  const stage = world()
  const app = await stage.start(idle())
  await app.controls.pause({ kind: 'entry', name: 'in' })
  const source = app.ingest('in', { items: [{ id: 's1', data: {} }] })
  const told = assert.rejects(source, { code: 'MB_STOPPING' })
  await rest(stage)
  await app.stop()
  await told
})

test('a paused entry that reads a topic reads on where it was', async () => {
  const stage = world()
  const seen: unknown[] = []
  const feed = {
    kind: 'topic',
    name: 'feed',
    schema: anything,
    key: undefined,
    partitions: 1,
    retention: undefined,
  } as const
  const publish = stopOf('publish', (data, { emit }) => emit(feed, data), { outSchema: undefined, emits: [feed] })
  const work = stopOf('work', ({ n }: Numbered) => void seen.push(n), { outSchema: undefined })
  const reading: EntryDefinition = {
    ...entryOf('reads', lineOf('main', work)),
    inSchema: undefined,
    from: { topic: feed, start: 'now' },
  }
  const app = await stage.start({ entries: [entryOf('in', lineOf('out', publish)), reading], publishes: [feed] })
  await app.controls.pause({ kind: 'entry', name: 'reads' })
  for (const n of [1, 2, 3]) await app.send('in', { key: 'k', n })
  await stage.clock.advance(1_000)
  assert.deepEqual(seen, [])
  await app.controls.resume({ kind: 'entry', name: 'reads' })
  await app.caughtUp()
  assert.deepEqual(seen, [1, 2, 3])
  await app.stop()
})

test('names that the app does not have are refused with those that it has, and a second pause changes nothing', async () => {
  const stage = world()
  const app = await stage.start(idle())
  for (const kind of ['stop', 'line', 'entry'] as const)
    await assert.rejects(app.controls.pause({ kind, name: 'wrk' }), { code: 'MB_NOT_FOUND' })
  await app.controls.pause({ kind: 'stop', name: 'work' }, { reason: 'first' })
  const second = await app.controls.pause({ kind: 'stop', name: 'work' }, { reason: 'second' })
  assert.equal(second.changed, false)
  assert.deepEqual(
    app.controls.paused().map(({ reason }) => reason),
    ['first'],
  )
  await app.stop()
})

/** An app on the embedded bus and a disk that outlives it. */
function onDisk(handled: Numbered[]) {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock, log: false })
  const work = stopOf('work', (data: Numbered) => void handled.push(data), { outSchema: undefined })
  return {
    clock,
    disk,
    start: async (from = disk): Promise<RunningApp> => {
      const starting = startApp(
        { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', work))] },
        {
          bus: embedded({ dir: '/data', partitions: 2 }),
          platform: { clock, random: new SeededRandom(1), disk: from },
          log: silentLog,
          socket: false,
          blockedAfter: 0,
        },
      )
      await clock.advance(100)
      return starting
    },
  }
}

test('a pause survives a restart and a drain, and what waited is handled when it ends', async () => {
  const handled: Numbered[] = []
  const { clock, start } = onDisk(handled)
  const first = await start()
  await first.controls.pause({ kind: 'stop', name: 'work' }, { reason: 'over night' })
  await sendAll(first, 'in', 1, 10)
  const { drained } = await first.stop()

  const second = await start()
  await sendAll(second, 'in', 11, 10)
  await clock.advance(60_000)
  assert.equal(drained, true)
  assert.deepEqual(handled, [])
  assert.deepEqual(second.health().paused, ['the stop "work" is paused: over night'])
  assert.equal(second.health().ready, true)

  await second.controls.resume({ kind: 'stop', name: 'work' })
  await second.caughtUp()
  assert.equal(handled.length, 20)
  assertKeyOrder(handled)
  await second.stop()
  const third = await start()
  assert.deepEqual(third.controls.paused(), [])
  await third.stop()
})
