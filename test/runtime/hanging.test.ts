/** Handlers that never end: each process that they take brings them nearer to being given up, on one machine and where another process takes over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startApp } from '../../src/runtime/start.ts'
import { Cluster, Machine } from '../../src/testing/index.ts'
import type { SimProcess, World } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, world } from './harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

const events = 20

/** More than the hanging tries that there are: five of each event, and those alone. */
const startsMax = 40

const forever = new Promise<never>(() => {})

interface End {
  /** Processes that took the place of others. */
  readonly starts: number
  readonly causes: readonly string[]
  readonly handled: number
}

/** Lets some events hang whenever they are handled, until they are given up. A process that has failed is replaced. */
async function untilGivenUp(w: World, members: number, hanging: number): Promise<End> {
  const handled = new Set<number>()
  const work = stopOf('work', ({ n }: Item) => (n < hanging ? forever : void handled.add(n)), {
    outSchema: undefined,
    concurrency: 2,
    policy: { deadlineMs: 300 },
  })
  const definition = {
    name: 'app',
    publishes: [],
    codeVersion: 'test',
    entries: [entryOf('in', lineOf('main', work))],
  }
  const start = (): Promise<SimProcess> => w.start(() => ({ start: (options) => startApp(definition, options) }))
  let live: SimProcess[] = []
  for (let member = 0; member < members; member++) live.push(await start())
  for (let n = 0; n < events; n++) void live[0]!.running!.send('in', { key: `k${n}`, n }).catch(() => {})
  let starts = 0
  let causes: string[] = []
  while (causes.length < hanging && starts < startsMax) {
    await w.advance(3_000)
    const failed = live.filter(({ isRunning }) => !isRunning)
    live = live.filter(({ isRunning }) => isRunning)
    for (const process of failed) await w.crash(process)
    for (const _ of failed) live.push(await start())
    starts += failed.length
    causes = []
    // Each member lists what is in its own partitions.
    for (const { running } of live)
      for (const { cause } of (await running?.deadLetters.list()) ?? []) causes.push(cause)
  }
  await w.close()
  return { starts, causes, handled: handled.size }
}

for (const hanging of [1, 2, 4]) {
  test(`on a machine ${hanging} that always hang are given up after some starts, and all others ride`, async () => {
    const end = await untilGivenUp(new Machine({ seed: 1, bus: { partitions: 2 } }), 1, hanging)

    assert.deepEqual([end.causes.length, end.handled], [hanging, events - hanging], `after ${end.starts} starts`)
  })

  for (const members of [2, 3])
    test(`in a cluster of ${members} ${hanging} that always hang are given up after some starts, and all others ride`, async () => {
      const cluster = new Cluster({ seed: 1, sessionMs: 100, bus: { partitions: 4 } })
      const end = await untilGivenUp(cluster, members, hanging)

      assert.deepEqual([end.causes.length, end.handled], [hanging, events - hanging], `after ${end.starts} starts`)
    })
}

for (const delay of [0, 500])
  test(`a try that is stuck counts, once, before the app fails for it, though the bus takes ${delay} ms and the handler answers meanwhile`, async () => {
    let isSlow = false
    const w = world({ partitions: 1, plan: () => (isSlow ? { delay } : {}) })
    const late = Promise.withResolvers<void>()
    let tries = 0
    const handler = (): Promise<void> => {
      tries++
      return late.promise
    }
    const work = stopOf('work', handler, {
      outSchema: undefined,
      concurrency: 1,
      policy: { deadlineMs: 300, attempts: 1 },
    })
    const definition = { entries: [entryOf('in', lineOf('main', work))] }
    await w.start({ ...definition, name: 'holder' })
    const first = await w.start(definition)
    const failed = assert.rejects(first.stopped, { code: 'MB_APP_FAILED' })
    await first.send('in', { key: 'k', n: 1 })
    await w.clock.advance(1_340)
    assert.equal(first.health().live, true)
    isSlow = true
    w.clock.timer(100, late.resolve)
    await w.clock.advance(1_500)
    await failed
    await first.stop()

    isSlow = false
    const second = await w.start(definition)
    await w.clock.advance(10_000)

    const letters = await second.deadLetters.list()
    assert.deepEqual(
      letters.map(({ cause }) => cause),
      ['MB_DEADLINE'],
    )
    assert.equal(tries, 1)
    await second.stop()
  })

test('what waits for the place that a stuck handler has does not begin when that one is given up', async () => {
  let isSlow = false
  const w = world({ partitions: 1, plan: () => (isSlow ? { delay: 200 } : {}) })
  const handled: number[] = []
  const handler = ({ n }: Item): Promise<void> => {
    handled.push(n)
    return forever
  }
  const work = stopOf('work', handler, {
    outSchema: undefined,
    concurrency: 2,
    limits: [{ by: undefined, limit: 1 }],
    policy: { deadlineMs: 300 },
  })
  const app = await w.start({ entries: [entryOf('in', lineOf('main', work))] })
  const failed = assert.rejects(app.stopped, { code: 'MB_APP_FAILED' })
  for (const n of [1, 2]) void app.send('in', { key: `k${n}`, n }).catch(() => {})
  await w.clock.advance(1_000)
  isSlow = true
  await w.clock.advance(2_000)
  await failed

  isSlow = false
  assert.deepEqual(handled, [1])
  await app.stop()
})
