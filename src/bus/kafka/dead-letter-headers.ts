/**
 * Why a record was given up, in headers that are added to it: ours, written as UTF-8 text, and those that Kafka Connect, Spring Kafka and Kafka Streams
 * write, which are read as well, so that one tool shows the dead letters of all.
 *
 *     __metrobus.errors.topic partition offset timestamp group stop attempts exception message stacktrace
 *                       first.failed.at last.failed.at app.version itinerary
 *
 * A record that dies twice keeps the place and the first failure of its first death.
 */
import type { RecordCursor } from './driver/records-decoder.ts'
import type { FieldValue } from './driver/records-encoder.ts'

/** What is known of a death; undefined where nobody said. */
export interface DeadLetterFacts {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the record, in milliseconds since the epoch. */
  readonly timestamp: number | undefined
  readonly group: string | undefined
  readonly stop: string | undefined
  readonly attempts: number | undefined
  /** The code or class of the error. */
  readonly exception: string | undefined
  readonly message: string | undefined
  /** At most 8 KiB of it are written. */
  readonly stacktrace: string | undefined
  /** In milliseconds since the epoch. */
  readonly firstFailedAt: number | undefined
  readonly lastFailedAt: number | undefined
  readonly appVersion: string | undefined
  readonly itinerary: string | undefined
}

type Family = Partial<Record<keyof DeadLetterFacts, string>>

const ours = '__metrobus.errors.'
const stacktraceBytesMax = 8 * 1024

const own: Required<Family> = {
  topic: `${ours}topic`,
  partition: `${ours}partition`,
  offset: `${ours}offset`,
  timestamp: `${ours}timestamp`,
  group: `${ours}group`,
  stop: `${ours}stop`,
  attempts: `${ours}attempts`,
  exception: `${ours}exception`,
  message: `${ours}message`,
  stacktrace: `${ours}stacktrace`,
  firstFailedAt: `${ours}first.failed.at`,
  lastFailedAt: `${ours}last.failed.at`,
  appVersion: `${ours}app.version`,
  itinerary: `${ours}itinerary`,
}

const connect: Family = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  stop: '__connect.errors.connector.name',
  exception: '__connect.errors.exception.class.name',
  message: '__connect.errors.exception.message',
  stacktrace: '__connect.errors.exception.stacktrace',
}

const spring: Family = {
  topic: 'kafka_dlt-original-topic',
  partition: 'kafka_dlt-original-partition',
  offset: 'kafka_dlt-original-offset',
  timestamp: 'kafka_dlt-original-timestamp',
  group: 'kafka_dlt-original-consumer-group',
  exception: 'kafka_dlt-exception-fqcn',
  message: 'kafka_dlt-exception-message',
  stacktrace: 'kafka_dlt-exception-stacktrace',
}

const streams: Family = {
  topic: '__streams.errors.topic',
  partition: '__streams.errors.partition',
  offset: '__streams.errors.offset',
  exception: '__streams.errors.exception',
  message: '__streams.errors.message',
  stacktrace: '__streams.errors.stacktrace',
}

/** The headers to add, names and values in turn. `before`: what an earlier death left, as read from the record. */
export function deadLetterHeaders(facts: DeadLetterFacts, before?: DeadLetterFacts): FieldValue[] {
  const { topic, partition, offset, timestamp } = before ?? facts
  const first = before?.firstFailedAt ?? facts.firstFailedAt
  const said = { ...facts, topic, partition, offset, timestamp, firstFailedAt: first }
  const headers: FieldValue[] = []
  for (const [fact, name] of Object.entries(own) as [keyof DeadLetterFacts, string][]) {
    const value = said[fact]
    if (value !== undefined) headers.push(name, fact === 'stacktrace' ? cut(String(value)) : String(value))
  }
  return headers
}

/** Why the record under the cursor was given up, whoever did it; of several families ours is believed first. Undefined: it is no dead letter. */
export function readDeadLetter(cursor: RecordCursor): DeadLetterFacts | undefined {
  const headers = new Map<string, Buffer>()
  cursor.rewindHeaders()
  while (cursor.nextHeader())
    if (cursor.headerEnd >= 0)
      headers.set(
        cursor.bytes.toString('utf8', cursor.nameStart, cursor.nameEnd),
        cursor.bytes.subarray(cursor.headerStart, cursor.headerEnd),
      )
  for (const family of [own, spring, connect, streams]) {
    const facts = factsOf(headers, family, family === spring)
    if (facts !== undefined) return facts
  }
  return undefined
}

function factsOf(headers: ReadonlyMap<string, Buffer>, family: Family, isBinary: boolean): DeadLetterFacts | undefined {
  const bytes = (fact: keyof DeadLetterFacts): Buffer | undefined => headers.get(family[fact] ?? '')
  const text = (fact: keyof DeadLetterFacts): string | undefined => bytes(fact)?.toString('utf8')
  const number = (fact: keyof DeadLetterFacts): number | undefined => {
    const value = isBinary ? binaryNumber(bytes(fact)) : Number(text(fact) ?? Number.NaN)
    return value !== undefined && Number.isSafeInteger(value) ? value : undefined
  }
  const [topic, partition, offset] = [text('topic'), number('partition'), number('offset')]
  if (topic === undefined || partition === undefined || offset === undefined) return undefined
  return {
    topic,
    partition,
    offset,
    timestamp: number('timestamp'),
    group: text('group'),
    stop: text('stop'),
    attempts: number('attempts'),
    exception: text('exception'),
    message: text('message'),
    stacktrace: text('stacktrace'),
    firstFailedAt: number('firstFailedAt'),
    lastFailedAt: number('lastFailedAt'),
    appVersion: text('appVersion'),
    itinerary: text('itinerary'),
  }
}

/** Spring writes numbers as four or eight bytes, the highest first. */
function binaryNumber(bytes: Buffer | undefined): number | undefined {
  if (bytes?.length === 4) return bytes.readInt32BE(0)
  return bytes?.length === 8 ? Number(bytes.readBigInt64BE(0)) : undefined
}

/** At most 8 KiB of UTF-8, no character cut in two. */
function cut(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= stacktraceBytesMax) return text
  let end = stacktraceBytesMax
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
