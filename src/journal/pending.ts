/**
 * Frames that are appended and not yet written: encoded one behind the other into pooled chunks, and handed to the group commit as runs of
 * bytes. A frame lies whole in one chunk, so that its checksum is one call.
 *
 * Invariants:
 * - P1 A run holds whole frames of one segment, in order; runs are in the order of their positions.
 * - P2 A run that was taken does not grow; a run that could not be written stays first.
 * - P3 A chunk goes back to the pool only when no run and no open frame lies in it.
 * - P4 A frame lies equally far behind a page's border in its chunk and in its file, so that the disk can take whole pages from here.
 */
import { pageBytes, pagePhase } from '../internal/platform/page-buffer.ts'
import { frameHeaderBytes, sealFrame } from './frame.ts'
import type { FrameFields } from './frame.ts'

const chunkBytes = 4 * 1024 * 1024
const poolChunksMax = 2

/** Makes the memory of a chunk, as `Disk.buffer` does. */
export type MakeBuffer = (bytes: number) => Buffer

interface Chunk {
  readonly buffer: Buffer
  readonly view: DataView
  runs: number
}

/** Bytes to be written at one place of one segment. */
export interface Run {
  /** Base of the segment. */
  readonly segment: number
  /** Offset in the file. */
  readonly offset: number
  readonly bytes: Uint8Array
}

interface OpenRun {
  readonly segment: number
  readonly offset: number
  readonly chunk: Chunk
  readonly start: number
  end: number
  taken: boolean
}

export class Pending {
  /** Where the next byte of the open frame goes, and into what. Encoders write here after `need`. */
  buffer: Buffer
  view: DataView
  at = 0
  /** Where the open frame begins in `buffer`. */
  frameStart = 0
  /** Bytes appended and not yet written. */
  bytes = 0
  #chunk: Chunk
  #runs: OpenRun[] = []
  /** Where the open frame lies behind a page's border. */
  #phase = 0
  readonly #pool: Chunk[] = []
  readonly #makeBuffer: MakeBuffer

  constructor(makeBuffer: MakeBuffer) {
    this.#makeBuffer = makeBuffer
    this.#chunk = this.#makeChunk(chunkBytes)
    this.buffer = this.#chunk.buffer
    this.view = this.#chunk.view
  }

  /** Begins a frame behind the last one, for `offset` of a segment's file. What is not finished is forgotten by the next `begin`. */
  begin(offset: number): void {
    this.#place(offset)
    this.need(frameHeaderBytes)
    this.at += frameHeaderBytes
  }

  /** Makes room for so many bytes of the open frame; `buffer`, `view`, `at` and `frameStart` may be others afterwards. */
  need(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const size = this.at - this.frameStart
    const old = this.#chunk
    const start = this.#phase
    const chunk = this.#freshChunk(start + size + bytes)
    if (size > 0) old.buffer.copy(chunk.buffer, start, this.frameStart, this.at)
    this.#chunk = chunk
    this.buffer = chunk.buffer
    this.view = chunk.view
    this.frameStart = start
    this.at = start + size
    if (old.runs === 0) this.#recycle(old)
  }

  /** Bytes of the open frame so far. */
  get size(): number {
    return this.at - this.frameStart
  }

  /** Seals the open frame and queues it for `offset` of a segment's file; answers its crc. */
  finish(fields: FrameFields, segment: number, offset: number): number {
    const crc = sealFrame(this.buffer, this.view, this.frameStart, this.size, fields)
    this.#queue(segment, offset)
    return crc
  }

  /** Queues bytes that are no frame: the header of a segment. They are put where a frame would be; call between frames. */
  raw(bytes: Uint8Array, segment: number, offset: number): void {
    this.#place(offset)
    this.need(bytes.length)
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
    this.#queue(segment, offset)
  }

  /** The runs that can be written next: all of the first segment that has any. They stay queued until `written`. */
  take(): readonly Run[] {
    const taken: Run[] = []
    const segment = this.#runs[0]?.segment
    for (const run of this.#runs) {
      if (run.segment !== segment) break
      run.taken = true
      taken.push({ segment: run.segment, offset: run.offset, bytes: run.chunk.buffer.subarray(run.start, run.end) })
    }
    return taken
  }

  /** Lets go of the first `count` runs. */
  written(count: number): void {
    for (const run of this.#runs.splice(0, count)) {
      this.bytes -= run.end - run.start
      run.chunk.runs--
      if (run.chunk.runs === 0 && run.chunk !== this.#chunk) this.#recycle(run.chunk)
    }
    // Nothing left in the chunk at hand: begin it anew.
    if (this.#chunk.runs === 0) this.frameStart = this.at = 0
  }

  /** P4: frames of one file follow each other anyway; a gap is left where another file begins. */
  #place(offset: number): void {
    this.#phase = pagePhase(offset)
    this.frameStart += pagePhase(this.#phase - pagePhase(this.frameStart) + pageBytes)
    this.at = this.frameStart
  }

  #queue(segment: number, offset: number): void {
    const last = this.#runs.at(-1)
    this.bytes += this.size
    if (
      last !== undefined &&
      !last.taken &&
      last.chunk === this.#chunk &&
      last.segment === segment &&
      last.end === this.frameStart
    )
      last.end = this.at
    else {
      this.#runs.push({ segment, offset, chunk: this.#chunk, start: this.frameStart, end: this.at, taken: false })
      this.#chunk.runs++
    }
    this.frameStart = this.at
  }

  #freshChunk(bytes: number): Chunk {
    if (bytes > chunkBytes) return this.#makeChunk(bytes * 2)
    return this.#pool.pop() ?? this.#makeChunk(chunkBytes)
  }

  #recycle(chunk: Chunk): void {
    if (chunk.buffer.length === chunkBytes && this.#pool.length < poolChunksMax) this.#pool.push(chunk)
  }

  #makeChunk(bytes: number): Chunk {
    const buffer = this.#makeBuffer(bytes)
    return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length), runs: 0 }
  }
}
