/**
 * Reads records from the files. The unit of reading is a chunk of the index: about 256 KiB of frames, checked once and kept for a while, so that the
 * partitions that lie interleaved in it share one read.
 *
 * Invariants:
 * - D1 Nothing is served from a frame whose checksum does not fit, nor data from such a frame by reference.
 * - D2 Nothing beyond the durable position is served.
 * - D3 What is answered holds no buffer: chunks are let go when a call ends, so memory does not grow with the journal.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import { ChunkCache } from './chunk-cache.ts'
import type { Chunk, Gap, Pins } from './chunk-cache.ts'
import { decodeEntry, EntryView, hashRide } from './entry.ts'
import type { Frame } from './frame.ts'
import type { PlacedRecord, ReadLimits } from './journal.ts'
import { segmentHeaderBytes, segmentName } from './segment-file.ts'
import type { IndexRow, SegmentIndex } from './segment-index.ts'
import type { Segment, Segments } from './segments.ts'
import { placeOf } from './state.ts'
import type { State } from './state.ts'
import { blockOf } from './unit.ts'

/** A row of the index where it was found. */
interface Located {
  readonly segment: Segment
  readonly index: SegmentIndex
  readonly chunk: Chunk
  readonly last: number
  /** All frames of the chunk are durable. */
  readonly isWhole: boolean
}

/** An entry with its data, both copied out of the chunks. */
interface StoredCopy {
  readonly view: EntryView
  readonly data: Uint8Array
}

interface ChunkRow {
  readonly place: number
  readonly row: IndexRow
  readonly entries: readonly StoredCopy[]
}

interface RideEntry extends PlacedRecord {
  readonly position: number
}

/** A row of an index with its entries. */
interface NumberedRow {
  readonly topic: number
  readonly partition: number
  readonly entries: readonly StoredCopy[]
  readonly copiedTo: number
}

/** An entry and the frame that it lies in. */
interface Found {
  readonly entry: EntryView
  readonly frame: Frame
}

export class Reader {
  readonly #segments: Segments
  readonly #state: State
  /** Whose homes the records get. */
  readonly #owner: object
  readonly #durable: () => number
  readonly #chunks: ChunkCache

  constructor(segments: Segments, state: State, owner: object, durable: () => number) {
    this.#segments = segments
    this.#chunks = new ChunkCache(segments)
    this.#state = state
    this.#owner = owner
    this.#durable = durable
  }

