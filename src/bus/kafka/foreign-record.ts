/**
 * Records that no Metrobus wrote, as records: CloudEvents in binary or structured mode, and anything else by a mapping that the app
 * declares. The result is a function of what is in the topic, so that reading it again gives the same ids.
 */
import { MetrobusError } from '../../errors/index.ts'
import { freezeDeep, nestingMax, Record } from '../../event/record.ts'
import type { RecordFields } from '../../event/record.ts'
import { refuseUnknown } from './access.ts'
import type { RecordCursor } from './driver/records-decoder.ts'
import { eventHeaders, headersOf, keyOf, placed, readOwnRecord, timeOf, valueOf } from './kafka-record.ts'
import type { KafkaHeaders } from './kafka-record.ts'

/** A record as it lies in a topic, for a mapping to look at. */
export interface ForeignRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** In milliseconds since the epoch. */
  readonly timestamp: number
  readonly key: string | null
  readonly headers: KafkaHeaders
  /** The data as `data` of the mapping says; null for a tombstone. */
  readonly data: unknown
}

/** How records that are no CloudEvents become events. Each function must give the same for the same record. */
export interface ForeignMapping {
  /** What the value is: JSON, UTF-8 text, or bytes, which become base64 text. Default 'json'. */
  readonly data?: 'json' | 'text' | 'bytes'
  /** CloudEvents `type`. Default: the topic's name. */
  readonly type?: string | ((record: ForeignRecord) => string)
  /** CloudEvents `source`. Default: `/kafka/<topic>`. */
  readonly source?: string
  /** The event's id, unique within its source. Default: `<partition>/<offset>`, which changes when the topic is copied. */
  readonly id?: (record: ForeignRecord) => string
  /** The order key. Default: the record's key. */
  readonly key?: (record: ForeignRecord) => string | null
}

/** What a word of a mapping may be. */
interface WordOfMapping {
  readonly is: string
  readonly takes: (value: unknown) => boolean
}

