/**
 * Power cuts: a journal lives for a while, and for every operation of its disk every image that a crash may leave there (`crashImages`) is opened and judged.
 * A run of all tests takes some thousands of them. `METROBUS_SEEDS=200 METROBUS_EVERY=1` is a night's: 200 lives, every image;
 * `METROBUS_SEED=7` is life 7.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Journal } from '../../src/journal/index.ts'
import { SimDisk, crashImages } from '../../src/testing/index.ts'
import type { CrashImage } from '../../src/testing/index.ts'
import { Trace, judgeState, openOn, shown } from './journal-trace.ts'

const only = process.env['METROBUS_SEED']
const count = Number(process.env['METROBUS_SEEDS'] ?? 3)
const seeds = only === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)]
/** A prime, so that the cuts of one write do not fall on those of another. `METROBUS_CUT_EVERY=1` cuts at every byte. */
const cutEvery = Number(process.env['METROBUS_CUT_EVERY'] ?? 211)
/** Of so many images one is judged; of so many judged ones, one is crashed again while it recovers. */
const every = Number(process.env['METROBUS_EVERY'] ?? 4)
const nestedEvery = 499

/** One life: units in groups of one to three, closed and opened again, cleaned now and then. */
async function live(trace: Trace, disk: SimDisk): Promise<void> {
  for (let opening = 0; opening < 2; opening++) {
    const journal = await openOn(disk, trace.clock)
    if (opening === 0) trace.createTopics(journal)
    for (let groupCount = 0; groupCount < 10; groupCount++) {
      for (let unit = trace.random.between(1, 3); unit > 0; unit--) trace.append(journal)
      await journal.synced()
      trace.acknowledge(disk)
      if (trace.random.chance(0.1)) await trace.clock.advance(200)
      if (trace.random.chance(0.1)) await journal.housekeep()
    }
    await journal.close()
    trace.forgetRecords()
  }
}

/** Opens what a crash left; answers the step that it shows. */
async function judge(trace: Trace, image: CrashImage, disk: SimDisk, isGoingOn: boolean): Promise<number> {
  const journal = await openOn(disk, trace.clock)
  const verdict = judgeState(trace.steps, await shown(journal), image.completed)
  if (typeof verdict === 'string') assert.fail(verdict)
  if (isGoingOn) await goOn(journal, trace, disk, verdict)
  else await journal.close()
  return verdict
}

/** What was shown once stays, also when the power goes at once, and the journal takes more. */
async function goOn(journal: Journal, trace: Trace, disk: SimDisk, step: number): Promise<void> {
  const state = trace.steps[step]!.state
  const bare = new SimDisk({ log: false }, disk.state.copy()).powerCut({ log: false })
  journal.seek('another group', [])
  await journal.synced()
  await journal.close()
  for (const next of [bare, disk.remount({ log: false })]) {
    const again = await openOn(next, trace.clock)
    assert.equal(await shown(again), state, 'it shows something else when it is opened again')
    await again.close()
  }
}

for (const seed of seeds) {
  test(`keeps what was acknowledged, and whole units only, over every crash of life ${seed}`, async (t) => {
    const trace = new Trace(seed)
    const disk = new SimDisk()
    await live(trace, disk)
    let made = 0
    let images = 0
    const reached = new Set<number>()
    for (const image of crashImages(disk, { cutEvery, subsetsOf: 2, samples: 2, seed })) {
      if (made++ % every !== 0) continue
      images++
      const isNested = images % nestedEvery === 0
      const mounted = image.mount({ log: isNested })
      try {
        reached.add(await judge(trace, image, mounted, images % 5 === 0))
        if (isNested) await crashAgain(trace, image, mounted)
      } catch (error) {
        throw new Error(`seed ${seed}, ${image.name}`, { cause: error })
      }
    }
    t.diagnostic(`${images} of ${made} images, ${reached.size} of ${trace.steps.length} steps reached`)
  })
}

/** Power cuts while the journal recovers from one. */
async function crashAgain(trace: Trace, first: CrashImage, recovered: SimDisk): Promise<void> {
  for (const image of crashImages(recovered, { cutEvery: 997, subsetsOf: 1, samples: 1 })) {
    try {
      await judge(trace, { ...image, completed: first.completed }, image.mount({ log: false }), true)
    } catch (error) {
      throw new Error(`then ${image.name}`, { cause: error })
    }
  }
}
