/**
 * Power cuts: a journal lives for a while, and for every operation of its disk every image that a crash may leave there (`crashImages`) is opened and judged.
 * A run of all tests takes some thousands of them; row J2 of `npm run -s faults` takes as many as are wanted. `METROBUS_SEED=7` is life 7.
 */
import { test } from 'node:test'
import { SimDisk } from '../../src/testing/index.ts'
import { judgeImages, liveOn } from './journal-life.ts'
import { Trace } from './journal-trace.ts'

const only = process.env['METROBUS_SEED']
const seeds = only === undefined ? [1, 2, 3] : [Number(only)]
/** A prime, so that the cuts of one write do not fall on those of another. */
const cutEvery = 211
const every = 4

for (const seed of seeds) {
  test(`keeps what was acknowledged, and whole units only, over every crash of life ${seed}`, async (t) => {
    const trace = new Trace(seed)
    const disk = new SimDisk()
    await liveOn(trace, disk)

    const { made, images, reached } = await judgeImages(trace, disk, {
      cutEvery,
      subsetsOf: 2,
      samples: 2,
      seed,
      every,
    })

    t.diagnostic(`${images} of ${made} images, ${reached.size} of ${trace.steps.length} steps reached`)
  })
}
