/** Positions of an app that operators move while it runs, on the embedded bus. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { embedded } from '../../src/bus/embedded/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { startApp } from '../../src/runtime/start.ts'
import { retry } from '../../src/stop/outcome.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'
import { entryOf, idle, lineOf, stopOf, world } from './harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

/** An app of one stop and one partition, on a disk that outlives it. */
function stage(handle: (item: Item) => unknown) {
  const clock = new VirtualClock()
  const disk = new SimDisk({ clock, log: false })
  const work = stopOf('work', handle, { outSchema: undefined })
  const soon = async <Result>(promise: Promise<Result>): Promise<Result> => {
    await clock.advance(200)
    return promise
  }
  const start = (): Promise<RunningApp> =>
    soon(
      startApp(
        { name: 'app', publishes: [], codeVersion: 'test', entries: [entryOf('in', lineOf('main', work))] },
        {
          bus: embedded({ dir: '/data', partitions: 1 }),
          platform: { clock, random: new SeededRandom(1), disk },
          log: silentLog,
          socket: false,
          blockedAfter: 0,
        },
      ),
    )
  const send = async (app: RunningApp, ...numbers: readonly number[]): Promise<void> => {
    await soon(Promise.all(numbers.map((n) => app.send('in', { key: `k${n % 2}`, n }))))
    await clock.advance(200)
  }
  return { clock, soon, start, send }
}

test('an app reads on from where its position was moved to, back and forward, and the plan says how much that is', async () => {
  const handled: number[] = []
  const { soon, start, send, clock } = stage(({ n }) => void handled.push(n))
  const app = await start()
  await send(app, 0, 1, 2, 3, 4, 5)
  handled.length = 0

  const request = { stop: 'work', to: { offset: 2 } } as const
  const planned = await soon(app.controls.planSeek(request))
  await clock.advance(1_000)
  assert.deepEqual(handled, [])
  assert.deepEqual(planned, {
    stop: 'work',
    topic: 'app.work',
    partitions: [{ partition: 0, from: 6, to: 2, again: 4, skipped: 0 }],
    parked: { keys: 0, events: 0 },
  })

  assert.deepEqual(await soon(app.controls.seek(request)), planned)
  await clock.advance(1_000)
  assert.deepEqual(handled, [2, 3, 4, 5])
  await send(app, 6)
  assert.deepEqual(handled, [2, 3, 4, 5, 6])

  await soon(app.controls.seek({ stop: 'work', to: 'beginning' }))
  await clock.advance(1_000)
  assert.deepEqual(handled.slice(5), [0, 1, 2, 3, 4, 5, 6])
  await soon(app.stop())
})

test('a seek to the end passes by what waits at a paused stop, for good, and the pause stays', async () => {
  const handled: number[] = []
  const { soon, start, send, clock } = stage(({ n }) => void handled.push(n))
  const first = await start()
  await soon(first.controls.pause({ kind: 'stop', name: 'work' }))
  await send(first, 0, 1, 2)
  const plan = await soon(first.controls.seek({ stop: 'work', to: 'end' }))
  assert.deepEqual(plan.partitions, [{ partition: 0, from: 0, to: 3, again: 0, skipped: 3 }])
  await send(first, 3)
  assert.deepEqual(handled, [])
  await soon(first.stop())

  const second = await start()
  await soon(second.controls.resume({ kind: 'stop', name: 'work' }))
  await clock.advance(1_000)
  assert.deepEqual(handled, [3])
  await soon(second.stop())
})

test('what runs ends before the position is moved, and is not handled twice for it', async () => {
  const ends: (() => void)[] = []
  const handled: number[] = []
  const { soon, start, send, clock } = stage(
    ({ n }) => new Promise<void>((resolve) => ends.push(() => (handled.push(n), resolve()))),
  )
  const app = await start()
  await send(app, 0)
  let isDone = false
  const seeking = app.controls.seek({ stop: 'work', to: 'end' }).then((plan) => ((isDone = true), plan))
  await clock.advance(1_000)
  assert.equal(isDone, false)
  ends[0]!()
  const plan = await soon(seeking)
  assert.deepEqual(plan.partitions, [{ partition: 0, from: 1, to: 1, again: 0, skipped: 0 }])
  await send(app, 1)
  ends[1]!()
  await clock.advance(100)
  assert.deepEqual(handled, [0, 1])
  await soon(app.stop())
})

/** Event 0 fails until it may succeed, far enough that its key is parked. */
async function parked() {
  const handled: number[] = []
  let fails = true
  const { soon, start, send, clock } = stage(({ n }) => {
    if (n === 0 && fails) return retry({ seconds: 60 })
    handled.push(n)
    return undefined
  })
  const app = await start()
  await send(app, 0, 1, 2, 4)
  assert.deepEqual(handled, [1])
  return { app, handled, soon, send, clock, mend: () => (fails = false) }
}

test('a seek is refused while events are parked, unless it is said what becomes of them', async () => {
  const { app, soon } = await parked()
  await assert.rejects(
    soon(app.controls.seek({ stop: 'work', to: 'beginning' })),
    (error: { code: string; facts: { keys: number; events: number } }) => {
      assert.equal(error.code, 'MB_SEEK_PARKED')
      assert.deepEqual([error.facts.keys, error.facts.events], [1, 3])
      return true
    },
  )
  await soon(app.stop())
})

test('parked events that are kept are handled before what is read again of their key', async () => {
  const { app, handled, soon, clock, mend } = await parked()
  mend()
  const plan = await soon(app.controls.seek({ stop: 'work', to: 'beginning', parked: 'keep' }))
  await clock.advance(120_000)
  assert.deepEqual(plan.parked, { keys: 1, events: 3 })
  assert.deepEqual(
    handled.filter((n) => n % 2 === 0),
    [0, 2, 4, 0, 2, 4],
  )
  assert.deepEqual(
    handled.filter((n) => n % 2 === 1),
    [1, 1],
  )
  await soon(app.stop())
})

test('parked events that are discarded are handled only where they are read again, and their key waits for nothing', async () => {
  const { app, handled, soon, clock, mend } = await parked()
  mend()
  await soon(app.controls.seek({ stop: 'work', to: 'beginning', parked: 'discard' }))
  await clock.advance(5_000)
  assert.deepEqual(
    handled.filter((n) => n % 2 === 0),
    [0, 2, 4],
  )
  assert.equal(app.stats().stops[0]?.parkedKeys, 0)
  await soon(app.stop())
})

test('a bus that cannot move an app that runs says so', async () => {
  const w = world()
  const app = await w.start(idle())
  await assert.rejects(app.controls.seek({ stop: 'work', to: 'end' }), { code: 'MB_SEEK_UNSUPPORTED' })
  await assert.rejects(app.controls.planSeek({ stop: 'wrk', to: 'end' }), { code: 'MB_NOT_FOUND' })
  await assert.rejects(app.controls.planSeek({ stop: 'work', partition: 99, to: 'end' }), { code: 'MB_NOT_FOUND' })
  await app.stop()
})
