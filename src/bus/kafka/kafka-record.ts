/**
 * A Metrobus record as a Kafka record: CloudEvents 1.0 in binary mode, so that Java, Python and Go clients read it as what it is.
 *
 *     key                 the order key as UTF-8; null for none
 *     value               the data as JSON; null for a tombstone
 *     timestamp           when it was appended
 *     ce_specversion      1.0
 *     ce_id ce_source ce_type ce_time                          the attributes of the event
 *     ce_correlationid ce_causationid ce_replay                extensions, where the event has them
 *     content-type        application/json; none on a tombstone
 *     itinerary           the slip, '' for none: its presence says that Metrobus wrote the record
 *     itineraryhop        the hop, where it is not 0: `ce_id` is `<ride>~<hop>`
 *     anything else       a header of the event, under its own name; `own_<name>` where that is one of the names above or begins with `own_`
 */
import type { Headers } from '../../event/event.ts'
import { noHeaders } from '../../event/event.ts'
import { Record } from '../../event/record.ts'
import type { RecordCursor } from './driver/records-decoder.ts'
import type { FieldValue, RecordsEncoder } from './driver/records-encoder.ts'

/** What stands in the headers of a Kafka record, by name in lower case; of a name that comes twice the last. */
export type KafkaHeaders = ReadonlyMap<string, string>

const json = 'application/json'
const ownPrefix = 'own_'
const reserved: ReadonlySet<string> = new Set([
  'ce_specversion',
  'ce_id',
  'ce_source',
  'ce_type',
  'ce_time',
  'ce_correlationid',
  'ce_causationid',
  'ce_replay',
  'content-type',
  'itinerary',
  'itineraryhop',
])

/** Adds a record to a batch. `appendedAt` in milliseconds since the epoch; `value` is its `textOf`. */
export function writeRecord(
  encoder: RecordsEncoder,
  record: Record,
  appendedAt: number,
  value: string | null = textOf(record),
): void {
  const headers: FieldValue[] = ['ce_specversion', '1.0', 'ce_id', record.id, 'ce_source', record.source]
  headers.push('ce_type', record.type, 'ce_time', timeText(record.time))
  if (record.correlationId !== undefined) headers.push('ce_correlationid', record.correlationId)
  if (record.causationId !== undefined) headers.push('ce_causationid', record.causationId)
  if (record.replay !== 0) headers.push('ce_replay', String(record.replay))
  if (value !== null) headers.push('content-type', json)
  headers.push('itinerary', record.slip)
  if (record.hop !== 0) headers.push('itineraryhop', String(record.hop))
  for (const name in record.headers) headers.push(nameOnWire(name), record.headers[name]!)
  encoder.append(appendedAt, record.key, value, headers)
}

/** The record under the cursor if Metrobus wrote it, else undefined; its data is decoded when somebody looks at it. */
export function readOwnRecord(cursor: RecordCursor, headers: KafkaHeaders): Record | undefined {
  const slip = headers.get('itinerary')
  const id = headers.get('ce_id')
  const hop = Number(headers.get('itineraryhop') ?? 0)
  const replay = Number(headers.get('ce_replay') ?? 0)
  const tail = hop === 0 ? '' : `~${hop}`
  const isOwn = slip !== undefined && id !== undefined && isCount(hop) && isCount(replay) && id.endsWith(tail)
  if (!isOwn) return undefined
  const fields = {
    ride: id.slice(0, id.length - tail.length),
    hop,
    type: headers.get('ce_type') ?? '',
    source: headers.get('ce_source') ?? '',
    time: timeOf(headers.get('ce_time'), cursor.timestamp),
    key: keyOf(cursor),
    headers: eventHeaders(headers, true),
    correlationId: headers.get('ce_correlationid'),
    causationId: headers.get('ce_causationid'),
    replay,
    slip,
  }
  return placed(cursor, new Record(fields, cursor.valueEnd < 0 ? null : undefined, valueOf(cursor)))
}

/** The headers under the cursor. */
export function headersOf(cursor: RecordCursor): KafkaHeaders {
  const headers = new Map<string, string>()
  cursor.rewindHeaders()
  while (cursor.nextHeader()) {
    const name = cursor.bytes.toString('utf8', cursor.nameStart, cursor.nameEnd).toLowerCase()
    headers.set(name, cursor.headerEnd < 0 ? '' : cursor.bytes.toString('utf8', cursor.headerStart, cursor.headerEnd))
  }
  return headers
}

/** What of the headers belongs to the event and not to its envelope; `isOwn`: written by Metrobus, which gives some another name. */
export function eventHeaders(headers: KafkaHeaders, isOwn: boolean): Headers {
  // Without a prototype, so that a header called __proto__ is one.
  const own = Object.create(null) as { [name: string]: string }
  let isEmpty = true
  for (const [name, value] of headers) {
    if (reserved.has(name)) continue
    own[isOwn && name.startsWith(ownPrefix) ? name.slice(ownPrefix.length) : name] = value
    isEmpty = false
  }
  return isEmpty ? noHeaders : Object.freeze({ ...own })
}

export const keyOf = (cursor: RecordCursor): string | null =>
  cursor.keyEnd < 0 ? null : cursor.bytes.toString('utf8', cursor.keyStart, cursor.keyEnd)

/** The value as text; undefined for a tombstone. */
export const valueOf = (cursor: RecordCursor): string | undefined =>
  cursor.valueEnd < 0 ? undefined : cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd)

/** Gives a record the place and time that it has in its partition. */
export function placed(cursor: RecordCursor, record: Record): Record {
  record.offset = cursor.offset
  record.appendedAt = cursor.timestamp
  return record
}

/** Milliseconds since the epoch; `otherwise` where the text is no time. */
export function timeOf(text: string | undefined, otherwise: number): number {
  const time = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? otherwise : time
}

const nameOnWire = (name: string): string =>
  reserved.has(name) || name.startsWith(ownPrefix) ? ownPrefix + name : name

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

const latestTime = 8.64e15

const timeText = (time: number): string =>
  new Date(Math.min(Math.max(Math.trunc(time), -latestTime), latestTime)).toISOString()

/** The data of a record as JSON; null of a tombstone. */
export function textOf(record: Record): string | null {
  const from = record.unchangedFrom
  const known = record.text ?? record.encoded ?? from?.encoded
  if (known !== undefined) return known === '' || known === 'null' ? null : known
  const data = record.data === undefined ? from?.data : record.data
  return data === null ? null : JSON.stringify(data)
}
