/**
 * A random life of a journal on a simulated disk, and the judgement of every image that a crash may leave of it: what was acknowledged is there, whole units
 * only, and what was shown once stays.
 */
import assert from 'node:assert/strict'
import type { Journal } from '../../src/journal/index.ts'
import { SimDisk, crashImages } from '../../src/testing/index.ts'
import type { CrashImage, CrashImageOptions } from '../../src/testing/index.ts'
import { Trace, judgeState, openOn, shown } from './journal-trace.ts'

/** How a life goes. */
export interface LifeOptions {
  /** How often the journal is opened. Default: 2. */
  readonly openings?: number
  /** Groups of one to three units in each opening. Default: 10. */
  readonly groups?: number
}

/** One life: units in groups of one to three, closed and opened again, cleaned now and then. */
export async function liveOn(trace: Trace, disk: SimDisk, options: LifeOptions = {}): Promise<void> {
  const { openings = 2, groups = 10 } = options
  for (let opening = 0; opening < openings; opening++) {
    const journal = await openOn(disk, trace.clock)
    if (opening === 0) trace.createTopics(journal)
    for (let group = 0; group < groups; group++) {
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

/** Which images of a life are judged, and how. */
export interface JudgeOptions extends CrashImageOptions {
  /** Of so many images one is judged. Default: 1. */
  readonly every?: number
  /** Of so many judged ones, one is crashed again while the journal recovers from it. Default: 499. */
  readonly nestedEvery?: number
  /** Only images with such a name. Default: all. */
  readonly only?: (name: string) => boolean
  /** After each; answers whether more are wanted. */
  readonly judged?: () => Promise<boolean>
}

/** What was judged. */
export interface Judgement {
  readonly made: number
  readonly images: number
  /** Steps of the trace that some image showed. */
  readonly reached: ReadonlySet<number>
}

/** Opens and judges the images of a life; throws at the first one that breaks a promise, and names it. */
export async function judgeImages(trace: Trace, disk: SimDisk, options: JudgeOptions = {}): Promise<Judgement> {
  const { every = 1, nestedEvery = 499, only = () => true, judged = () => Promise.resolve(true), ...which } = options
  let made = 0
  let images = 0
  const reached = new Set<number>()
  for (const image of crashImages(disk, which)) {
    if (!only(image.name) || made++ % every !== 0) continue
    images++
    const isNested = images % nestedEvery === 0
    const mounted = image.mount({ log: isNested })
    try {
      reached.add(await judge(trace, image, mounted, images % 5 === 0))
      if (isNested) await crashAgain(trace, image, mounted)
    } catch (error) {
      throw new Error(`seed ${trace.random.seed}, ${image.name}`, { cause: error })
    }
    if (!(await judged())) break
  }
  return { made, images, reached }
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
