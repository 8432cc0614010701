/**
 * J4. A bit turns over anywhere in a closed journal: log, index, witness. It is seen or healed, no wrong byte is served or saved, what is lost is one frame and what
 * shares its data, and nothing that has a witness is cut off.
 */
import assert from 'node:assert/strict'
import type { SeededRandom, SimDisk } from '../../../src/testing/index.ts'
import { damagedCopy, framesOf, lostInSalvage, verdictOn } from '../../simulation/damage.ts'
import type { Whole } from '../../simulation/damage.ts'
import type { Row } from '../row.ts'
import { eachDamage } from '../whole-journals.ts'

/** So many flips, each alone, of the same journal. */
const flipsOfOne = 200
/** Of so many flips, one is salvaged, too. */
const salvageEvery = 5

export const row: Row = {
  id: 'J4',
  title: 'a bit turned over anywhere: seen or healed, no wrong byte served, one frame lost at most',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    await eachDamage(context, flipsOfOne, async (whole, { number, random }) => {
      await flip(whole, random, number % salvageEvery === 0)
    })
  },
}

async function flip(whole: Whole, random: SeededRandom, isSalvaged: boolean): Promise<void> {
  const files = whole.disk.files().filter(({ size }) => size > 0)
  // Half of the flips lie in the log, whatever its share is.
  const logs = files.filter(({ path }) => path.endsWith('.seg'))
  const { path, size } = random.pick(random.chance(0.5) ? logs : files)
  const bit = random.below(size * 8)
  const damaged = damagedCopy(whole.disk, (disk) => disk.flipBit(path, bit))
  try {
    const verdict = await verdictOn(
      damagedCopy(damaged, () => undefined),
      whole,
    )
    // The padding of an index and the witness of the checkpoint hold nothing that is served.
    if (path.endsWith('.seg')) assert.notEqual(verdict, 'harmless', 'nobody noticed')
    if (isSalvaged) await assertRadius(whole, damaged, path, bit >> 3)
  } catch (error) {
    throw new Error(`bit ${bit} of ${path}, journal ${whole.trace.random.seed}`, { cause: error })
  }
}

/** What is saved is all but the frame at `byte` and what shares its data. */
async function assertRadius(whole: Whole, damaged: SimDisk, path: string, byte: number): Promise<void> {
  const frame = [...framesOf(whole.disk, path)].find(({ offset, size }) => byte >= offset && byte < offset + size)
  const allowed = whole.radius.get(`${path} ${frame?.offset}`)
  for (const place of await lostInSalvage(damaged, whole))
    assert.ok(allowed?.has(place), `${place} is lost, which does not lie in the damaged frame`)
}
