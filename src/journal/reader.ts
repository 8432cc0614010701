/**
 * Reads records from the files. The unit of reading is a chunk of the index: about 256 KiB of frames, checked once and kept for a while, so that the
 * partitions that lie interleaved in it share one read.
 *
 * Invariants:
 * - D1 Nothing is served from a frame whose checksum does not fit, nor data from such a frame by reference.
 * - D2 Nothing beyond the durable position is served.
 * - D3 Memory is bounded by `chunkBytesMax` and the largest frame, however long the journal.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import { decodeEntry, EntryView, hashRide } from './entry.ts'
import { frameHeaderBytes, frameMagic, frameSizeAt, readFrame } from './frame.ts'
import type { Frame } from './frame.ts'
import type { PlacedRecord, ReadLimits } from './journal.ts'
import { segmentHeaderBytes, segmentName } from './segment-file.ts'
import type { IndexRow, SegmentIndex } from './segment-index.ts'
import type { Segment, Segments } from './segments.ts'
import { placeOf } from './state.ts'
import type { State } from './state.ts'
import { blockOf } from './unit.ts'

const chunkBytesMax = 8 * 1024 * 1024

/** Frames of a chunk in order; a string tells what was found instead of a frame, and from where to where. */
interface Chunk {
  readonly frames: readonly (Frame | Gap)[]
  readonly isDamaged: boolean
}

/** A row of the index where it was found. */
interface Located {
  readonly segment: Segment
  readonly index: SegmentIndex
  readonly chunk: Chunk
  readonly last: number
  /** All frames of the chunk are durable. */
  readonly isWhole: boolean
}

/** A row of an index with its entries. */
interface NumberedRow {
  readonly topic: number
  readonly partition: number
  readonly entries: readonly { readonly view: EntryView; readonly data: Uint8Array }[]
  readonly copiedTo: number
}

/** An entry and the frame that it lies in. */
interface Found {
  readonly entry: EntryView
  readonly frame: Frame
}

interface Gap {
  readonly fault: string
  readonly start: number
  readonly end: number
}

export class Reader {
  readonly #segments: Segments
  readonly #state: State
  /** Whose homes the records get. */
  readonly #owner: object
  readonly #durable: () => number
  readonly #chunks = new Map<string, { readonly chunk: Promise<Chunk>; readonly bytes: number }>()
  #chunkBytes = 0

  constructor(segments: Segments, state: State, owner: object, durable: () => number) {
    this.#segments = segments
    this.#state = state
    this.#owner = owner
    this.#durable = durable
  }