  read(topic: number, partition: number, offset: number, limits: ReadLimits): Promise<readonly Record[]> {
    return this.#pinned(async (pins) => {
      const records: Record[] = []
      let bytes = 0
      let next = offset
      while (records.length < limits.recordsMax && bytes < limits.bytesMax) {
        this.#chunks.release(pins)
        const found = await this.#locate(pins, placeOf(topic, partition), next)
        if (found === undefined) break
        const { segment, index, chunk, last } = found
        let home: Frame | undefined
        for (const { entry, frame } of this.#entriesOf(found, topic, partition, next, records.length > 0)) {
          if (records.length >= limits.recordsMax || bytes >= limits.bytesMax) break
          // Entries that refer to others mostly follow each other as their data does: one look-up serves many.
          if (entry.homeFrame !== 0 && home?.position !== segment.base + entry.homeFrame)
            home = await this.#homeFrame(pins, segment, index, entry)
          records.push(this.#decode(segment, entry, frame, home))
          bytes += entry.size
          next = entry.offset + 1
        }
        // Frames that are not durable yet, or damage, hide what is left of the row.
        if (next <= last && (!found.isWhole || chunk.isDamaged)) break
        next = Math.max(next, last + 1)
      }
      return records
    })
  }

  /** The first entry of a partition appended at or after `timeMs`; undefined when there is none. */
  offsetAt(topic: number, partition: number, begin: number, timeMs: number): Promise<number | undefined> {
    return this.#pinned(async (pins) => {
      let next = begin
      for (;;) {
        this.#chunks.release(pins)
        const found = await this.#locate(pins, placeOf(topic, partition), next, timeMs)
        if (found === undefined) return undefined
        for (const { entry } of this.#entriesOf(found, topic, partition, next, false))
          if (entry.appendedAt >= timeMs) return entry.offset
        if (!found.isWhole) return undefined
        next = found.last + 1
      }
    })
  }

  async ride(ride: string): Promise<readonly PlacedRecord[]> {
    const hash = hashRide(ride)
    const found: RideEntry[] = []
    for (const segment of this.#segments.list.slice()) {
      const offsets = await this.#segments.ridesIn(segment, hash)
      if (offsets.length === 0) continue
      const index = await this.#segments.index(segment)
      for (const offset of offsets)
        await this.#pinned(async (pins) => {
          const frame = await this.#frame(pins, segment, index, offset)
          if (frame === undefined) return
          for (const { topic, partition, entry } of entriesOfRide(frame, hash, ride)) {
            const { name, begins } = this.#state.topicByNumber(topic)!
            if (entry.offset < begins[partition]!) continue
            const home = entry.homeFrame === 0 ? undefined : await this.#homeFrame(pins, segment, index, entry)
            const record = this.#decode(segment, entry, frame, home)
            found.push({ topic: name, partition, record, position: frame.position })
          }
        })
    }
    found.sort((a, b) => a.record.appendedAt - b.record.appendedAt || a.position - b.position)
    // While a segment is being cleaned, an entry may lie in two.
    const seen = new Set<string>()
    return found.flatMap(({ topic, partition, record }) => {
      const place = `${topic}/${partition}/${record.offset}`
      if (seen.has(place)) return []
      seen.add(place)
      return [{ topic, partition, record }]
    })
  }

  /** Every row of a segment, chunk by chunk, with the data of its entries. Throws MB_JOURNAL_CORRUPT at a damaged frame. */
  async *rows(segment: Segment): AsyncGenerator<NumberedRow> {
    const index = await this.#segments.index(segment)
    for (let number = 0; number < index.chunkStarts.length; number++) {
      const rows = await this.#pinned((pins) => this.#rowsOfChunk(pins, segment, index, number))
      for (const { place, row, entries } of rows) {
        const partition = place % 65_536
        const topic = (place - partition) / 65_536
        yield { topic, partition, entries, copiedTo: await this.#copiedTo(segment, place, row.first, row.last) }
      }
    }
  }

  async #rowsOfChunk(pins: Pins, segment: Segment, index: SegmentIndex, number: number): Promise<readonly ChunkRow[]> {
    const chunk = await this.#chunk(pins, segment, index, number)
    for (const frame of chunk.frames) if ('fault' in frame) throw this.#damaged(segment, frame)
    const found: ChunkRow[] = []
    for (const [place, rows] of index.rows) {
      const partition = place % 65_536
      for (const row of rows) {
        if (row.chunk !== number) continue
        const located = { segment, index, chunk, last: row.last, isWhole: true }
        const entries: StoredCopy[] = []
        for (const { entry, frame } of this.#entriesOf(
          located,
          (place - partition) / 65_536,
          partition,
          row.first,
          false,
        )) {
          const home = entry.homeFrame === 0 ? undefined : await this.#homeFrame(pins, segment, index, entry)
          // The buffers of chunks are used again.
          const view = new EntryView(Buffer.from(entry.buffer.subarray(entry.start, entry.start + entry.size)), 0)
          entries.push({ view, data: Buffer.from(dataOf(entry, frame, home)) })
        }
        found.push({ place, row, entries })
      }
    }
    return found
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
  async #homeFrame(pins: Pins, segment: Segment, index: SegmentIndex, entry: EntryView): Promise<Frame> {
    const frame = await this.#frame(pins, segment, index, entry.homeFrame)
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
  async #locate(pins: Pins, place: number, offset: number, timeMs = 0): Promise<Located | undefined> {
    let best: { segment: Segment; index: SegmentIndex; row: IndexRow } | undefined
    for (const segment of this.#segments.list.slice()) {
      const contents = segment.contents.get(place)
      if (contents === undefined || contents.last < offset) continue
      // Without its index: when nothing is young enough, the index of every segment would be read.
      if ((segment.live?.lastTime ?? segment.lastTime) < timeMs) continue
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
    return { segment, index, last, isWhole, chunk: await this.#chunk(pins, segment, index, row.chunk) }
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
  async #frame(pins: Pins, segment: Segment, index: SegmentIndex, offset: number): Promise<Frame | undefined> {
    const chunk = await this.#chunk(pins, segment, index, index.chunkOf(offset))
    for (const frame of chunk.frames) {
      if ('fault' in frame) {
        if (offset >= frame.start && offset < frame.end) throw this.#damaged(segment, frame)
      } else if (frame.position === segment.base + offset) return frame
    }
    return undefined
  }

  /** Calls `work` with pins, and lets go of what it took. What `work` answers must not lie in a chunk. */
  async #pinned<Value>(work: (pins: Pins) => Promise<Value>): Promise<Value> {
    const pins: Pins = []
    try {
      return await work(pins)
    } finally {
      this.#chunks.release(pins)
    }
  }

  #chunk(pins: Pins, segment: Segment, index: SegmentIndex, number: number): Promise<Chunk> {
    const start = index.chunkStarts[number] ?? segmentHeaderBytes
    const end = Math.min(index.chunkStarts[number + 1] ?? segment.bytes, this.#durable() - segment.base)
    return this.#chunks.take(segment, start, end, pins)
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
