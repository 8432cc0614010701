/**
 * Walks the frames of a segment file and checks each: magic, checksum, position, sequence and chain. Memory is one buffer and the largest frame,
 * however long the file.
 */
import type { DiskFile } from '../internal/platform/disk.ts'
import { frameHeaderBytes, frameMagic, frameSizeAt, readFrame } from './frame.ts'
import type { Frame, FrameFault } from './frame.ts'

const readBytes = 1024 * 1024

/** Where to walk: offsets in the file of the segment at `base`. */
export interface ScanRange {
  readonly base: number
  readonly from: number
  readonly to: number
  /** Sequence and checksum of the frame before `from`; undefined takes those of the first frame as they are. */
  readonly before?: { readonly sequence: number; readonly crc: number }
}

/** Where the walk ended: at `to`, or at the first byte that is not a whole frame that fits. */
export interface ScanEnd {
  readonly offset: number
  readonly fault: FrameFault | undefined
  readonly frames: number
  readonly last: { readonly sequence: number; readonly crc: number } | undefined
}

/**
 * Calls `visit` for each whole frame, until the range or the whole frames end. The frame is valid during the call, and until the promise is resolved
 * that it may answer.
 */
export async function scanFrames(
  file: DiskFile,
  range: ScanRange,
  visit: (frame: Frame) => Promise<void> | undefined | void,
): Promise<ScanEnd> {
  const window = new Window(file, range.from, range.to)
  let last = range.before
  let offset = range.from
  let frames = 0
  while (offset < range.to) {
    await window.show(offset, frameHeaderBytes)
    const size = frameSizeAt(window.buffer, window.at(offset), window.filled)
    if (size !== undefined && offset + size <= range.to) await window.show(offset, size)
    const frame = readFrame(window.buffer, window.at(offset), window.filled, range.base + offset)
    if (typeof frame === 'string') return { offset, fault: frame, frames, last }
    if (last !== undefined && (frame.chain !== last.crc || frame.sequence !== last.sequence + 1))
      return { offset, fault: 'chain', frames, last }
    const visiting = visit(frame)
    if (visiting !== undefined) await visiting
    last = { sequence: frame.sequence, crc: frame.crc }
    offset += frame.size
    frames++
  }
  return { offset, fault: undefined, frames, last }
}

/**
 * Looks for whole frames anywhere from `range.from` on, whatever lies between them, until `visit` answers true. For judging damage: what they chain to
 * is not asked.
 */
export async function findFrames(
  file: DiskFile,
  range: ScanRange,
  visit: (frame: Frame, offset: number) => boolean | void,
): Promise<void> {
  const window = new Window(file, range.from, range.to)
  let offset = range.from
  while (offset + frameHeaderBytes <= range.to) {
    await window.show(offset, frameHeaderBytes)
    const found = window.buffer.subarray(0, window.filled).indexOf(frameMagic, window.at(offset))
    if (found === -1) {
      // The last bytes may be the beginning of a magic that goes on in the next window.
      offset = Math.max(offset + 1, window.start + window.filled - frameMagic.length + 1)
      continue
    }
    offset = window.start + found
    await window.show(offset, frameHeaderBytes)
    const size = frameSizeAt(window.buffer, window.at(offset), window.filled)
    if (size !== undefined && offset + size <= range.to) {
      await window.show(offset, size)
      const frame = readFrame(window.buffer, window.at(offset), window.filled, range.base + offset)
      if (typeof frame !== 'string') {
        if (visit(frame, offset) === true) return
        offset += frame.size
        continue
      }
    }
    offset++
  }
}

/** Where the bytes [from, to) of a file end, but for zeros at their end. */
export async function filledUpTo(file: DiskFile, from: number, to: number): Promise<number> {
  const window = new Window(file, from, to)
  let filled = from
  for (let at = from; at < to; at = window.start + window.filled) {
    await window.show(at, Math.min(readBytes, to - at))
    if (window.filled === 0) break
    for (let index = window.filled - 1; index >= 0; index--) {
      if (window.buffer[index] === 0) continue
      filled = window.start + index + 1
      break
    }
  }
  return filled
}

/** A part of a file in memory that moves forward. */
class Window {
  buffer: Buffer
  /** Offset in the file of the buffer's first byte, and how many bytes of it are filled. */
  start = 0
  filled = 0
  readonly #file: DiskFile
  readonly #end: number

  constructor(file: DiskFile, from: number, end: number) {
    this.#file = file
    this.#end = end
    this.buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(readBytes, end - from)))
  }

  at(offset: number): number {
    return offset - this.start
  }

  /** Makes bytes [offset, offset + count) present, as far as the range has them. */
  async show(offset: number, count: number): Promise<void> {
    const wanted = Math.min(offset + count, this.#end)
    if (offset >= this.start && wanted <= this.start + this.filled) return
    const kept = offset >= this.start && offset < this.start + this.filled ? this.start + this.filled - offset : 0
    const next = count > this.buffer.length ? Buffer.allocUnsafeSlow(count) : this.buffer
    if (kept > 0) this.buffer.copy(next, 0, this.filled - kept, this.filled)
    this.buffer = next
    this.start = offset
    this.filled = kept
    while (this.start + this.filled < wanted) {
      const space = Math.min(this.buffer.length - this.filled, this.#end - this.start - this.filled)
      const count = await this.#file.read(this.buffer, this.filled, space, this.start + this.filled)
      if (count === 0) return
      this.filled += count
    }
  }
}
