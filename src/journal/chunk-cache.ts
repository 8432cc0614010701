/**
 * Checked chunks of segments in memory. The buffers are used again and again: dropped ones would wait for a full collection of the heap, and a drain of
 * many records would hold many times what it reads.
 *
 * Invariants:
 * - H1 A chunk is not changed while anybody has it: between `take` and `release` of its pins.
 * - H2 Chunks that nobody has take at most `bytesMax`, and buffers that wait for use at most `spareMax` of at most `spareBytesMax`.
 * - H3 Nothing is taken for a frame whose checksum or position does not fit.
 */
import type { DiskFile } from '../internal/platform/disk.ts'
import { frameHeaderBytes, frameMagic, frameSizeAt, readFrame } from './frame.ts'
import type { Frame } from './frame.ts'
import { segmentName } from './segment-file.ts'
import type { Segment, Segments } from './segments.ts'

const bytesMax = 4 * 1024 * 1024
const spareMax = 8
const spareBytesMax = 1024 * 1024
/** Buffers come in multiples of this, so that they fit the next chunk as well. */
const roundBytes = 64 * 1024

/** Frames of a chunk in order, and what was found instead of frames. */
export interface Chunk {
  readonly frames: readonly (Frame | Gap)[]
  readonly isDamaged: boolean
}

/** Bytes that are no frame; offsets in the file. */
export interface Gap {
  readonly fault: string
  readonly start: number
  readonly end: number
}

interface Slot {
  readonly key: string
  readonly buffer: Buffer
  readonly chunk: Promise<Chunk>
  pins: number
  isKept: boolean
}

/** The chunks that one reader has just now. */
export type Pins = Slot[]

export class ChunkCache {
  readonly #segments: Segments
  /** In the order of use. A few; a map that is added to and taken from all the time keeps what it has let go (`internal/roster.ts`). */
  readonly #slots: Slot[] = []
  readonly #spare: Buffer[] = []
  #bytes = 0

  constructor(segments: Segments) {
    this.#segments = segments
  }

  /** Bytes [start, end) of a segment's file, read or at hand, and had until `pins` is released. */
  take(segment: Segment, start: number, end: number, pins: Pins): Promise<Chunk> {
    const key = `${segment.base}/${start}/${end}`
    const at = this.#slots.findIndex((known) => known.key === key)
    let slot = at === -1 ? undefined : this.#slots.splice(at, 1)[0]!
    if (slot === undefined) {
      const buffer = this.#bufferOf(Math.max(0, end - start))
      slot = { key, buffer, chunk: this.#load(segment, buffer, start, end), pins: 0, isKept: true }
      this.#bytes += buffer.length
      const failed = slot
      slot.chunk.catch(() => this.#forget(failed))
    }
    this.#slots.push(slot)
    slot.pins++
    pins.push(slot)
    this.#shrink()
    return slot.chunk
  }

  /** Lets go of everything that was taken with these pins. */
  release(pins: Pins): void {
    for (const slot of pins.splice(0)) {
      slot.pins--
      if (slot.pins === 0 && !slot.isKept) this.#reuse(slot.buffer)
    }
  }

  #shrink(): void {
    for (const slot of this.#slots.slice()) {
      if (this.#bytes <= bytesMax) return
      if (slot.pins === 0) this.#forget(slot)
    }
  }

  #forget(slot: Slot): void {
    if (!slot.isKept) return
    slot.isKept = false
    this.#slots.splice(this.#slots.indexOf(slot), 1)
    this.#bytes -= slot.buffer.length
    if (slot.pins === 0) this.#reuse(slot.buffer)
  }

  #reuse(buffer: Buffer): void {
    if (buffer.length <= spareBytesMax && this.#spare.length < spareMax) this.#spare.push(buffer)
  }

  #bufferOf(bytes: number): Buffer {
    const at = this.#spare.findIndex((buffer) => buffer.length >= bytes)
    if (at !== -1) return this.#spare.splice(at, 1)[0]!
    return Buffer.allocUnsafeSlow(Math.ceil(bytes / roundBytes) * roundBytes)
  }

  async #load(segment: Segment, buffer: Buffer, start: number, end: number): Promise<Chunk> {
    const length = Math.max(0, end - start)
    if (length === 0) return { frames: [], isDamaged: false }
    const filled = await this.#segments.use(segmentName(segment.base), (file) => readUpTo(file, buffer, start, length))
    const frames: (Frame | Gap)[] = []
    let isDamaged = false
    for (let at = 0; at < length;) {
      const frame = readFrame(buffer, at, filled, segment.base + start + at)
      if (typeof frame === 'string') {
        const next = nextFrame(buffer, at + 1, filled, segment.base + start) ?? length
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
}

async function readUpTo(file: DiskFile, buffer: Buffer, start: number, length: number): Promise<number> {
  let done = 0
  while (done < length) {
    const count = await file.read(buffer, done, length - done, start + done)
    if (count === 0) break
    done += count
  }
  return done
}

/** Where the next whole frame begins behind damage; undefined when there is none. */
function nextFrame(buffer: Buffer, from: number, end: number, position: number): number | undefined {
  const bytes = buffer.subarray(0, end)
  for (
    let at = bytes.indexOf(frameMagic, from);
    at !== -1 && at + frameHeaderBytes <= end;
    at = bytes.indexOf(frameMagic, at + 1)
  ) {
    if (frameSizeAt(bytes, at, end) !== undefined && typeof readFrame(bytes, at, end, position + at) !== 'string')
      return at
  }
  return undefined
}