  async read(topic: number, partition: number, offset: number, limits: ReadLimits): Promise<readonly Record[]> {
    const records: Record[] = []
    let bytes = 0
    let next = offset
    let home: Frame | undefined
    while (records.length < limits.recordsMax && bytes < limits.bytesMax) {
      const found = await this.#locate(placeOf(topic, partition), next)
      if (found === undefined) break
      const { segment, index, chunk, last } = found
      for (const { entry, frame } of this.#entriesOf(found, topic, partition, next, records.length > 0)) {
        if (records.length >= limits.recordsMax || bytes >= limits.bytesMax) break
        // Entries that refer to others mostly follow each other as their data does: one look-up serves many.
        if (entry.homeFrame !== 0 && home?.position !== segment.base + entry.homeFrame)
          home = await this.homeFrame(segment, index, entry)
        records.push(this.#decode(segment, entry, frame, home))
        bytes += entry.size
        next = entry.offset + 1
      }
      // Frames that are not durable yet, or damage, hide what is left of the row.
      if (next <= last && (!found.isWhole || chunk.isDamaged)) break
      next = Math.max(next, last + 1)
    }
    return records
  }

  /** The first entry of a partition appended at or after `timeMs`; undefined when there is none. */
  async offsetAt(topic: number, partition: number, begin: number, timeMs: number): Promise<number | undefined> {
    let next = begin
    for (;;) {
      const found = await this.#locate(placeOf(topic, partition), next, timeMs)
      if (found === undefined) return undefined
      for (const { entry } of this.#entriesOf(found, topic, partition, next, false))
        if (entry.appendedAt >= timeMs) return entry.offset
      if (!found.isWhole) return undefined
      next = found.last + 1
    }
  }

  async ride(ride: string): Promise<readonly PlacedRecord[]> {
    const hash = hashRide(ride)
    const found: (PlacedRecord & { readonly position: number })[] = []
    const seen = new Set<string>()
    for (const segment of this.#segments.list.slice()) {
      const index = await this.#segments.index(segment)
      for (const offset of await this.#segments.ridesIn(segment, hash)) {
        const frame = await this.#frame(segment, index, offset)
        if (frame === undefined) continue
        for (const { topic, partition, entry } of entriesOfRide(frame, hash, ride)) {
          const state = this.#state.topicByNumber(topic)!
          const place = `${topic}/${partition}/${entry.offset}`
          // While a segment is being cleaned, an entry may lie in two.
          if (entry.offset < state.begins[partition]! || seen.has(place)) continue
          seen.add(place)
          const home = entry.homeFrame === 0 ? undefined : await this.homeFrame(segment, index, entry)
          found.push({
            topic: state.name,
            partition,
            record: this.#decode(segment, entry, frame, home),
            position: frame.position,
          })
        }
      }
    }
    found.sort((a, b) => a.record.appendedAt - b.record.appendedAt || a.position - b.position)
    return found.map(({ topic, partition, record }) => ({ topic, partition, record }))
  }

  /** Every row of a segment, chunk by chunk, with the data of its entries. Throws MB_JOURNAL_CORRUPT at a damaged frame. */
  async *rows(segment: Segment): AsyncGenerator<NumberedRow> {
    const index = await this.#segments.index(segment)
    for (let number = 0; number < index.chunkStarts.length; number++) {
      const chunk = await this.#chunk(segment, index, number)
      for (const frame of chunk.frames) if ('fault' in frame) throw this.#damaged(segment, frame)
      for (const [place, rows] of index.rows) {
        const partition = place % 65_536
        const topic = (place - partition) / 65_536
        for (const { chunk: at, first, last } of rows) {
          if (at !== number) continue
          const located = { segment, index, chunk, last, isWhole: true }
          const entries = []
          for (const { entry, frame } of this.#entriesOf(located, topic, partition, first, false)) {
            const home = entry.homeFrame === 0 ? undefined : await this.homeFrame(segment, index, entry)
            entries.push({ view: entry, data: dataOf(entry, frame, home) })
          }
          yield { topic, partition, entries, copiedTo: await this.#copiedTo(segment, place, first, last) }
        }
      }
    }
  }

  /** How much of a row lies in later segments too: by index invariant X2 a row within it is a copy, and copies are made in order. */
  async #copiedTo(segment: Segment, place: number, first: number, last: number): Promise<number> {
    let copiedTo = -1
    for (const later of this.#segments.list.slice()) {
      const contents = later.base > segment.base ? later.contents.get(place) : undefined
      if (contents === undefined || contents.first > last || contents.last < first) continue
      const index = await this.#segments.index(later)
      for (const row of index.rows.get(place) ?? [])
        if (row.first >= first && row.last <= last) copiedTo = Math.max(copiedTo, row.last)
    }
    return copiedTo
  }

  /** The frame that holds the data that an entry refers to, checked. */
  async homeFrame(segment: Segment, index: SegmentIndex, entry: EntryView): Promise<Frame> {
    const frame = await this.#frame(segment, index, entry.homeFrame)
    if (frame === undefined || entry.homeData - entry.homeFrame + entry.dataBytes > frame.size)
      throw this.#damaged(segment, { fault: 'reference', start: entry.homeFrame, end: entry.homeFrame })
    return frame
  }

  #decode(segment: Segment, entry: EntryView, frame: Frame, homeFrame: Frame | undefined): Record {
    const offset = (entry.homeFrame === 0 ? frame : homeFrame!).position - segment.base
    const inFrame = entry.homeFrame === 0 ? entry.dataStart - frame.start : entry.homeData - entry.homeFrame
    const home = {
      owner: this.#owner,
      segment: segment.base,
      frame: offset,
      position: offset + inFrame,
      length: entry.dataBytes,
    }
    return decodeEntry(entry, dataOf(entry, frame, entry.homeFrame === 0 ? undefined : homeFrame), home)
  }

  /** The row that has the lowest offset at or above `offset`, with its chunk; those before `timeMs` are passed over. */
  async #locate(place: number, offset: number, timeMs = 0): Promise<Located | undefined> {
    let best: { segment: Segment; index: SegmentIndex; row: IndexRow } | undefined
    for (const segment of this.#segments.list.slice()) {
      const contents = segment.contents.get(place)
      if (contents === undefined || contents.last < offset) continue
      if (best !== undefined && Math.max(contents.first, offset) >= Math.max(best.row.first, offset)) continue
      const index = await this.#segments.index(segment)
      const row = index.rowAt(place, offset, timeMs)
      if (row === undefined) continue
      if (best === undefined || Math.max(row.first, offset) < Math.max(best.row.first, offset))
        best = { segment, index, row }
      if (best.row.first <= offset) break
    }
    if (best === undefined) return undefined
    const { segment, index, row } = best
    // Taken together, before the file is read: frames are appended meanwhile.
    const { last } = row
    const isWhole = this.#isDurable(segment, index, row.chunk)
    return { segment, index, last, isWhole, chunk: await this.#chunk(segment, index, row.chunk) }
  }

  /**
   * Entries of a partition in a chunk, from `from` on. Stops before damage that may hide the next one, when something `wasFound` before it, and throws it
   * when it is what comes first: so that what is whole behind it can be read from its own offset.
   */
  *#entriesOf(located: Located, topic: number, partition: number, from: number, wasFound: boolean): Generator<Found> {
    const { segment, chunk, last } = located
    let gap: Gap | undefined
    let found = wasFound
    let next = from
    for (const frame of chunk.frames) {
      if ('fault' in frame) {
        gap = frame
        continue
      }
      for (let index = 0; index < frame.blocks; index++) {
        const block = blockOf(frame, index)
        if (block.topic !== topic || block.partition !== partition) continue
        if (gap !== undefined && block.first > next) {
          if (found) return
          throw this.#damaged(segment, gap)
        }
        gap = undefined
        let at = block.start
        for (let left = block.last < next ? 0 : block.count; left > 0; left--) {
          const entry = new EntryView(frame.buffer, at)
          at += entry.size
          if (entry.offset < next || entry.offset > last) continue
          found = true
          next = entry.offset + 1
          yield { entry, frame }
        }
      }
    }
    if (gap !== undefined && !found) throw this.#damaged(segment, gap)
  }

