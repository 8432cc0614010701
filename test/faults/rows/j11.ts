/**
 * J11. Names that a power cut loses: a file that was made, renamed or removed without a sync of its folder may be there or not, each on its own. A case is a life;
 * what is counted are its images.
 */
import { SimDisk } from '../../../src/testing/index.ts'
import { judgeImages, liveOn } from '../../simulation/journal-life.ts'
import { Trace } from '../../simulation/journal-trace.ts'
import { casesOf, describe, judgedOne } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J11',
  title: 'unsynced names lost or kept, each on its own: the chain of segments is whole',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    for await (const { number, seed } of casesOf(context)) {
      const trace = new Trace(seed)
      const disk = new SimDisk()
      try {
        await liveOn(trace, disk, { openings: 2, groups: 5 })
        await judgeImages(trace, disk, {
          // Torn writes are row J2.
          cutEvery: Infinity,
          subsetsOf: 4,
          samples: 4,
          seed,
          only: (name) => / (names|mixed|cuts) /.test(name),
          judged: () => judgedOne(context),
        })
      } catch (error) {
        context.violation(describe(error), number)
      }
    }
  },
}
