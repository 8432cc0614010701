/** What is too large for one commit unit fails its own event, never the app; what is only much at once rides in several units. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedded } from '../../src/bus/embedded/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import { retry, split } from '../../src/stop/outcome.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, type Handler } from './harness.ts'

const KiB = 1024
const MiB = 1024 * KiB
const pad = 'x'.repeat(900 * 1000)

interface Scene {
  readonly clock: VirtualClock
  readonly disk: SimDisk
  readonly app: RunningApp
  /** How many events have come to the last stop. */
  readonly handled: () => number
}

/** An app on the journal, whose units are bounded. */
async function scene(handler: Handler = (data: object) => ({ ...data })): Promise<Scene> {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock, log: false })
  let handled = 0
  const stops = [stopOf('first', handler), stopOf('last', () => void handled++, { outSchema: undefined })]
  const starting = startApp(
    { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', ...stops))] },
    {
      bus: embedded({ dir: '/data', partitions: 1 }),
      platform: { clock, random: new SeededRandom(1), disk },
      log: silentLog,
      socket: false,
      blockedAfter: 0,
    },
  )
  await clock.advance(10)
  return { clock, disk, app: await starting, handled: () => handled }
}

test('senders of more than one unit holds are all served, however slow the disk is', async () => {
  const { clock, disk, app, handled } = await scene()
  disk.fail(({ name }) => (name === 'write' || name === 'sync' ? { delayMs: 300 } : undefined))
  const sent = Array.from({ length: 100 }, (_, n) => app.send('in', { key: `k${n}`, pad }))
  await clock.advance(60_000)
  await Promise.all(sent)
  assert.equal(handled(), 100)
})

// Seen by hand: 308 calls for 300 events of 300 kB.
test('a burst of more than waits for the disk in memory is handled once each, whatever is asked to wait', async () => {
  let calls = 0
  const { clock, disk, app, handled } = await scene((data: object) => {
    calls++
    return { ...data }
  })
  disk.fail(({ name }) => (name === 'sync' ? { delayMs: 5 } : undefined))
  const sent = Array.from({ length: 150 }, (_, n) => app.send('in', { key: `k${n}`, pad: pad.slice(600_000) }))
  await clock.advance(60_000)
  await Promise.all(sent)
  assert.deepEqual([calls, handled()], [150, 150])
})

test('more parked keys of a removed stop than one unit can forget are discarded in several', async () => {
  const clock = new VirtualClock()
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk({ clock, log: false }) }
  const start = async (name: string, removedStops: 'refuse' | 'discard'): Promise<RunningApp> => {
    const stop = stopOf(name, () => retry({ seconds: 3600 }), { outSchema: undefined })
    const starting = startApp(
      { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', stop))] },
      {
        bus: embedded({ dir: '/data', partitions: 1 }),
        platform,
        log: silentLog,
        socket: false,
        blockedAfter: 0,
        removedStops,
      },
    )
    starting.catch(() => {})
    await clock.advance(1000)
    return starting
  }
  const long = 'k'.repeat(60_000)
  const old = await start('old', 'refuse')
  for (let n = 0; n < 300; n++) void old.send('in', { key: `${n}${long}` })
  await clock.advance(1000)
  const stopping = old.stop()
  await clock.advance(1000)
  await stopping

  const app = await start('other', 'discard')

  await app.stop()
})

test('a split into more than one unit holds is a dead letter, and the app goes on', async () => {
  const { clock, app, handled } = await scene((data: { readonly isSplit?: boolean }) =>
    data.isSplit === true ? split(Array.from({ length: 30 }, () => ({ pad }))) : data,
  )
  const sent = [app.send('in', { isSplit: true }), app.send('in', {})]
  await clock.advance(1000)
  await Promise.all(sent)
  assert.deepEqual(
    (await app.deadLetters.list()).map(({ cause }) => cause),
    ['MB_TOO_LARGE'],
  )
  assert.equal(handled(), 1)
})

test('so is a split whose children are small, and their headers and itineraries in all are not', async () => {
  const { clock, app, handled } = await scene((data: { readonly isSplit?: boolean }) =>
    data.isSplit === true ? split(Array.from({ length: 600 }, (_, n) => ({ n }))) : data,
  )
  const long = 'x'.repeat(60 * KiB)
  const sent = [app.send('in', { isSplit: true }, { headers: { long } }), app.send('in', {})]
  await clock.advance(1000)
  await Promise.all(sent)
  assert.deepEqual(
    (await app.deadLetters.list()).map(({ cause }) => cause),
    ['MB_TOO_LARGE'],
  )
  assert.equal(handled(), 1)
})

test('headers, source and key beyond 64 KiB are refused, and other senders are not', async () => {
  const { clock, app, handled } = await scene()
  const long = 'x'.repeat(64 * KiB)
  const refused = [
    app.send('in', {}, { headers: { long } }),
    app.send('in', {}, { headers: Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`h${n}`, ''])) }),
    app.send('in', {}, { source: long }),
  ].map((sent) => assert.rejects(sent, { code: 'MB_TOO_LARGE' }))
  await assert.rejects(app.send('in', { key: 'k'.repeat(10 * MiB) }), { code: 'MB_BAD_KEY' })
  const many = Array.from({ length: 600 }, () => app.send('in', {}, { headers: { long: long.slice(100) } }))
  await clock.advance(1000)
  await Promise.all([...refused, ...many])
  assert.equal(handled(), 600)
})

test('a batch of more than one unit holds is refused as a whole', async () => {
  const { clock, app, handled } = await scene()
  const items = Array.from({ length: 30 }, (_, n) => ({ id: `i${n}`, data: { pad } }))
  const [all, half] = [app.ingest('in', { items }), app.ingest('in', { items: items.slice(0, 5) })]
  await Promise.all([assert.rejects(all, { code: 'MB_TOO_LARGE' }), clock.advance(1000)])
  assert.deepEqual(await half, { accepted: 5, refused: 0 })
  assert.equal(handled(), 5)
})

test('data nested deeper than 1,000 levels is refused, before a stop further on would run out of stack over it', async () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
  const { clock, app, handled } = await scene((data: { readonly deep: unknown; readonly grows?: true }) =>
    data.grows === true ? { deep: nested(2000) } : { deep: data.deep },
  )
  const refused = [2000, 3000, 4000].map((levels) =>
    assert.rejects(app.send('in', { deep: nested(levels) }), { code: 'MB_TOO_DEEP' }),
  )
  const sent = [app.send('in', { deep: nested(999) }), app.send('in', { deep: 1, grows: true })]
  await clock.advance(1000)
  await Promise.all([...refused, ...sent])
  assert.equal(handled(), 1)
  assert.deepEqual(
    (await app.deadLetters.list()).map(({ cause }) => cause),
    ['MB_TOO_DEEP'],
  )
})
