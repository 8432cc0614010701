/**
 * M1. A wall clock that is set, an hour or a year either way, or to the end of 32 bits: order, offsets and what retention keeps go by the time that has passed, and so do back-off,
 * deadlines and the window in which one id is one event.
 */
import assert from 'node:assert/strict'
import type { StopContext } from '../../../src/stop/definition.ts'
import { retry } from '../../../src/stop/outcome.ts'
import type { SeededRandom, VirtualClock } from '../../../src/testing/index.ts'
import { entryOf, lineOf, stopOf, world } from '../../runtime/harness.ts'
import type { World } from '../../runtime/harness.ts'
import { liveWithRetention } from '../../simulation/retention-life.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

const events = 12
const attempts = 4
const deadlineMs = 400
const backoffMs = 100
/** Deadlines are looked at now and then. */
const lateMsMax = 150
const windowMs = 60_000

export const row: Row = {
  id: 'M1',
  title:
    'the wall clock set by hours and years: order stays, nothing is deleted early, back-off, deadlines and ids go by the time that passes',
  tiers: 'N',
  isDivisible: true,
  run: (context) =>
    eachCase(context, ({ number, seed, random }) =>
      number % 2 === 0 ? liveWithRetention(seed, { crashes: false, jumps: true }) : rideThroughJumps(random),
    ),
}

interface Item {
  readonly key: string
  readonly n: number
  /** Its first tries ask to come again after so long, and then wait for the deadline to end them. */
  readonly waitMs: number
}

async function rideThroughJumps(random: SeededRandom): Promise<void> {
  const w = world({ partitions: 2 })
  const tries = new Map<number, number[]>()
  const stop = stopOf('shaky', tried(w, tries), {
    outSchema: undefined,
    policy: { attempts, deadlineMs, backoffFirstMs: backoffMs },
  })
  const entry = entryOf('in', lineOf('main', stop), { dedupe: { countMax: 1000, timeMs: windowMs } })
  const app = await w.start({ entries: [entry] })
  const sendAll = (): Promise<readonly { readonly id: string; readonly duplicate: boolean }[]> =>
    Promise.all(items.map((item) => app.send('in', item, { id: `e${item.n}` })))
  const items = Array.from({ length: events }, (_, n): Item => ({
    key: `k${n % 5}`,
    n,
    waitMs: random.between(50, 3000),
  }))

  const first = await sendAll()
  assert.ok(first.every(({ duplicate }) => !duplicate))
  const sentAt = w.clock.monotonic()
  // Until the window is nearly over, the clock is set again and again.
  while (w.clock.monotonic() - sentAt < windowMs - 2000) {
    await w.clock.advance(random.below(1500))
    if (random.chance(0.3)) w.clock.jump(jump(random, w.clock))
  }
  const again = await sendAll()
  assert.ok(
    again.every(({ duplicate }) => duplicate),
    'an id was forgotten before its time',
  )
  await w.clock.advance(windowMs)
  const later = await sendAll()
  assert.ok(
    later.every(({ duplicate }) => !duplicate),
    'an id was kept beyond its time',
  )
  for (const { n, waitMs } of items) judge(n, tries.get(n) ?? [], waitMs)
  const drawn = await Promise.all(items.map((item) => app.send('in', item)))
  assert.equal(new Set(drawn.map(({ id }) => id)).size, events, 'an id was drawn twice')
  await app.stop({ deadlineMs: 0 })
}

/** Notes when it is called: the first time it asks for a wait, the second time it waits for its deadline, the third time it is done. */
const tried =
  ({ clock }: World, tries: Map<number, number[]>) =>
  ({ n, waitMs }: Item, { signal }: StopContext): unknown => {
    const times = tries.get(n) ?? []
    tries.set(n, times)
    times.push(clock.monotonic())
    if (times.length === 1) return retry(waitMs)
    if (times.length > 2) return undefined
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('too late'))))
  }

/** The second try comes after the wait, and the third one after the deadline of the second and the back-off. */
function judge(n: number, [first = 0, second = NaN, third = NaN]: readonly number[], waitMs: number): void {
  assert.equal(second - first, waitMs, `event ${n} asked for ${waitMs} ms`)
  const late = third - second - deadlineMs - 2 * backoffMs
  assert.ok(late >= 0 && late <= lateMsMax, `event ${n} came again ${late} ms after its time`)
}

function jump(random: SeededRandom, clock: VirtualClock): number {
  const hour = 3_600_000
  const year = 365 * 24 * hour
  return random.pick([hour, -hour, year, -year, 2 ** 31 * 1000 - clock.now(), random.below(hour)])
}
