/**
 * J2. Writes that a power cut tears: a journal, or an app on one, lives for a while, and every image that POSIX allows is opened and judged. A case is a life; what is
 * counted are its images. Of three cases one cuts every byte of a short life, so that every kind of frame is cut everywhere, and one is an app on the embedded bus.
 */
import { SimDisk } from '../../../src/testing/index.ts'
import { judgeBusImages, liveOnBus } from '../../simulation/bus-life.ts'
import { judgeImages, liveOn } from '../../simulation/journal-life.ts'
import { Trace } from '../../simulation/journal-trace.ts'
import { casesOf, describe, judgedOne } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

export const row: Row = {
  id: 'J2',
  title: 'power cut, the last write torn at every byte: what was acknowledged is there, and whole units only',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    for await (const item of casesOf(context)) {
      try {
        await (item.number % 3 === 2 ? busLife(item, context) : journalLife(item, context))
      } catch (error) {
        context.violation(describe(error), item.number)
      }
    }
  },
}

async function journalLife({ number, seed, random }: Case, context: RowContext): Promise<void> {
  const trace = new Trace(seed)
  const disk = new SimDisk()
  const isShort = number % 3 === 0
  await liveOn(trace, disk, isShort ? { openings: 1, groups: 2 } : { openings: random.between(1, 3) })
  // Primes, so that the cuts of one write do not fall on those of another.
  const cutEvery = isShort ? 1 : random.pick([499, 997])
  await judgeImages(trace, disk, { cutEvery, subsetsOf: 3, samples: 2, seed, judged: () => judgedOne(context) })
}

async function busLife({ seed, random }: Case, context: RowContext): Promise<void> {
  const life = await liveOnBus(seed, random.between(5, 40))
  await judgeBusImages(life, { cutEvery: 499, subsetsOf: 3, samples: 2, seed }, () => judgedOne(context))
}
