/**
 * J5. A damaged middle is not a torn tail: whatever is done to a closed journal, nothing that has a witness is cut off or deleted by itself. It is refused, or what is
 * damaged is named when it is read; and what is served is right.
 */
import { crc32 } from 'node:zlib'
import type { SeededRandom, SimDisk } from '../../../src/testing/index.ts'
import { damagedCopy, framesOf, lostInSalvage, segmentsOf, verdictOn } from '../../simulation/damage.ts'
import type { Row } from '../row.ts'
import { eachDamage } from '../whole-journals.ts'

const damagesOfOne = 100
const salvageEvery = 10
const sectorBytes = 512
/** By the description of the format: frames of this kind hold events. */
const unitKind = 1
/** Of which the data of events is full. */
const letter = 0x78
/** Its checksum is right, and only the next frame tells. What is salvaged has it: nobody knows which of the two is the wrong one. */
const earlierFrame = 'a frame of an earlier life in the place of a later one'

export const row: Row = {
  id: 'J5',
  title: 'zeros, stale or misplaced sectors, missing files: no committed byte is cut off by itself',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    await eachDamage(context, damagesOfOne, async (whole, { number, random }) => {
      const [name, damage] = random.pick(damages)
      const damaged = damagedCopy(whole.disk, (disk) => damage(disk, random))
      try {
        await verdictOn(
          damagedCopy(damaged, () => undefined),
          whole,
        )
        if (number % salvageEvery === 0 && name !== earlierFrame) await lostInSalvage(damaged, whole)
      } catch (error) {
        throw new Error(`${name}, journal ${whole.trace.random.seed}`, { cause: error })
      }
    })
  },
}

type Damage = (disk: SimDisk, random: SeededRandom) => void

/** Changes the bytes of a segment. */
const change =
  (how: (bytes: Buffer, random: SeededRandom) => Buffer | void): Damage =>
  (disk, random) => {
    const path = random.pick(segmentsOf(disk))
    const bytes = Buffer.from(disk.contents(path))
    disk.replace(path, how(bytes, random) ?? bytes)
  }

/** A place in the bytes where so many fit. */
const placeFor = (bytes: Buffer, length: number, random: SeededRandom): number =>
  random.below(Math.max(1, bytes.length - length))

const sectorsOf = (bytes: Buffer): number => Math.max(1, Math.floor(bytes.length / sectorBytes))

const damages: readonly (readonly [string, Damage])[] = [
  [
    'zeros',
    change((bytes, random) => {
      const length = random.between(1, 700)
      const at = placeFor(bytes, length, random)
      bytes.fill(0, at, at + length)
    }),
  ],
  [
    'a sector of zeros',
    change((bytes, random) => {
      const at = random.below(sectorsOf(bytes)) * sectorBytes
      bytes.fill(0, at, at + sectorBytes)
    }),
  ],
  [
    'zeros from a frame to the end',
    (disk, random) => {
      const path = random.pick(segmentsOf(disk))
      const frames = [...framesOf(disk, path)]
      if (frames.length === 0) return
      // As a file whose size came to the disk, and whose last bytes did not.
      disk.replace(path, Buffer.from(disk.contents(path)).fill(0, random.pick(frames).offset))
    },
  ],
  [
    'an older sector in the place of a newer one',
    change((bytes, random) => {
      const sector = random.below(sectorsOf(bytes))
      bytes.copy(bytes, sector * sectorBytes, random.below(sector + 1) * sectorBytes, (sector + 1) * sectorBytes)
    }),
  ],
  [
    'a sector written to another place',
    change((bytes, random) => {
      const [from, to] = [random.below(sectorsOf(bytes)) * sectorBytes, random.below(sectorsOf(bytes)) * sectorBytes]
      bytes.copy(bytes, to, from, from + sectorBytes)
    }),
  ],
  [
    'two sectors exchanged',
    change((bytes, random) => {
      const [one, two] = [random.below(sectorsOf(bytes)) * sectorBytes, random.below(sectorsOf(bytes)) * sectorBytes]
      const kept = Buffer.from(bytes.subarray(one, one + sectorBytes))
      bytes.copy(bytes, one, two, two + sectorBytes)
      kept.copy(bytes, two)
    }),
  ],
  [
    'random bytes',
    change((bytes, random) => {
      for (let at = placeFor(bytes, 64, random), end = at + 64; at < Math.min(end, bytes.length); at++)
        bytes[at] = random.below(256)
    }),
  ],
  [
    'bytes missing in the middle',
    change((bytes, random) => {
      const at = placeFor(bytes, 100, random)
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.between(1, 100))])
    }),
  ],
  [
    'bytes put into the middle',
    change((bytes, random) => {
      const at = placeFor(bytes, 0, random)
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(random.between(1, 100), 0x4d), bytes.subarray(at)])
    }),
  ],
  ['an end cut off', change((bytes, random) => bytes.subarray(0, placeFor(bytes, 0, random)))],
  ['zeros behind the end', change((bytes, random) => Buffer.concat([bytes, Buffer.alloc(random.between(1, 5000))]))],
  [
    'older bytes behind the end',
    change((bytes, random) => Buffer.concat([bytes, bytes.subarray(0, random.between(1, bytes.length))])),
  ],
  [
    earlierFrame,
    (disk, random) => {
      const path = segmentsOf(disk).at(-1)!
      const bytes = Buffer.from(disk.contents(path))
      // Behind the last frame nothing would tell: the next one says what came before it.
      const units = [...framesOf(disk, path)].slice(0, -1).filter(({ kind }) => kind === unitKind)
      const letters = units.flatMap(({ offset, size }) =>
        [...bytes.subarray(offset, offset + size).keys()].flatMap((at) =>
          bytes[offset + at] === letter ? [{ offset, size, at }] : [],
        ),
      )
      if (letters.length === 0) return
      const { offset, size, at } = random.pick(letters)
      bytes[offset + at] = letter + 1
      bytes.writeUInt32LE(crc32(bytes.subarray(offset + 8, offset + size)), offset + 4)
      disk.replace(path, bytes)
    },
  ],
  [
    'one segment in the place of another',
    (disk, random) => {
      const [one, two] = random.shuffle(segmentsOf(disk))
      disk.replace(one!, disk.contents(two!))
    },
  ],
  ['an empty file', (disk, random) => disk.replace(random.pick(segmentsOf(disk)), new Uint8Array())],
  ['a missing file', (disk, random) => disk.state.apply({ kind: 'unlink', path: random.pick(segmentsOf(disk)) })],
  [
    'a checkpoint of zeros',
    (disk) => {
      const path = disk.files().find((file) => file.path.endsWith('checkpoint'))!.path
      disk.replace(path, new Uint8Array(disk.contents(path).length))
    },
  ],
]
