/**
 * Damage to a journal that is closed, and the judgement of what becomes of it: seen or healed, never served; and nothing below the witness touched. What is a frame and
 * what it witnesses is read here from the bytes, by the description of the format, with no code of the journal.
 */
import assert from 'node:assert/strict'
import { crc32 } from 'node:zlib'
import { isMetrobusError } from '../../src/errors/index.ts'
import { dumpJournal, salvageJournal, verifyJournal } from '../../src/journal/index.ts'
import type { Journal } from '../../src/journal/index.ts'
import { SeededRandom, SimDisk } from '../../src/testing/index.ts'
import type { VirtualClock } from '../../src/testing/index.ts'
import { Trace, dir, openOn } from './journal-trace.ts'

/** A journal of some segments, closed, and what stands in it. */
export interface Whole {
  readonly trace: Trace
  readonly disk: SimDisk
  /** By place, as `served` finds it. */
  readonly records: ReadonlyMap<string, string>
  /** For each frame the records that are gone without it: its own, and those whose data lies in it. By path and offset. */
  readonly radius: ReadonlyMap<string, ReadonlySet<string>>
}

/** Lives and closes. */
export async function closedJournal(
  seed: number,
  options: { readonly segmentBytesMax?: number } = {},
): Promise<{ readonly trace: Trace; readonly disk: SimDisk }> {
  const trace = new Trace(seed)
  const disk = new SimDisk({ log: false })
  const journal = await openOn(disk, trace.clock, options)
  trace.createTopics(journal)
  for (let unit = 0; unit < 60; unit++) {
    trace.append(journal)
    if (unit % 3 === 0) await journal.synced()
  }
  await journal.close()
  return { trace, disk }
}

/** Lives, closes, and notes what stands in it while it is whole. */
export async function wholeJournal(seed: number): Promise<Whole> {
  const { trace, disk } = await closedJournal(seed)
  const whole = await openOn(new SimDisk({ log: false }, disk.state.copy()), trace.clock)
  const { records, isDamaged } = await served(whole)
  await whole.close()
  assert.ok(!isDamaged, 'a whole journal is whole')
  return { trace, disk, records, radius: await radiusOf(disk, trace.clock) }
}

export const segmentsOf = (disk: SimDisk): readonly string[] =>
  disk.files().flatMap(({ path }) => (path.endsWith('.seg') ? [path] : []))

/** The disk with something done to it. */
export function damagedCopy(disk: SimDisk, damage: (copy: SimDisk) => void): SimDisk {
  const copy = new SimDisk({ log: false }, disk.state.copy())
  damage(copy)
  return copy
}

/** What of the kept topics is readable, record by record, and whether damage was met. */
export async function served(
  journal: Journal,
): Promise<{ readonly records: ReadonlyMap<string, string>; readonly isDamaged: boolean }> {
  const records = new Map<string, string>()
  let isDamaged = false
  for (const { name, partitions } of journal.topics()) {
    if (name === 'gone') continue
    for (const { partition, end } of partitions)
      for (let offset = 0; offset < end; offset++) {
        try {
          const [record] = await journal.read(name, partition, offset, { recordsMax: 1, bytesMax: 1 })
          if (record !== undefined)
            records.set(`${name}/${partition}/${record.offset}`, JSON.stringify([record.ride, record.key, record.data]))
        } catch (error) {
          if (!isMetrobusError(error, 'MB_JOURNAL_CORRUPT')) throw error
          isDamaged = true
        }
      }
  }
  return { records, isDamaged }
}

/** What became of damage. `refused`: not opened; `seen`: by verifying or reading; `cut`: with the unwitnessed tail; `healed`: made again; `harmless`: nothing hung on it. */
export type Verdict = 'refused' | 'seen' | 'cut' | 'healed' | 'harmless'

/** Verifies, opens, reads, and where that is refused salvages. Throws when a wrong byte was served, a record went without a word, or something witnessed was touched. */
export async function verdictOn(damaged: SimDisk, whole: Whole): Promise<Verdict> {
  const { clock } = whole.trace
  const platform = { clock, random: new SeededRandom(1), disk: damaged.remount({ log: false }) }
  const before = new SimDisk({ log: false }, platform.disk.state.copy())
  const isVerified = await isSeenByVerify(platform)
  let journal: Journal
  try {
    journal = await openOn(platform.disk, clock)
  } catch (error) {
    assert.ok(isMetrobusError(error, 'MB_JOURNAL_CORRUPT') || isMetrobusError(error, 'MB_JOURNAL_NEWER'), String(error))
    assertUntouched(before, platform.disk, Infinity)
    return 'refused'
  }
  const { records, isDamaged } = await served(journal)
  for (const [place, record] of records)
    assert.equal(record, whole.records.get(place), `wrong bytes served at ${place}`)
  const isWhole = records.size === whole.records.size
  const { cutBytes, indexesRebuilt } = journal.opened
  await journal.close()
  assert.ok(isWhole || isDamaged || cutBytes > 0, 'records are gone and nobody said so')
  assertUntouched(before, platform.disk, witnessOf(before))
  if (isVerified || isDamaged) return 'seen'
  return cutBytes > 0 ? 'cut' : indexesRebuilt > 0 ? 'healed' : 'harmless'
}