const ofMapping: { readonly [word in keyof Required<ForeignMapping>]: WordOfMapping } = {
  data: {
    is: '"json", "text" or "bytes"',
    takes: (value) => value === 'json' || value === 'text' || value === 'bytes',
  },
  type: { is: 'a text or a function', takes: (value) => isText(value) || typeof value === 'function' },
  source: { is: 'a text', takes: (value) => isText(value) },
  id: { is: 'a function', takes: (value) => typeof value === 'function' },
  key: { is: 'a function', takes: (value) => typeof value === 'function' },
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** Adds what is wrong with the mappings of topics to `faults`. */
export function checkMappings(
  mappings: Readonly<{ [topic: string]: ForeignMapping }> | undefined,
  faults: string[],
): void {
  if (mappings === undefined) return
  if (typeof mappings !== 'object' || mappings === null) return void faults.push('mappings must be an object, by topic')
  for (const [topic, mapping] of Object.entries(mappings)) {
    const path = `mappings.${topic}`
    if (typeof mapping !== 'object' || mapping === null) {
      faults.push(`${path} must be an object`)
      continue
    }
    refuseUnknown(`${path}.`, mapping, Object.keys(ofMapping), faults)
    for (const [word, { is, takes }] of Object.entries(ofMapping)) {
      const value: unknown = mapping[word as keyof ForeignMapping]
      if (value !== undefined && !takes(value)) faults.push(`${path}.${word} must be ${is}`)
    }
  }
}

const idBytesMax = 1_000
const structured = 'application/cloudevents'

/**
 * The record under the cursor, whoever wrote it. Throws MB_KAFKA_FOREIGN_RECORD for what is neither ours nor what the mapping says, and
 * MB_TOO_DEEP; such a record is to be given up, not skipped.
 */
export function readRecord(
  cursor: RecordCursor,
  topic: string,
  partition: number,
  mapping: ForeignMapping = {},
): Record {
  const headers = headersOf(cursor)
  const own = readOwnRecord(cursor, headers)
  if (own !== undefined) return own
  const place: Place = { topic, partition, offset: cursor.offset }
  const contentType = headers.get('content-type')?.toLowerCase() ?? ''
  const read = contentType.startsWith(structured)
    ? readStructured(cursor, headers, place)
    : isCloudEvent(headers)
      ? readBinary(cursor, headers, contentType, place)
      : readMapped(cursor, headers, mapping, place)
  return placed(cursor, read)
}

interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const isCloudEvent = (headers: KafkaHeaders): boolean =>
  ['ce_specversion', 'ce_id', 'ce_source', 'ce_type'].every((name) => (headers.get(name) ?? '') !== '')

function readBinary(cursor: RecordCursor, headers: KafkaHeaders, contentType: string, place: Place): Record {
  const isJson = contentType === '' || /^[^;]*[/+]json\s*(;|$)/.test(contentType)
  if (!isJson && cursor.valueEnd >= 0) throw fault(place, `its data is "${contentType}" and not JSON`)
  const fields = fieldsOf(cursor, headers, {
    id: idOf(headers.get('ce_id')!, place),
    type: headers.get('ce_type')!,
    source: headers.get('ce_source')!,
    time: timeOf(headers.get('ce_time'), cursor.timestamp),
  })
  return new Record(
    { ...fields, ...flowOf(headers.get('ce_correlationid'), headers.get('ce_causationid')) },
    jsonOf(cursor, place),
    undefined,
  )
}

function readStructured(cursor: RecordCursor, headers: KafkaHeaders, place: Place): Record {
  const event = jsonOf(cursor, place)
  if (typeof event !== 'object' || event === null)
    throw fault(place, 'it is a structured CloudEvent without attributes')
  const attributes = event as Readonly<{ [name: string]: unknown }>
  const text = (name: string): string => {
    const value = attributes[name]
    if (typeof value !== 'string' || value === '') throw fault(place, `its CloudEvents attribute "${name}" is missing`)
    return value
  }
  if ('data_base64' in attributes) throw fault(place, 'its data is binary and not JSON')
  const time = attributes['time']
  const fields = fieldsOf(cursor, headers, {
    id: idOf(text('id'), place),
    type: text('type'),
    source: text('source'),
    time: timeOf(typeof time === 'string' ? time : undefined, cursor.timestamp),
  })
  const flow = flowOf(attributes['correlationid'], attributes['causationid'])
  return new Record({ ...fields, ...flow }, attributes['data'] ?? null, undefined)
}

function readMapped(cursor: RecordCursor, headers: KafkaHeaders, mapping: ForeignMapping, place: Place): Record {
  const data = dataOf(cursor, mapping.data ?? 'json', place)
  const foreign: ForeignRecord = { ...place, timestamp: cursor.timestamp, key: keyOf(cursor), headers, data }
  const { type = place.topic, source = `/kafka/${place.topic}` } = mapping
  const fields = fieldsOf(cursor, headers, {
    id: mapping.id === undefined ? `${place.partition}/${place.offset}` : idOf(mapping.id(foreign), place),
    type: typeof type === 'string' ? type : type(foreign),
    source,
    time: cursor.timestamp,
  })
  const key = mapping.key === undefined ? fields.key : mapping.key(foreign)
  return new Record({ ...fields, key }, data, undefined)
}

interface Envelope {
  readonly id: string
  readonly type: string
  readonly source: string
  readonly time: number
}

function fieldsOf(cursor: RecordCursor, headers: KafkaHeaders, { id, type, source, time }: Envelope): RecordFields {
  const none = { correlationId: undefined, causationId: undefined, replay: 0, slip: '' }
  return { ride: id, hop: 0, type, source, time, key: keyOf(cursor), headers: eventHeaders(headers, false), ...none }
}

const flowOf = (correlation: unknown, causation: unknown): Pick<RecordFields, 'correlationId' | 'causationId'> => ({
  correlationId: typeof correlation === 'string' ? correlation : undefined,
  causationId: typeof causation === 'string' ? causation : undefined,
})

/** A sender's id: `~` and `!` divide the parts of ids that are made from others, a blank divides ids, and control characters divide lines. */
function idOf(id: string, place: Place): string {
  if (id === '' || id.length > idBytesMax)
    throw fault(place, `its id has ${id.length} characters and not 1 to ${idBytesMax}`)
  return id.replace(/[%!~ \0-\x1f\x7f]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function dataOf(cursor: RecordCursor, as: 'json' | 'text' | 'bytes', place: Place): unknown {
  if (cursor.valueEnd < 0) return null
  if (as === 'json') return jsonOf(cursor, place)
  return cursor.bytes.toString(as === 'text' ? 'utf8' : 'base64', cursor.valueStart, cursor.valueEnd)
}

/** The value as JSON, frozen; null for a tombstone. */
function jsonOf(cursor: RecordCursor, place: Place): unknown {
  const text = valueOf(cursor)
  if (text === undefined) return null
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch (cause) {
    throw fault(place, 'its value is not JSON', cause)
  }
  return freezeDeep(data, nestingMax)
}

function fault({ topic, partition, offset }: Place, reason: string, cause?: unknown): MetrobusError {
  return new MetrobusError('MB_KAFKA_FOREIGN_RECORD', { topic, partition, offset, reason }, { cause })
}
