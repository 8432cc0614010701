/**
 * The entry: one record as it lies in a frame. Every entry carries its own offset and time, so that it can be copied elsewhere.
 *
 *      0 u32 size         of the entry, header included
 *      4 u32 rideHash     `hashRide`, so that the ride index needs no decoding
 *      8 u32 dataBytes    UTF-8 JSON; 0 for a tombstone
 *     12 u32 metaBytes
 *     16 u32 homeFrame    where the data lies when it is not here: the frame and the data itself, from the beginning of the
 *     20 u32 homeData     segment; 0 when the data is here. The reader checks that frame, so a flipped bit there is seen.
 *     24 u32 hop
 *     28 u32 replay
 *     32 u32 lengths of ride, 36 type, 40 source, 44 key, 48 correlationId, 52 causationId, 56 slip, in UTF-16 units; ffffffff for none
 *     60 u32 flags        1: the meta text is ASCII
 *     64 f64 offset
 *     72 f64 appendedAt
 *     80 f64 time
 *     88     meta: all those texts and then the headers as JSON, one behind the other in UTF-8; then the data
 *
 * One text and lengths in units of the language: a decoder makes one native call and slices, and no character is forbidden.
 */
import { noHeaders } from '../event/event.ts'
import type { Headers } from '../event/event.ts'
import { Record } from '../event/record.ts'
import type { DataHome } from '../event/record.ts'
import type { Pending } from './pending.ts'

export const entryHeaderBytes = 88
const none = 0xffffffff
const asciiMeta = 1
/** Shorter data is copied rather than referred to: a reference costs a look into another frame. */
const referenceBytesMin = 128
/** Bytes that one UTF-16 unit may take. */
const bytesPerUnitMax = 3

/** Where data lies, and the frame that vouches for it; all from the beginning of the segment. */
export interface FrameHome extends DataHome {
  readonly frame: number
  /** The open journal: a record of another one lies elsewhere. */
  readonly owner: object
}

/** Where a frame is being made: its segment, and its beginning in the file. */
export interface FramePlace {
  readonly owner: object
  readonly segment: number
  readonly frame: number
}

/** Encodes a record behind what is in the open frame and sets its `home`. Throws what JSON.stringify throws. */
export function encodeEntry(out: Pending, record: Record, offset: number, appendedAt: number, place: FramePlace): void {
  const { ride, type, source, key, correlationId, causationId, slip } = record
  const headers = encodeHeaders(record.headers)
  const meta = ride + type + source + (key ?? '') + (correlationId ?? '') + (causationId ?? '') + slip + headers
  const home = sharedHome(record, place)
  const inline = home === undefined ? inlineData(record) : ''
  out.need(entryHeaderBytes + (meta.length + inline.length) * bytesPerUnitMax)

  const { buffer, view, at } = out
  const metaBytes = buffer.write(meta, at + entryHeaderBytes)
  const dataAt = at + entryHeaderBytes + metaBytes
  const dataBytes = inline === '' ? 0 : buffer.write(inline, dataAt)
  const size = entryHeaderBytes + metaBytes + dataBytes
  view.setUint32(at, size, true)
  view.setUint32(at + 4, hashRide(ride), true)
  view.setUint32(at + 8, home?.length ?? dataBytes, true)
  view.setUint32(at + 12, metaBytes, true)
  view.setUint32(at + 16, home?.frame ?? 0, true)
  view.setUint32(at + 20, home?.position ?? 0, true)
  view.setUint32(at + 24, record.hop, true)
  view.setUint32(at + 28, record.replay, true)
  view.setUint32(at + 32, ride.length, true)
  view.setUint32(at + 36, type.length, true)
  view.setUint32(at + 40, source.length, true)
  view.setUint32(at + 44, key === null ? none : key.length, true)
  view.setUint32(at + 48, correlationId === undefined ? none : correlationId.length, true)
  view.setUint32(at + 52, causationId === undefined ? none : causationId.length, true)
  view.setUint32(at + 56, slip.length, true)
  view.setUint32(at + 60, metaBytes === meta.length ? asciiMeta : 0, true)
  view.setFloat64(at + 64, offset, true)
  view.setFloat64(at + 72, appendedAt, true)
  view.setFloat64(at + 80, record.time, true)
  out.at += size
  record.home = home ?? ownHome(place, dataAt - out.frameStart, dataBytes)
}

/** Bytes of an entry once its data has been brought inside. */
export function inlinedBytes(entry: EntryView): number {
  return entryHeaderBytes + entry.metaBytes + entry.dataBytes
}

/** Copies an entry that lies elsewhere, with its data brought inside. */
export function copyEntry(out: Pending, entry: EntryView, data: Uint8Array): void {
  const head = entryHeaderBytes + entry.metaBytes
  const size = head + data.length
  out.need(size)
  entry.buffer.copy(out.buffer, out.at, entry.start, entry.start + head)
  out.buffer.set(data, out.at + head)
  out.view.setUint32(out.at, size, true)
  out.view.setUint32(out.at + 8, data.length, true)
  out.view.setUint32(out.at + 16, 0, true)
  out.view.setUint32(out.at + 20, 0, true)
  out.at += size
}

