/**
 * The index of a sealed segment on disk. It is a help, never a truth: every part has its checksum, and one that does not fit is made again from the
 * segment. What every start and every search wants of every segment stands first and is small; the rest is read when the segment is.
 *
 *      0 8 bytes magic  "MBJIDX" FF, version 2
 *      8 u32 crc        of bytes 12 .. 32 + summaryBytes
 *     12 u32 summaryBytes
 *     16 f64 base
 *     24 f64 bytes      of the segment
 *     32     summary, JSON: contents, the first hash of each block of rides, and the detail's size and crc
 *            detail, JSON: chunks and rows
 *            padding to 4096, and then blocks of 4096 bytes: u32 crc of what follows, u32 count, and pairs of u32 frame, u32 hash, sorted by hash
 */
import { crc32 } from 'node:zlib'
import type { DiskFile } from '../internal/platform/disk.ts'
import { readFully } from './read-fully.ts'
import { SegmentIndex } from './segment-index.ts'
import type { Contents, IndexRow } from './segment-index.ts'

const magic = Buffer.from([0x4d, 0x42, 0x4a, 0x49, 0x44, 0x58, 0xff, 0x02])
const headBytes = 32
/** What is read at once: a head with its summary is seldom larger. */
const firstReadBytes = 8 * 1024
export const rideBlockBytes = 4096
const pairsPerBlock = (rideBlockBytes - 8) / 8

interface SummaryText {
  readonly lastTime: number
  readonly contents: readonly (readonly [place: number, contents: Contents])[]
  readonly firstHashes: readonly number[]
  readonly detailBytes: number
  readonly detailCrc: number
}

interface Detail {
  readonly chunkStarts: readonly number[]
  readonly chunkTimes: readonly number[]
  /** For each place: chunk, first, last of each row, one behind the other. */
  readonly rows: readonly (readonly [place: number, flat: readonly number[]])[]
}

/** Where rides are to be looked up in the file. */
export interface RideBlocks {
  /** First hash of each block of rides. */
  readonly firstHashes: readonly number[]
  /** Where the blocks begin in the file. */
  readonly ridesAt: number
}

/** What a sealed segment holds, without saying where. */
export interface IndexSummary extends RideBlocks {
  readonly lastTime: number
  readonly contents: ReadonlyMap<number, Contents>
  readonly detailAt: number
  readonly detailBytes: number
  readonly detailCrc: number
}

/** A sealed segment's index in memory: all but the rides, which stay on disk. */
export interface SealedIndex extends RideBlocks {
  readonly index: SegmentIndex
}

/** The bytes of the file. */
export function encodeIndex(index: SegmentIndex, base: number, segmentBytes: number): Buffer {
  const pairs = index.rides.sorted()
  const blocks = Math.ceil(pairs.length / 2 / pairsPerBlock)
  const firstHashes = Array.from({ length: blocks }, (_, block) => pairs[block * pairsPerBlock * 2 + 1]!)
  const detail: Detail = {
    chunkStarts: index.chunkStarts,
    chunkTimes: index.chunkTimes,
    rows: [...index.rows].map(([place, rows]) => [
      place,
      rows.flatMap(({ chunk, first, last }) => [chunk, first, last]),
    ]),
  }
  const detailText = Buffer.from(JSON.stringify(detail))
  const summary: SummaryText = {
    lastTime: index.lastTime,
    contents: [...index.contents],
    firstHashes,
    detailBytes: detailText.length,
    detailCrc: crc32(detailText),
  }
  const text = Buffer.from(JSON.stringify(summary))
  const ridesAt = alignUp(headBytes + text.length + detailText.length)
  const bytes = Buffer.alloc(ridesAt + blocks * rideBlockBytes)
  magic.copy(bytes)
  bytes.writeUInt32LE(text.length, 12)
  bytes.writeDoubleLE(base, 16)
  bytes.writeDoubleLE(segmentBytes, 24)
  text.copy(bytes, headBytes)
  detailText.copy(bytes, headBytes + text.length)
  bytes.writeUInt32LE(crc32(bytes.subarray(12, headBytes + text.length)), 8)
  for (let block = 0; block < blocks; block++) {
    const part = pairs.subarray(block * pairsPerBlock * 2, (block + 1) * pairsPerBlock * 2)
    const at = ridesAt + block * rideBlockBytes
    bytes.writeUInt32LE(part.length / 2, at + 4)
    Buffer.from(part.buffer, part.byteOffset, part.byteLength).copy(bytes, at + 8)
    bytes.writeUInt32LE(crc32(bytes.subarray(at + 4, at + rideBlockBytes)), at)
  }
  return bytes
}