async function isSeenByVerify(platform: Parameters<typeof verifyJournal>[0]['platform']): Promise<boolean> {
  try {
    const { damages, tail } = await verifyJournal({ dir, platform })
    return damages.length > 0 || tail !== undefined
  } catch (error) {
    if (!isMetrobusError(error)) throw error
    return true
  }
}

/** Nothing below a position was changed or taken away. */
function assertUntouched(before: SimDisk, after: SimDisk, witness: number): void {
  for (const path of segmentsOf(before)) {
    const old = Buffer.from(before.contents(path))
    const end = Math.max(0, Math.min(old.length, witness - baseOf(path)))
    const now = after.files().some((file) => file.path === path) ? Buffer.from(after.contents(path)) : Buffer.alloc(0)
    assert.ok(now.subarray(0, end).equals(old.subarray(0, end)), `${path} was changed below the witness ${witness}`)
  }
}

/** A frame whose checksum holds, in its place. */
export interface SeenFrame {
  readonly path: string
  readonly offset: number
  readonly size: number
  readonly kind: number
  readonly durable: number
}

const magic = 0xf1424dff
const headerBytes = 56
const baseOf = (path: string): number => Number(path.slice(-20, -4))

/** Every whole frame of a segment, wherever it lies, read by the description of the format alone. */
export function* framesOf(disk: SimDisk, path: string): Generator<SeenFrame> {
  const bytes = Buffer.from(disk.contents(path))
  for (let offset = 0; offset + headerBytes <= bytes.length; offset++) {
    if (bytes.readUInt32LE(offset) !== magic) continue
    const size = headerBytes + bytes.readUInt32LE(offset + 8)
    if (offset + size > bytes.length) continue
    if (crc32(bytes.subarray(offset + 8, offset + size)) !== bytes.readUInt32LE(offset + 4)) continue
    if (bytes.readDoubleLE(offset + 24) !== baseOf(path) + offset) continue
    yield { path, offset, size, kind: bytes[offset + 16]!, durable: bytes.readDoubleLE(offset + 48) }
    offset += size - 1
  }
}

/** The highest position that a whole frame or the checkpoint says is durable. */
export function witnessOf(disk: SimDisk): number {
  const frames = segmentsOf(disk).flatMap((path) => [...framesOf(disk, path)])
  return Math.max(checkpointOf(disk), ...frames.map(({ durable }) => durable))
}

function checkpointOf(disk: SimDisk): number {
  const path = `${dir}/checkpoint`
  if (!disk.files().some((file) => file.path === path)) return 0
  const text = Buffer.from(disk.contents(path)).toString()
  const body = text.slice(9).trimEnd()
  if (crc32(body).toString(16).padStart(8, '0') !== text.slice(0, 8)) return 0
  return (JSON.parse(body) as { readonly durable: number }).durable
}

async function radiusOf(disk: SimDisk, clock: VirtualClock): Promise<Whole['radius']> {
  const radius = new Map<string, Set<string>>()
  const frames: { readonly path: string; readonly from: number; readonly to: number }[] = []
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk({ log: false }, disk.state.copy()) }
  await dumpJournal({ dir, platform }, (line) => {
    if (line.kind === 'damage') return
    const path = `${dir}/${line.file.split('/').at(-1)}`
    frames.push({ path, from: line.offset, to: line.offset + line.bytes })
    radius.set(`${path} ${line.offset}`, new Set())
    for (const { topic, partition, offset, dataAt = line.offset } of line.entries ?? []) {
      const home = frames.find((frame) => frame.path === path && dataAt >= frame.from && dataAt < frame.to)!
      for (const from of [line.offset, home.from]) radius.get(`${path} ${from}`)!.add(`${topic}/${partition}/${offset}`)
    }
  })
  return radius
}

/** Saves what is whole into another folder; answers the places that are gone. Throws when a wrong byte was saved. */
export async function lostInSalvage(damaged: SimDisk, whole: Whole): Promise<ReadonlySet<string>> {
  const { clock } = whole.trace
  const disk = new SimDisk({ log: false }, damaged.state.copy())
  const to = '/saved'
  await salvageJournal({ dir, to, platform: { clock, random: new SeededRandom(1), disk } })
  const journal = await openOn(disk, clock, { dir: to })
  const { records, isDamaged } = await served(journal)
  await journal.close()
  assert.ok(!isDamaged, 'what was saved is damaged')
  for (const [place, record] of records) assert.equal(record, whole.records.get(place), `wrong bytes saved at ${place}`)
  return new Set([...whole.records.keys()].filter((place) => !records.has(place)))
}
