/**
 * J10. Zeros behind the end, as a file that was made longer before its bytes came leaves them, and as the journal itself sets its file ahead: behind a frame of every kind, behind an index and a checkpoint, up to
 * 4 KiB. Zeros are never a record and never a time.
 */
import assert from 'node:assert/strict'
import type { DiskState } from '../../../src/testing/index.ts'
import { SimDisk, VirtualClock } from '../../../src/testing/index.ts'
import { damagedCopy, framesOf, segmentsOf } from '../../simulation/damage.ts'
import { liveOn } from '../../simulation/journal-life.ts'
import { Trace, openOn, shown } from '../../simulation/journal-trace.ts'
import { caseSeed, eachCase } from '../row.ts'
import type { Case, Row } from '../row.ts'

const zerosMax = 4096
/** By its number in the description of the format. */
const frameKinds = ['unit', 'seal', 'state', 'catalog', 'moved', 'trim']
/** Lives until every kind was last in one; each has most of them. */
const livesMax = 40

const zerosOf = (number: number): number => (number % zerosMax) + 1

/** A journal, and which of its files zeros are put behind. */
interface Ending {
  readonly name: string
  readonly disk: SimDisk
  readonly path: string
}

export const row: Row = {
  id: 'J10',
  title: 'zeros behind the end, 1 byte to 4 KiB, behind every kind of frame: never a record, never a time',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    const endings = await endingsOf(context.seed)
    const expected = await Promise.all(endings.map(({ disk }) => expectedOf(disk)))
    const one = async ({ number }: Case): Promise<void> => {
      const ending = Math.floor(number / zerosMax)
      await judge(endings[ending]!, zerosOf(number), expected[ending]!)
    }
    // In tier P every short tail, and a sample of the long ones.
    const isSampled = (number: number): boolean => zerosOf(number) < 70 || zerosOf(number) % 97 === 0
    const isWhole = context.tier === 'N' || context.cases < Infinity
    await eachCase(context, one, endings.length * zerosMax, isWhole ? undefined : isSampled)
  },
}

interface Expected {
  readonly picture: string
  /** Read at the opening. */
  readonly frames: number
}

async function expectedOf(disk: SimDisk): Promise<Expected> {
  const journal = await openOn(
    damagedCopy(disk, () => undefined),
    new VirtualClock(),
  )
  const { framesReplayed } = journal.opened
  await journal.close()
  return { picture: await pictureOf(disk), frames: framesReplayed }
}

async function judge({ name, disk, path }: Ending, zeros: number, expected: Expected): Promise<void> {
  const padded = damagedCopy(disk, (copy) =>
    copy.replace(path, Buffer.concat([copy.contents(path), Buffer.alloc(zeros)])),
  )
  const journal = await openOn(padded, new VirtualClock())
  const { cutBytes, cutFile, framesReplayed } = journal.opened
  await journal.close()
  assert.equal(cutFile, undefined, `${zeros} zeros behind ${name} are kept as if they were something`)
  assert.equal(cutBytes, 0, `${zeros} zeros behind ${name} are counted as bytes that were cut off`)
  assert.equal(framesReplayed, expected.frames, `${zeros} zeros behind ${name} are read as frames`)
  assert.equal(await pictureOf(padded), expected.picture, `${zeros} zeros behind ${name} change what is there`)
}

/** What it shows, and the times that retention goes by. */
async function pictureOf(disk: SimDisk): Promise<string> {
  const journal = await openOn(new SimDisk({ log: false }, disk.state.copy()), new VirtualClock())
  const times = journal.segments().map(({ base, lastTime }) => [base, lastTime])
  const picture = JSON.stringify([await shown(journal), times])
  await journal.close()
  return picture
}

/** Crashes behind a frame of each kind, and a whole journal. */
async function endingsOf(seed: number): Promise<readonly Ending[]> {
  const found = new Map<number, Ending>()
  for (let life = 0; found.size < frameKinds.length && life < livesMax; life++) {
    const disk = new SimDisk()
    await liveOn(new Trace(caseSeed(seed, life)), disk, { openings: 3, groups: 20 })
    for (const ending of crashesBehindFrames(disk)) if (!found.has(ending.kind)) found.set(ending.kind, ending)
  }
  assert.equal(found.size, frameKinds.length, `only frames of kinds ${[...found.keys()].join()} were last`)
  const disk = new SimDisk({ log: false })
  const trace = new Trace(seed)
  await liveOn(trace, disk, { groups: 20 })
  const others = [/\.idx$/, /checkpoint$/].map((pattern) => {
    const { path } = disk.files().find((file) => pattern.test(file.path))!
    return { name: path, disk, path }
  })
  return [...found.values(), ...others]
}

/** Writes to the log that a crash cut behind a frame. */
function* crashesBehindFrames(lived: SimDisk): Generator<Ending & { readonly kind: number }> {
  const state: DiskState = lived.base
  for (const operation of lived.operations) {
    if (operation.kind === 'write' && operation.path.endsWith('.seg')) {
      const { path, position } = operation
      const after = state.copy()
      after.apply(operation)
      const written = new SimDisk({ log: false }, after)
      if (path === segmentsOf(written).at(-1))
        for (const { offset, size, kind } of framesOf(written, path)) {
          if (offset < position) continue
          const disk = damagedCopy(written, (copy) => copy.replace(path, copy.contents(path).slice(0, offset + size)))
          yield { name: `a frame of kind ${frameKinds[kind - 1]}`, kind, disk, path }
        }
    }
    state.apply(operation)
  }
}