  /** The checked frame at an offset of a segment; undefined when it is not durable yet. Throws when it is damaged. */
  async #frame(segment: Segment, index: SegmentIndex, offset: number): Promise<Frame | undefined> {
    const chunk = await this.#chunk(segment, index, index.chunkOf(offset))
    for (const frame of chunk.frames) {
      if ('fault' in frame) {
        if (offset >= frame.start && offset < frame.end) throw this.#damaged(segment, frame)
      } else if (frame.position === segment.base + offset) return frame
    }
    return undefined
  }

  async #chunk(segment: Segment, index: SegmentIndex, number: number): Promise<Chunk> {
    const start = index.chunkStarts[number] ?? segmentHeaderBytes
    const end = Math.min(index.chunkStarts[number + 1] ?? segment.bytes, this.#durable() - segment.base)
    const key = `${segment.base}/${start}/${end}`
    const known = this.#chunks.get(key)
    if (known !== undefined) {
      // Put back as the newest: the map is in the order of use.
      this.#chunks.delete(key)
      this.#chunks.set(key, known)
      return known.chunk
    }
    const chunk = this.#load(segment, start, end)
    this.#chunks.set(key, { chunk, bytes: end - start })
    this.#chunkBytes += end - start
    for (const oldest of this.#chunks.keys()) {
      if (this.#chunkBytes <= chunkBytesMax || oldest === key) break
      this.#forget(oldest)
    }
    chunk.catch(() => this.#forget(key))
    return chunk
  }

  #forget(key: string): void {
    this.#chunkBytes -= this.#chunks.get(key)?.bytes ?? 0
    this.#chunks.delete(key)
  }

  async #load(segment: Segment, start: number, end: number): Promise<Chunk> {
    if (end <= start) return { frames: [], isDamaged: false }
    const buffer = Buffer.allocUnsafeSlow(end - start)
    const filled = await this.#segments.use(segmentName(segment.base), async (file) => {
      let done = 0
      while (done < buffer.length) {
        const count = await file.read(buffer, done, buffer.length - done, start + done)
        if (count === 0) break
        done += count
      }
      return done
    })
    const frames: (Frame | Gap)[] = []
    let isDamaged = false
    for (let at = 0; at < buffer.length;) {
      const frame = readFrame(buffer, at, filled, segment.base + start + at)
      if (typeof frame === 'string') {
        const next = nextFrame(buffer, at + 1, filled, segment.base + start)
        frames.push({ fault: frame, start: start + at, end: start + next })
        at = next
        isDamaged = true
      } else {
        frames.push(frame)
        at += frame.size
      }
    }
    return { frames, isDamaged }
  }

  #isDurable(segment: Segment, index: SegmentIndex, chunk: number): boolean {
    return segment.base + (index.chunkStarts[chunk + 1] ?? segment.bytes) <= this.#durable()
  }

  #damaged(segment: Segment, gap: Gap): MetrobusError {
    const file = this.#segments.path(segmentName(segment.base))
    return new MetrobusError('MB_JOURNAL_CORRUPT', {
      file,
      offset: gap.start,
      range: gap.end - gap.start,
      detail: gap.fault,
    })
  }
}

/** Where the next whole frame begins behind damage; the end of the buffer when there is none. */
function nextFrame(buffer: Buffer, from: number, end: number, position: number): number {
  for (
    let at = buffer.indexOf(frameMagic, from);
    at !== -1 && at + frameHeaderBytes <= end;
    at = buffer.indexOf(frameMagic, at + 1)
  ) {
    if (frameSizeAt(buffer, at, end) !== undefined && typeof readFrame(buffer, at, end, position + at) !== 'string')
      return at
  }
  return buffer.length
}

/** The data of an entry: in its own frame, or in the one that it refers to. */
function dataOf(entry: EntryView, frame: Frame, homeFrame: Frame | undefined): Buffer {
  const holder = homeFrame ?? frame
  const start = homeFrame === undefined ? entry.dataStart : homeFrame.start + entry.homeData - entry.homeFrame
  return holder.buffer.subarray(start, start + entry.dataBytes)
}

function* entriesOfRide(
  frame: Frame,
  hash: number,
  ride: string,
): Generator<{ topic: number; partition: number; entry: EntryView }> {
  for (let index = 0; index < frame.blocks; index++) {
    const { topic, partition, start, count } = blockOf(frame, index)
    let at = start
    for (let left = count; left > 0; left--) {
      const entry = new EntryView(frame.buffer, at)
      at += entry.size
      if (entry.rideHash === hash && entry.ride === ride) yield { topic, partition, entry }
    }
  }
}