/** Reads the summary of an index file; undefined when it is not the whole and right one of this segment. */
export async function readSummary(
  file: DiskFile,
  base: number,
  segmentBytes: number,
): Promise<IndexSummary | undefined> {
  const first = Buffer.allocUnsafe(firstReadBytes)
  const head = first.subarray(0, await readFully(file, first, 0))
  if (head.length < headBytes || !head.subarray(0, 8).equals(magic)) return undefined
  const detailAt = headBytes + head.readUInt32LE(12)
  if (head.readDoubleLE(16) !== base || head.readDoubleLE(24) !== segmentBytes || detailAt > (await file.size()))
    return undefined
  const bytes = detailAt <= head.length ? head.subarray(0, detailAt) : await readExactly(file, 0, detailAt)
  if (bytes === undefined || crc32(bytes.subarray(12)) !== head.readUInt32LE(8)) return undefined
  const text = JSON.parse(bytes.toString('utf8', headBytes)) as SummaryText
  const { lastTime, contents, firstHashes, detailBytes, detailCrc } = text
  return {
    lastTime,
    contents: new Map(contents),
    firstHashes,
    ridesAt: alignUp(detailAt + detailBytes),
    detailAt,
    detailBytes,
    detailCrc,
  }
}

/** Reads an index file, all but the rides; undefined when it is not the whole and right one of this segment. */
export async function readIndex(file: DiskFile, base: number, segmentBytes: number): Promise<SealedIndex | undefined> {
  const summary = await readSummary(file, base, segmentBytes)
  if (summary === undefined) return undefined
  const text = await readExactly(file, summary.detailAt, summary.detailBytes)
  if (text === undefined || crc32(text) !== summary.detailCrc) return undefined
  const detail = JSON.parse(text.toString()) as Detail
  const index = new SegmentIndex()
  index.lastTime = summary.lastTime
  index.chunkStarts.push(...detail.chunkStarts)
  index.chunkTimes.push(...detail.chunkTimes)
  for (const [place, contents] of summary.contents) index.contents.set(place, contents)
  for (const [place, flat] of detail.rows) index.rows.set(place, rowsOf(flat))
  return { index, firstHashes: summary.firstHashes, ridesAt: summary.ridesAt }
}

/** Frames that may hold an entry with this hash; undefined when a block is damaged. Reads a block or two. */
export async function findRide(
  file: DiskFile,
  blocks: RideBlocks,
  hash: number,
): Promise<readonly number[] | undefined> {
  const frames: number[] = []
  const { firstHashes, ridesAt } = blocks
  for (let block = firstBlock(firstHashes, hash); block < firstHashes.length && firstHashes[block]! <= hash; block++) {
    const bytes = await readExactly(file, ridesAt + block * rideBlockBytes, rideBlockBytes)
    if (bytes === undefined || crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return undefined
    const count = bytes.readUInt32LE(4)
    for (let index = 0; index < count; index++)
      if (bytes.readUInt32LE(8 + index * 8 + 4) === hash) frames.push(bytes.readUInt32LE(8 + index * 8))
  }
  return frames
}

/** The last block that begins below `hash`, since it may end with it; or the first block. */
function firstBlock(firstHashes: readonly number[], hash: number): number {
  let low = 0
  let high = firstHashes.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (firstHashes[middle]! < hash) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

function rowsOf(flat: readonly number[]): IndexRow[] {
  const rows: IndexRow[] = []
  for (let at = 0; at < flat.length; at += 3) rows.push({ chunk: flat[at]!, first: flat[at + 1]!, last: flat[at + 2]! })
  return rows
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / rideBlockBytes) * rideBlockBytes
}

async function readExactly(file: DiskFile, position: number, length: number): Promise<Buffer | undefined> {
  const buffer = Buffer.allocUnsafe(length)
  return (await readFully(file, buffer, position)) === length ? buffer : undefined
}
