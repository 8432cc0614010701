/**
 * What a crash may leave on a disk. For every operation that a process did, these are the images that POSIX allows when the power fails right
 * there: each is a disk that can be mounted, opened and judged.
 *
 * Around one operation, in this order:
 * - `cut`: the write is cut at a byte, the file ending as before or there, or grown already and zero behind it;
 * - `whole`: everything that was written is there (also what the death of the process alone leaves);
 * - `synced`: nothing but what was synced is there;
 * - `names`: contents are there, but some unsynced names are not, and the other way round;
 * - `sectors`: of the unsynced sectors some are there: each subset of a few, and of many each one alone, all but each one, and each prefix;
 * - `mixed`: names and sectors that a seed picked.
 *
 * Sectors that lie within one write of 64 KiB alone have 2^128 subsets, so the last two kinds are samples; a seed makes them repeatable.
 */
import { everything, nothing } from './disk-state.ts'
import type { DiskOperation, DiskState, PendingSector, Survivors } from './disk-state.ts'
import { SeededRandom } from './seeded-random.ts'
import { SimDisk } from './sim-disk.ts'
import type { SimDiskOptions } from './sim-disk.ts'

/** A disk after a crash. */
export interface CrashImage {
  /** Says what it is, and is the same in every run: `op 12 write /data/0.seg: cut at 17 of 300`. */
  readonly name: string
  /** How many operations had ended before the crash: what was acknowledged while `operations.length` was at most this must be on the image. */
  readonly completed: number
  /** Mounts a fresh copy. */
  mount(options?: SimDiskOptions): SimDisk
}

/** Which images are wanted. */
export interface CrashImageOptions {
  /** The first operation to crash at, from 0. Default: 0. */
  readonly from?: number
  /** Every n-th byte of a write is a cut; its first and last bytes always are. Default: 1. */
  readonly cutEvery?: number
  /** Up to so many unsynced sectors, and so many unsynced names, all subsets are made. Default: 4. */
  readonly subsetsOf?: number
  /** Of more than that, so many are taken of each sample, and so many mixed images. Default: 6. */
  readonly samples?: number
  /** Picks the samples. Default: 1. */
  readonly seed?: number
}

/** All images around all operations in the log of a disk. */
export function* crashImages(disk: SimDisk, options: CrashImageOptions = {}): Generator<CrashImage> {
  const { from = 0, cutEvery = 1, subsetsOf = 4, samples = 6, seed = 1 } = options
  const state = disk.base
  const random = new SeededRandom(seed)
  const capacityBytes = disk.capacityBytes
  for (const [index, operation] of disk.operations.entries()) {
    const at = `op ${index} ${operation.kind} ${operation.path}`
    if (index >= from && operation.kind === 'write')
      for (const [what, cut] of cuts(state, operation, cutEvery))
        yield imageOf(`${at}: ${what}`, index, cut, capacityBytes)
    state.apply(operation)
    if (index < from) continue
    for (const [what, survivors] of survivorsOf(state, { subsetsOf, samples }, random))
      yield imageOf(`${at}: ${what}`, index + 1, state.image(survivors), capacityBytes)
  }
}

function imageOf(name: string, completed: number, state: DiskState, capacityBytes: number): CrashImage {
  return { name, completed, mount: (options = {}) => new SimDisk({ capacityBytes, ...options }, state.copy()) }
}

type Write = Extract<DiskOperation, { readonly kind: 'write' }>

function* cuts(before: DiskState, write: Write, every: number): Generator<readonly [string, DiskState]> {
  const length = write.bytes.length
  for (let at = 1; at < length; at = at + every < length || at === length - 1 ? at + every : length - 1) {
    const cut = before.copy()
    cut.apply({ ...write, bytes: write.bytes.subarray(0, at) })
    yield [`cut at ${at} of ${length}`, cut.image(everything)]
    const zeros = before.copy()
    const size = Math.max(before.bytes(write.file).size, write.position + length)
    zeros.apply({ kind: 'truncate', path: write.path, file: write.file, size })
    zeros.apply({ ...write, bytes: write.bytes.subarray(0, at) })
    yield [`cut at ${at} of ${length}, zeros behind`, zeros.image(everything)]
  }
}

interface Bounds {
  readonly subsetsOf: number
  readonly samples: number
}

function* survivorsOf(state: DiskState, bounds: Bounds, random: SeededRandom): Generator<readonly [string, Survivors]> {
  const names = state.pendingNames
  const sectors = state.pendingSectors
  yield ['whole', everything]
  if (names === 0 && sectors.length === 0 && !state.hasPendingCuts) return
  yield ['synced', nothing]
  if (state.hasPendingCuts) yield ['cuts lost', { ...everything, cut: () => false }]
  for (const [what, chosen] of choices(names, bounds, random)) {
    yield [`names ${what}`, { ...everything, name: (index) => chosen(index) }]
    if (sectors.length > 0) yield [`names ${what}, nothing in them`, { ...nothing, name: (index) => chosen(index) }]
  }
  if (sectors.length > 0) yield ['grown', { ...everything, contents: () => 0, grown: true }]
  for (const [what, chosen] of choices(sectors.length, bounds, random)) {
    const contents = (sector: number, count: number): number => (chosen(sector) ? count : 0)
    yield [`sectors ${what}`, { ...everything, contents }]
    yield [`sectors ${what}, grown`, { ...everything, contents, grown: true }]
  }
  for (let sample = 0; sample < bounds.samples; sample++) yield [`mixed ${sample}`, mixed(names, sectors, random)]
}

/** Subsets of 0 .. count - 1, without the whole and, for more than a few, without most. */
function* choices(
  count: number,
  { subsetsOf, samples }: Bounds,
  random: SeededRandom,
): Generator<readonly [string, (index: number) => boolean]> {
  if (count <= subsetsOf) {
    for (let bits = 0; bits < 2 ** count - 1; bits++)
      yield [bits.toString(2).padStart(count, '0'), (index) => ((bits >> index) & 1) === 1]
    return
  }
  for (const one of some(count, samples, random)) yield [`all but ${one}`, (index) => index !== one]
  for (const one of some(count, samples, random)) yield [`only ${one}`, (index) => index === one]
  for (const end of some(count, samples, random)) yield [`below ${end}`, (index) => index < end]
}

/** Up to `samples` different numbers below `count`, with the first and the last. */
function some(count: number, samples: number, random: SeededRandom): readonly number[] {
  const picked = new Set([0, count - 1])
  for (let tries = 0; picked.size < Math.min(count, samples) && tries < samples * 4; tries++)
    picked.add(random.below(count))
  return [...picked].toSorted((a, b) => a - b)
}

/** What one crash leaves, drawn: everything, nothing but what was synced, or a mixture. */
export function drawSurvivors(state: DiskState, random: SeededRandom): Survivors {
  const mixture = mixed(state.pendingNames, state.pendingSectors, random)
  return random.pick([everything, nothing, mixture, mixture])
}

/** Drawn in advance, so that an image is the same at every mount. */
function mixed(names: number, sectors: readonly PendingSector[], random: SeededRandom): Survivors {
  const keepNames = Array.from({ length: names }, () => random.chance(0.5))
  const keepSectors = sectors.map(({ count }) => random.below(count + 1))
  const cut = random.chance(0.5)
  return {
    name: (index) => keepNames[index]!,
    contents: (sector) => keepSectors[sector]!,
    cut: () => cut,
    grown: random.chance(0.5),
  }
}
