/**
 * The frame: what the journal writes, checks and cuts as a whole.
 *
 *     header, 56 bytes, little-endian          payload, `length` bytes
 *      0 u32 magic     FF 4D 42 F1: FF never occurs in UTF-8, so no text of a user can look like a frame
 *      4 u32 crc       CRC-32 of everything behind it: bytes 8 .. 56 + length
 *      8 u32 length    of the payload
 *     12 u32 chain     the crc of the frame before, so that a stale frame never fits
 *     16 u8  kind      `FrameKind`
 *     17 u8  flags     of the kind
 *     18 u16 blocks    entries in the directory of a unit
 *     20 u32 origin    reserved, 0
 *     24 f64 position  its own logical position, so that a misdirected write never fits
 *     32 f64 sequence  1, 2, 3, ... through all segments
 *     40 f64 time      when it was appended, milliseconds since the epoch
 *     48 f64 durable   the witness: everything below this position was known synced when the frame was made
 */
import { crc32 } from 'node:zlib'

export const frameHeaderBytes = 56
export const frameMagic: Uint8Array = Uint8Array.of(0xff, 0x4d, 0x42, 0xf1)
const magicNumber = 0xf1424dff

/** What a frame is. Numbers are permanent. */
export const FrameKind = {
  /** A commit unit: entries, acknowledgements, state changes. */
  unit: 1,
  /** Nothing but a witness that what is before it is durable. */
  seal: 2,
  /** The whole state, at the head of each segment: what the frames before it come to. */
  state: 3,
  /** Topics and groups with their numbers. */
  catalog: 4,
  /** Entries copied from an older segment, with the offsets and times that they had. */
  moved: 5,
  /** Offsets that partitions now begin at, and segments that are gone. */
  trim: 6,
} as const

/** A checked frame in a buffer. */
export interface Frame {
  readonly kind: number
  readonly flags: number
  readonly blocks: number
  readonly position: number
  readonly sequence: number
  readonly time: number
  readonly durable: number
  readonly chain: number
  readonly crc: number
  /** Header and payload together. */
  readonly size: number
  /** Where the frame lies, and the buffer that holds it. Valid until the reader goes on, unless it says otherwise. */
  readonly buffer: Buffer
  readonly start: number
}

/** What a frame header says, before it is known. */
export interface FrameFields {
  readonly kind: number
  readonly flags: number
  readonly blocks: number
  readonly position: number
  readonly sequence: number
  readonly time: number
  readonly durable: number
  readonly chain: number
}

/** Writes the header of a frame whose payload is already behind it, and answers its crc. */
export function sealFrame(buffer: Buffer, view: DataView, start: number, size: number, fields: FrameFields): number {
  view.setUint32(start, magicNumber, true)
  view.setUint32(start + 8, size - frameHeaderBytes, true)
  view.setUint32(start + 12, fields.chain, true)
  view.setUint8(start + 16, fields.kind)
  view.setUint8(start + 17, fields.flags)
  view.setUint16(start + 18, fields.blocks, true)
  view.setUint32(start + 20, 0, true)
  view.setFloat64(start + 24, fields.position, true)
  view.setFloat64(start + 32, fields.sequence, true)
  view.setFloat64(start + 40, fields.time, true)
  view.setFloat64(start + 48, fields.durable, true)
  const crc = crc32(buffer.subarray(start + 8, start + size))
  view.setUint32(start + 4, crc, true)
  return crc
}

/** The size that the header at `start` claims; undefined when there is no header there. */
export function frameSizeAt(buffer: Buffer, start: number, end: number): number | undefined {
  if (start + frameHeaderBytes > end || buffer.readUInt32LE(start) !== magicNumber) return undefined
  return frameHeaderBytes + buffer.readUInt32LE(start + 8)
}

/** The frame at `start`, whole and with the position that it must have; or what is wrong with it. */
export function readFrame(buffer: Buffer, start: number, end: number, position: number): Frame | FrameFault {
  const size = frameSizeAt(buffer, start, end)
  if (size === undefined) return 'no frame'
  if (start + size > end) return 'cut short'
  const crc = buffer.readUInt32LE(start + 4)
  if (crc32(buffer.subarray(start + 8, start + size)) !== crc) return 'checksum'
  if (buffer.readDoubleLE(start + 24) !== position) return 'misplaced'
  return {
    kind: buffer[start + 16]!,
    flags: buffer[start + 17]!,
    blocks: buffer.readUInt16LE(start + 18),
    position,
    sequence: buffer.readDoubleLE(start + 32),
    time: buffer.readDoubleLE(start + 40),
    durable: buffer.readDoubleLE(start + 48),
    chain: buffer.readUInt32LE(start + 12),
    crc,
    size,
    buffer,
    start,
  }
}

/** Why bytes are not a frame. */
export type FrameFault = 'no frame' | 'cut short' | 'checksum' | 'misplaced' | 'chain'
