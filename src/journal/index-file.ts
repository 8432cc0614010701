/**
 * The index of a sealed segment on disk. It is a help, never a truth: every part has its checksum, and one that does not fit is made again from the
 * segment.
 *
 *      0 8 bytes magic  "MBJIDX" FF, version 1
 *      8 u32 crc        of bytes 12 .. 32 + detailBytes
 *     12 u32 detailBytes
 *     16 f64 base
 *     24 f64 bytes      of the segment
 *     32     detail, JSON: chunks, rows, contents, and the first hash of each block of rides
 *            padding to 4096, and then blocks of 4096 bytes: u32 crc of what follows, u32 count, and pairs of u32 frame, u32 hash, sorted by hash
 */
import { crc32 } from 'node:zlib'
import type { DiskFile } from '../internal/platform/disk.ts'
import { readFully } from './read-fully.ts'
import { SegmentIndex } from './segment-index.ts'
import type { Contents, IndexRow } from './segment-index.ts'

const magic = Buffer.from([0x4d, 0x42, 0x4a, 0x49, 0x44, 0x58, 0xff, 0x01])
const headBytes = 32
export const rideBlockBytes = 4096
const pairsPerBlock = (rideBlockBytes - 8) / 8

interface Detail {
  readonly lastTime: number
  readonly chunkStarts: readonly number[]
  readonly chunkTimes: readonly number[]
  readonly contents: readonly (readonly [place: number, contents: Contents])[]
  /** For each place: chunk, first, last of each row, one behind the other. */
  readonly rows: readonly (readonly [place: number, flat: readonly number[]])[]
  readonly firstHashes: readonly number[]
}

/** A sealed segment's index in memory: all but the rides, which stay on disk. */
export interface SealedIndex {
  readonly index: SegmentIndex
  /** First hash of each block of rides. */
  readonly firstHashes: readonly number[]
  /** Where the blocks begin in the file. */
  readonly ridesAt: number
}

/** The bytes of the file. */
export function encodeIndex(index: SegmentIndex, base: number, segmentBytes: number): Buffer {
  const pairs = index.rides.sorted()
  const blocks = Math.ceil(pairs.length / 2 / pairsPerBlock)
  const firstHashes = Array.from({ length: blocks }, (_, block) => pairs[block * pairsPerBlock * 2 + 1]!)
  const detail: Detail = {
    lastTime: index.lastTime,
    chunkStarts: index.chunkStarts,
    chunkTimes: index.chunkTimes,
    contents: [...index.contents],
    rows: [...index.rows].map(([place, rows]) => [
      place,
      rows.flatMap(({ chunk, first, last }) => [chunk, first, last]),
    ]),
    firstHashes,
  }
  const text = Buffer.from(JSON.stringify(detail))
  const ridesAt = alignUp(headBytes + text.length)
  const bytes = Buffer.alloc(ridesAt + blocks * rideBlockBytes)
  magic.copy(bytes)
  bytes.writeUInt32LE(text.length, 12)
  bytes.writeDoubleLE(base, 16)
  bytes.writeDoubleLE(segmentBytes, 24)
  text.copy(bytes, headBytes)
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

/** Reads an index file; undefined when it is not the whole and right one of this segment. */
export async function readIndex(file: DiskFile, base: number, segmentBytes: number): Promise<SealedIndex | undefined> {
  const head = await readExactly(file, 0, headBytes)
  if (head === undefined || !head.subarray(0, 8).equals(magic)) return undefined
  const detailBytes = head.readUInt32LE(12)
  if (
    head.readDoubleLE(16) !== base ||
    head.readDoubleLE(24) !== segmentBytes ||
    headBytes + detailBytes > (await file.size())
  )
    return undefined
  const text = await readExactly(file, headBytes, detailBytes)
  if (text === undefined || crc32(text, crc32(head.subarray(12))) !== head.readUInt32LE(8)) return undefined
  const detail = JSON.parse(text.toString()) as Detail
  const index = new SegmentIndex()
  index.lastTime = detail.lastTime
  index.chunkStarts.push(...detail.chunkStarts)
  index.chunkTimes.push(...detail.chunkTimes)
  for (const [place, contents] of detail.contents) index.contents.set(place, contents)
  for (const [place, flat] of detail.rows) index.rows.set(place, rowsOf(flat))
  return { index, firstHashes: detail.firstHashes, ridesAt: alignUp(headBytes + detailBytes) }
}

/** Frames that may hold an entry with this hash; undefined when a block is damaged. Reads a block or two. */
export async function findRide(
  file: DiskFile,
  sealed: SealedIndex,
  hash: number,
): Promise<readonly number[] | undefined> {
  const frames: number[] = []
  const { firstHashes } = sealed
  for (let block = firstBlock(firstHashes, hash); block < firstHashes.length && firstHashes[block]! <= hash; block++) {
    const bytes = await readExactly(file, sealed.ridesAt + block * rideBlockBytes, rideBlockBytes)
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
