/** A bus takes no unit of any size: units stay small whatever waits, and those that wait are as safe as those on their way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommitUnit } from '../../src/event/unit.ts'
import type { VirtualClock } from '../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, world } from './harness.ts'

interface Large {
  readonly key: string
  readonly n: number
  readonly pad: string
}

const KiB = 1024
const large = (n: number, bytes: number, key = `k${n}`): Large => ({ key, n, pad: 'x'.repeat(bytes) })

/** The largest unit may hold what made it ripe, and one event more. */
const unitMax = (eventBytes: number): number => 512 * KiB + 2 * (eventBytes + KiB)

const dataBytesOf = ({ outputs }: CommitUnit): number =>
  outputs.flatMap(({ records }) => records).reduce((sum, record) => sum + JSON.stringify(record.data).length, 0)

/** Everything that reaches a last stop, and the size of the largest unit. */
function watched(options: Parameters<typeof world>[0] = {}) {
  const seen: number[] = []
  const sizes: number[] = []
  const plan: NonNullable<typeof options>['plan'] = (call) => {
    sizes.push(dataBytesOf(call.unit))
    return options?.plan?.(call)
  }
  const w = world({ partitions: 1, ...options, plan })
  const keep = stopOf('keep', ({ n }: Large) => void seen.push(n), { outSchema: undefined })
  return { ...w, seen, keep, largest: () => Math.max(...sizes) }
}

/** Lets time pass until it has happened. */
async function passing<Result>(w: { readonly clock: VirtualClock }, result: Promise<Result>): Promise<Result> {
  const over = new AbortController()
  const end = (): void => over.abort()
  result.then(end, end)
  for (let step = 0; step < 2_000 && !over.signal.aborted; step++) await w.clock.advance(50)
  assert.ok(over.signal.aborted, 'it did not happen in 100 s')
  return result
}

test('units stay small when a stop gives large data and the bus is slow', async () => {
  const w = watched({ settleDelay: 50 })
  const work = stopOf('work', (item: Large) => ({ ...item, n: item.n + 1_000 }), { hasEffects: false })
  const app = await passing(w, w.start({ entries: [entryOf('in', lineOf('main', work, w.keep))] }))
  const sent = Array.from({ length: 400 }, (_, n) => app.send('in', large(n, 100 * KiB)))
  await passing(w, Promise.all(sent))
  await passing(w, app.caughtUp())
  assert.deepEqual(
    w.seen.toSorted((a, b) => a - b),
    Array.from({ length: 400 }, (_, n) => n + 1_000),
  )
  assert.ok(w.largest() <= unitMax(100 * KiB), `a unit of ${w.largest()} bytes`)
  await passing(w, app.stop())
})

test('a unit of unknown fate that is known to be committed behind later ones puts nothing back that they have settled', async () => {
  for (let at = 10; at < 14; at++) {
    const w = watched({
      runAhead: true,
      settleDelay: 20,
      plan: ({ call }) => {
        if (call === at) return { answer: 'unknown', happened: true }
        return call === at + 4 ? { answer: 'refused' } : undefined
      },
    })
    const app = await passing(w, w.start({ entries: [entryOf('in', lineOf('main', w.keep))] }))
    const sent: Promise<unknown>[] = []
    for (let n = 0; n < 30; n++) {
      sent.push(app.send('in', large(n, 1, 'k')))
      await w.clock.advance(5)
    }
    await passing(w, Promise.all(sent))
    await passing(w, app.caughtUp())
    const ended = (await w.bus.inspector.topics()).find(({ topic }) => topic === 'app.ended')!
    assert.equal(ended.partitions[0]!.end, 30, `call ${at}`)
    await passing(w, app.stop())
  }
})

for (const answer of ['refused', 'unknown'] as const)
  test(`what waits in closed units is handled once when a unit before them is ${answer}`, async () => {
    for (let at = 5; at < 60; at += 25) {
      const w = watched({ settleDelay: 50, plan: ({ call }) => (call === at ? { answer } : undefined) })
      const give = (item: Large): Large => ({ ...item, n: item.n + 1_000 })
      const work = stopOf('work', give, { hasEffects: false })
      const more = stopOf('more', give, { hasEffects: false })
      const app = await passing(w, w.start({ entries: [entryOf('in', lineOf('main', work, more, w.keep))] }))
      const sent = Array.from({ length: 150 }, (_, n) => app.send('in', large(n, 100 * KiB, `k${n % 10}`)))
      await passing(w, Promise.all(sent))
      await passing(w, app.caughtUp())
      const ended = await w.bus.inspector.topics()
      const rides = ended.find(({ topic }) => topic === 'app.ended')!.partitions.reduce((sum, { end }) => sum + end, 0)
      assert.equal(rides, 150, `call ${at}`)
      for (let key = 0; key < 10; key++) {
        const ofKey = [...new Set(w.seen.filter((n) => n % 10 === key))]
        assert.deepEqual(
          ofKey,
          ofKey.toSorted((a, b) => a - b),
          `call ${at}`,
        )
        assert.equal(ofKey.length, 15, `call ${at}`)
      }
      assert.ok(w.largest() <= unitMax(100 * KiB), `call ${at}: a unit of ${w.largest()} bytes`)
      await passing(w, app.stop())
    }
  })
