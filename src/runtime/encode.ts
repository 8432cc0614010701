/**
 * JSON text of an event's data, made when its outcome is decided: data that cannot be encoded, or is too large, fails its own event and not the unit that it
 * would have ridden in.
 */
import { MetrobusError } from '../errors/index.ts'
import { noHeaders } from '../event/event.ts'
import type { Record } from '../event/record.ts'
import { enrichedText } from './enriched-text.ts'

/** What one event causes rides in one unit: so many bytes of data at most, well within what a bus takes. */
export const unitDataBytesMax: number = 8 * 1024 * 1024
/** Characters of an event beside its data: key, type, source and headers together. */
export const envelopeMax: number = 64 * 1024
/** What JSON puts around a header. */
const headerMarks = 6

/**
 * Throws MB_NOT_JSON or MB_TOO_LARGE; `where` names the entry or stop. `from` is a record whose frozen data the value may only have added to.
 */
export function encodeData(value: unknown, where: string, bytesMax: number, from?: Record): string {
  let text: string | undefined
  try {
    if (from?.text !== undefined) text = enrichedText(from.text, from.data, value)
    text ??= JSON.stringify(value) as string | undefined
  } catch (cause) {
    throw new MetrobusError('MB_NOT_JSON', { where, type: typeof value }, { cause })
  }
  if (text === undefined) throw new MetrobusError('MB_NOT_JSON', { where, type: typeof value })
  // A UTF-16 unit takes at most three bytes of UTF-8: short texts need no counting.
  if (text.length * 3 > bytesMax) {
    const bytes = Buffer.byteLength(text)
    if (bytes > bytesMax) throw new MetrobusError('MB_TOO_LARGE', { where, of: 'data', bytes, bytesMax })
  }
  return text
}

/** Characters of a record's key, type, source and headers. */
export function envelopeOf({ key, type, source, headers }: Record): number {
  let length = (key?.length ?? 0) + type.length + source.length
  if (headers !== noHeaders) for (const name in headers) length += name.length + headers[name]!.length + headerMarks
  return length
}

/** Throws MB_TOO_LARGE for a record whose key, type, source and headers are too large; `where` names the entry or topic. */
export function checkEnvelope(record: Record, where: string): void {
  const bytes = envelopeOf(record)
  if (bytes > envelopeMax)
    throw new MetrobusError('MB_TOO_LARGE', { where, of: 'key and headers', bytes, bytesMax: envelopeMax })
}

/**
 * Throws MB_TOO_LARGE for records that one unit cannot hold; `where` names what caused them. A record without text has `otherBytes` of data. Each child
 * of a split has the headers and the itinerary of its parent, which may be more than its data.
 */
export function checkUnitData(records: readonly Record[], where: string, otherBytes: number): void {
  let around = 0
  for (const record of records) around += envelopeOf(record) + record.slip.length
  let bytes = around
  for (const { text } of records) bytes += text === undefined ? otherBytes : text.length
  if (bytes * 3 <= unitDataBytesMax) return
  bytes = around
  for (const { text } of records) bytes += text === undefined ? otherBytes : Buffer.byteLength(text)
  if (bytes > unitDataBytesMax)
    throw new MetrobusError('MB_TOO_LARGE', { where, of: 'data and headers in all', bytes, bytesMax: unitDataBytesMax })
}
