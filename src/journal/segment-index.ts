/**
 * Where things are in one segment. Frames are grouped into chunks of about 256 KiB, the unit of reading; the index knows for each chunk which topic
 * partitions it holds, from which offset to which, and for each entry the hash of its ride and the frame.
 *
 * Invariants:
 * - X1 It is a function of the segment's frames: a lost index is made again from them.
 * - X2 Within the offsets of a row no other row has an entry that this one has not: rows of one partition are disjoint, but for copies. So entries that
 *   are moved keep the rows that they came from apart, and each block of them is a row of its own.
 */
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import { placeOf } from './state.ts'
import { blockOf } from './unit.ts'

const chunkBytes = 256 * 1024

/** Entries of one partition in one chunk. */
export interface IndexRow {
  readonly chunk: number
  readonly first: number
  last: number
}

/** What a segment holds of one partition. */
export interface Contents {
  readonly topic: number
  readonly partition: number
  first: number
  last: number
  count: number
  bytes: number
}

export class SegmentIndex {
  /** Offset in the file where each chunk begins, and the latest append time of its entries. */
  readonly chunkStarts: number[] = []
  readonly chunkTimes: number[] = []
  readonly rows: Map<number, IndexRow[]> = new Map()
  readonly contents: Map<number, Contents> = new Map()
  readonly rides: RideList = new RideList()
  lastTime = 0

  /** Takes the next frame, at `offset` in the file. */
  add(frame: Frame, offset: number): void {
    const lastStart = this.chunkStarts.at(-1)
    if (lastStart === undefined || offset - lastStart >= chunkBytes) {
      this.chunkStarts.push(offset)
      this.chunkTimes.push(0)
    }
    if (frame.kind !== FrameKind.unit && frame.kind !== FrameKind.moved) return
    const mayJoin = frame.kind === FrameKind.unit
    const chunk = this.chunkStarts.length - 1
    for (let index = 0; index < frame.blocks; index++) {
      const block = blockOf(frame, index)
      const place = placeOf(block.topic, block.partition)
      this.#addRow(place, chunk, block, mayJoin)
      this.#addContents(place, block)
      this.#addEntries(frame.buffer, block.start, block.count, offset, chunk)
    }
  }

  /** The row that has the lowest offset at or above `offset` in a chunk that reaches `timeMs`; undefined when there is none. */
  rowAt(place: number, offset: number, timeMs: number): IndexRow | undefined {
    let best: IndexRow | undefined
    for (const row of this.rows.get(place) ?? []) {
      if (row.last < offset || this.chunkTimes[row.chunk]! < timeMs) continue
      if (best === undefined || Math.max(row.first, offset) < Math.max(best.first, offset)) best = row
      if (best.first <= offset) break
    }
    return best
  }

  /** Number of the chunk that holds the frame at `offset`. */
  chunkOf(offset: number): number {
    let low = 0
    let high = this.chunkStarts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.chunkStarts[middle]! <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  #addRow(place: number, chunk: number, { first, last }: Contents, mayJoin: boolean): void {
    let rows = this.rows.get(place)
    if (rows === undefined) this.rows.set(place, (rows = []))
    const row = rows.at(-1)
    if (mayJoin && row !== undefined && row.chunk === chunk && row.last + 1 === first) row.last = last
    else rows.push({ chunk, first, last })
  }

  #addContents(place: number, block: Contents): void {
    const known = this.contents.get(place)
    if (known === undefined) {
      const { topic, partition, first, last, count, bytes } = block
      this.contents.set(place, { topic, partition, first, last, count, bytes })
      return
    }
    known.first = Math.min(known.first, block.first)
    known.last = Math.max(known.last, block.last)
    known.count += block.count
    known.bytes += block.bytes
  }

  #addEntries(buffer: Buffer, start: number, count: number, frameOffset: number, chunk: number): void {
    // A view reads a number in one instruction, a buffer byte by byte.
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length)
    let latest = this.chunkTimes[chunk]!
    let at = start
    for (let left = count; left > 0; left--) {
      this.rides.add(view.getUint32(at + 4, true), frameOffset)
      latest = Math.max(latest, view.getFloat64(at + 72, true))
      at += view.getUint32(at, true)
    }
    this.chunkTimes[chunk] = latest
    this.lastTime = Math.max(this.lastTime, latest)
  }
}

/** Pairs of frame offset and ride hash: as 64-bit numbers they sort by hash, then by frame. */
export class RideList {
  #pairs: Uint32Array<ArrayBuffer> = new Uint32Array(0)
  #used = 0

  add(hash: number, frame: number): void {
    if (this.#used === this.#pairs.length) {
      const grown = new Uint32Array(Math.max(2048, this.#pairs.length * 2))
      grown.set(this.#pairs)
      this.#pairs = grown
    }
    this.#pairs[this.#used++] = frame
    this.#pairs[this.#used++] = hash
  }

  /** Frames that hold an entry with this hash, ascending, each once. */
  find(hash: number): readonly number[] {
    const frames: number[] = []
    for (let index = 0; index < this.#used; index += 2) {
      if (this.#pairs[index + 1] !== hash) continue
      const frame = this.#pairs[index]!
      if (frames.at(-1) !== frame) frames.push(frame)
    }
    return frames
  }

  /** All pairs, frame then hash, sorted by hash and frame, each once. */
  sorted(): Uint32Array {
    const pairs = this.#pairs.slice(0, this.#used)
    new BigUint64Array(pairs.buffer).sort()
    let kept = 0
    for (let index = 0; index < pairs.length; index += 2) {
      if (kept > 0 && pairs[index] === pairs[kept - 2] && pairs[index + 1] === pairs[kept - 1]) continue
      pairs[kept++] = pairs[index]!
      pairs[kept++] = pairs[index + 1]!
    }
    return pairs.subarray(0, kept)
  }
}
