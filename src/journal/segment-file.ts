/**
 * The files of a journal, and the header of a segment.
 *
 *     <base>.seg              frames; base is the logical position of its first byte, 16 decimal digits. Zeros behind the last frame of the last segment are
 *                             room that was set ahead and no part of the journal
 *     <base>.idx              index of a sealed segment; may be missing, and is then made again
 *     <base>.<offset>.cut     bytes that recovery cut off a torn tail; nobody reads them but people
 *     checkpoint              witness of what was durable
 *     reserve                 space to be given up when the disk is full
 *     lock, lock.note         who owns the journal
 *
 *     segment header, 64 bytes, little-endian
 *      0 8 bytes magic  "MBJRNL" FF 0A
 *      8 u32 crc        CRC-32 of bytes 12 .. 64, in every version for ever, so that a flipped bit is not taken for a newer format
 *     12 u32 version    of the format
 *     16 f64 base
 *     24 f64 created    milliseconds since the epoch
 *     32 f64 sequence   of its first frame
 *     40 u32 chain      crc of the last frame of the segment before
 *     44     zeros
 */
import { crc32 } from 'node:zlib'
import { MetrobusError } from '../errors/index.ts'

export const formatVersion = 1
export const segmentHeaderBytes = 64
const magic = Buffer.from([0x4d, 0x42, 0x4a, 0x52, 0x4e, 0x4c, 0xff, 0x0a])

/** What the header of a segment says. */
export interface SegmentHeader {
  readonly base: number
  readonly created: number
  readonly sequence: number
  readonly chain: number
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes)
  magic.copy(bytes)
  bytes.writeUInt32LE(formatVersion, 12)
  bytes.writeDoubleLE(header.base, 16)
  bytes.writeDoubleLE(header.created, 24)
  bytes.writeDoubleLE(header.sequence, 32)
  bytes.writeUInt32LE(header.chain, 40)
  bytes.writeUInt32LE(crc32(bytes.subarray(12)), 8)
  return bytes
}

/** The header, or undefined when the bytes are none. Throws MB_JOURNAL_NEWER for a version of the future. */
export function decodeSegmentHeader(bytes: Buffer, file: string): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 8).equals(magic)) return undefined
  if (crc32(bytes.subarray(12, segmentHeaderBytes)) !== bytes.readUInt32LE(8)) return undefined
  const version = bytes.readUInt32LE(12)
  if (version !== formatVersion) throw new MetrobusError('MB_JOURNAL_NEWER', { file, version, known: formatVersion })
  return {
    base: bytes.readDoubleLE(16),
    created: bytes.readDoubleLE(24),
    sequence: bytes.readDoubleLE(32),
    chain: bytes.readUInt32LE(40),
  }
}

export function segmentName(base: number): string {
  return `${String(base).padStart(16, '0')}.seg`
}

export function indexName(base: number): string {
  return `${String(base).padStart(16, '0')}.idx`
}

export function cutName(base: number, offset: number): string {
  return `${String(base).padStart(16, '0')}.${offset}.cut`
}

/** The base in the name of a segment; undefined for any other file. */
export function baseOfName(name: string): number | undefined {
  return /^\d{16}\.seg$/.test(name) ? Number(name.slice(0, 16)) : undefined
}