/** An entry where it lies, read on demand. */
export class EntryView {
  readonly buffer: Buffer
  readonly start: number

  constructor(buffer: Buffer, start: number) {
    this.buffer = buffer
    this.start = start
  }

  get size(): number {
    return this.buffer.readUInt32LE(this.start)
  }
  get rideHash(): number {
    return this.buffer.readUInt32LE(this.start + 4)
  }
  get dataBytes(): number {
    return this.buffer.readUInt32LE(this.start + 8)
  }
  get metaBytes(): number {
    return this.buffer.readUInt32LE(this.start + 12)
  }
  /** Where the data's frame lies in the segment; 0 when the data is here. */
  get homeFrame(): number {
    return this.buffer.readUInt32LE(this.start + 16)
  }
  get homeData(): number {
    return this.buffer.readUInt32LE(this.start + 20)
  }
  get offset(): number {
    return this.buffer.readDoubleLE(this.start + 64)
  }
  get appendedAt(): number {
    return this.buffer.readDoubleLE(this.start + 72)
  }
  get ride(): string {
    return this.meta().slice(0, this.buffer.readUInt32LE(this.start + 32))
  }
  get key(): string | null {
    const { buffer, start } = this
    const length = buffer.readUInt32LE(start + 44)
    if (length === none) return null
    const at = buffer.readUInt32LE(start + 32) + buffer.readUInt32LE(start + 36) + buffer.readUInt32LE(start + 40)
    return this.meta().slice(at, at + length)
  }
  get isTombstone(): boolean {
    return this.dataBytes === 0
  }
  /** Where the data begins in the buffer, when it is here. */
  get dataStart(): number {
    return this.start + entryHeaderBytes + this.metaBytes
  }

  meta(): string {
    const from = this.start + entryHeaderBytes
    const to = from + this.metaBytes
    return (this.buffer.readUInt32LE(this.start + 60) & asciiMeta) === 0
      ? this.buffer.toString('utf8', from, to)
      : this.buffer.toString('latin1', from, to)
  }
}

/** Makes the record of an entry. `data` is the data's bytes, here or from its home: they become text, and are parsed when somebody looks. */
export function decodeEntry(entry: EntryView, data: Buffer, home: FrameHome | undefined): Record {
  const { buffer, start } = entry
  const meta = entry.meta()
  let at = 0
  const take = (field: number): string | undefined => {
    const length = buffer.readUInt32LE(start + field)
    if (length === none) return undefined
    at += length
    return meta.slice(at - length, at)
  }
  const ride = take(32)!
  const type = take(36)!
  const source = take(40)!
  const key = take(44) ?? null
  const correlationId = take(48)
  const causationId = take(52)
  const slip = take(56)!
  const record = new Record(
    {
      ride,
      hop: buffer.readUInt32LE(start + 24),
      type,
      source,
      time: buffer.readDoubleLE(start + 80),
      key,
      headers: decodeHeaders(meta.slice(at)),
      correlationId,
      causationId,
      replay: buffer.readUInt32LE(start + 28),
      slip,
    },
    data.length === 0 ? null : undefined,
    data.length === 0 ? undefined : data.toString(),
  )
  record.offset = entry.offset
  record.appendedAt = entry.appendedAt
  record.home = home
  return record
}

/** FNV-1a over UTF-16 units. Part of the format: never changed. */
export function hashRide(ride: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < ride.length; index++) hash = Math.imul(hash ^ ride.charCodeAt(index), 0x01000193)
  // FNV leaves the high bits of short texts weak, and the index is sorted by them.
  hash ^= hash >>> 15
  return Math.imul(hash, 0x85ebca6b) >>> 0
}

function sharedHome(record: Record, place: FramePlace): FrameHome | undefined {
  const home = record.unchangedFrom?.home as FrameHome | undefined
  const fits =
    home !== undefined &&
    home.owner === place.owner &&
    home.segment === place.segment &&
    home.length >= referenceBytesMin
  return fits ? home : undefined
}

function ownHome(place: FramePlace, dataInFrame: number, length: number): FrameHome {
  return { owner: place.owner, segment: place.segment, position: place.frame + dataInFrame, length, frame: place.frame }
}

function inlineData(record: Record): string {
  if (record.text !== undefined) return record.text
  const from = record.unchangedFrom
  const encoded = record.encoded ?? from?.encoded
  if (encoded !== undefined) return encoded
  const data = record.data === undefined ? from?.data : record.data
  return data === null ? '' : JSON.stringify(data)
}

/** The frozen headers that were encoded last, and their text: how rides end is said in a few words that many records share. */
let lastHeaders: Headers = noHeaders
let lastText = ''

function encodeHeaders(headers: Headers): string {
  if (headers === noHeaders) return ''
  if (headers === lastHeaders) return lastText
  let text = ''
  for (const _ in headers) {
    text = JSON.stringify(headers)
    break
  }
  if (Object.isFrozen(headers)) {
    lastHeaders = headers
    lastText = text
  }
  return text
}

function decodeHeaders(text: string): Headers {
  return text === '' ? noHeaders : (Object.freeze(JSON.parse(text)) as Headers)
}
