/** Random lines, failures, restarts, refused and unknown units: nothing lost, nothing doubled on the bus, order per key kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SettleCall, SettlePlan } from '../../src/bus/memory/index.ts'
import type { CommitUnit } from '../../src/event/unit.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { retry } from '../../src/stop/outcome.ts'
import { SeededRandom } from '../../src/testing/index.ts'
import { entryOf, type Handler, lineOf, stopOf, world, type World } from './harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

const only = process.env['SEED']
const seeds = only !== undefined ? [Number(only)] : Array.from({ length: 60 }, (_, index) => index + 1)

async function until<Value>(w: World, promise: Promise<Value>): Promise<Value> {
  const state = { isSettled: false }
  const settle = (): void => void (state.isSettled = true)
  void promise.then(settle, settle)
  for (let round = 0; round < 1_000 && !state.isSettled; round++) await w.clock.advance(10)
  assert.ok(state.isSettled, 'a send or a stop is never answered')
  return await promise
}

async function run(
  seed: number,
  faults: { readonly members: number; readonly settles: boolean; readonly restarts: boolean },
): Promise<void> {
  const random = new SeededRandom(seed)
  const chance = (share: number): boolean => random.next() < share
  let calm = false
  const doubtful = new WeakSet<CommitUnit>()
  const plan = ({ unit }: SettleCall): SettlePlan | undefined => {
    if (calm || !faults.settles) return undefined
    if (chance(0.03)) {
      doubtful.add(unit)
      return { answer: 'unknown', happened: chance(0.5) }
    }
    // What may have happened cannot be refused any more.
    if (chance(0.03) && !doubtful.has(unit)) return { answer: 'refused' }
    return chance(0.3) ? { delay: Math.floor(random.next() * 20) } : undefined
  }
  const w = world({ partitions: 2, plan, runAhead: chance(0.5), handOver: chance(0.5) ? 'bytes' : 'reference' })
  const flaky: Handler = (item: Item) => {
    if (!calm && chance(0.1)) throw new Error('no luck')
    if (!calm && chance(0.02)) return retry({ seconds: 20 })
    return item
  }
  const slow: Handler = (async (item: Item, context: never) => {
    if (chance(0.5)) await new Promise<void>((resolve) => w.clock.timer(random.next() * 30, resolve))
    return flaky(item as never, context)
  }) as unknown as Handler
  const policy = { attempts: 1_000, backoffFirstMs: 5, backoffMaxMs: 50 }
  const definition = {
    entries: [
      entryOf(
        'in',
        lineOf(
          'main',
          stopOf('pure', flaky, { hasEffects: false, policy }),
          stopOf('slow', slow, { policy, concurrency: 3 }),
          stopOf('keep', flaky, { outSchema: undefined, policy }),
        ),
      ),
    ],
  }
  const holder = await until(w, w.start({ ...definition, name: 'holder' }))
  const apps: RunningApp[] = []
  for (let index = 0; index < faults.members; index++) apps.push(await until(w, w.start(definition)))
  const sent: Promise<unknown>[] = []
  const count = 120
  for (let n = 0; n < count; n++) {
    const app = apps[Math.floor(random.next() * apps.length)]!
    sent.push(app.send('in', { key: `k${n % 7}`, n }, { id: `e${n}` }))
    // A sender keeps its own order by waiting; what is promised is the order as appended.
    await until(w, sent.at(-1)!)
    if (faults.restarts && chance(0.05)) {
      const index = Math.floor(random.next() * apps.length)
      const stopping = apps[index]!.stop({ deadlineMs: 100 })
      await until(w, stopping)
      apps[index] = await until(w, w.start(definition))
    }
  }
  calm = true
  for (let round = 0; round < 100; round++) await w.clock.advance(1_000)
  const kept = await Promise.all([0, 1].map((partition) => w.bus.inspector.read('app.keep', partition, 0, 10_000)))
  const items = kept.flat().map((record) => record.data as Item)
  assert.deepEqual(
    items.map((item) => item.n).toSorted((a, b) => a - b),
    Array.from({ length: count }, (_, n) => n),
    `seed ${seed}: each event exactly once`,
  )
  for (const partition of kept) {
    const last = new Map<string, number>()
    for (const { key, n } of partition.map((record) => record.data as Item)) {
      assert.ok((last.get(key) ?? -1) < n, `seed ${seed}: the order of ${key} holds at ${n}`)
      last.set(key, n)
    }
  }
  const positions = (await w.bus.inspector.groups()).find((group) => group.group === 'app')!.positions
  for (const topic of ['app.pure', 'app.slow', 'app.keep'])
    for (const partition of [0, 1]) {
      const end = (await w.bus.inspector.topics()).find((info) => info.topic === topic)!.partitions[partition]!.end
      assert.equal(
        positions.find((position) => position.topic === topic && position.partition === partition)?.watermark ?? 0,
        end,
        `seed ${seed}: ${topic}/${partition} is settled`,
      )
    }
  for (const app of apps) await app.stop()
  await holder.stop()
}

test('with handlers that fail at random, nothing is lost, doubled or out of order', async () => {
  for (const seed of seeds) await run(seed, { members: 1, settles: false, restarts: false })
})

test('with restarts in the middle, nothing is lost, doubled or out of order', async () => {
  for (const seed of seeds) await run(seed, { members: 1, settles: false, restarts: true })
})

test('with refused and unknown units, nothing is lost, doubled or out of order', async () => {
  for (const seed of seeds) await run(seed, { members: 1, settles: true, restarts: false })
})

test('with members that come and go, nothing is lost, doubled or out of order', async () => {
  for (const seed of seeds) await run(seed, { members: 2, settles: true, restarts: true })
})
