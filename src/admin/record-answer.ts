/** A record as JSON. */
import { readSlip } from '../itinerary/slip.ts'
import type { RecordAnswer } from './answers.ts'
import type { Placed } from './tail.ts'

/** The record by CloudEvents names, with its place. Data whose text has more than `bytesMax` is cut there. */
export function recordAnswer({ topic, partition, record }: Placed, bytesMax: number = Infinity): RecordAnswer {
  const cut = bytesMax === Infinity ? undefined : cutOf(record.data, bytesMax)
  return {
    topic,
    partition,
    offset: record.offset,
    appended: isoTime(record.appendedAt),
    id: record.id,
    ride: record.ride,
    type: record.type,
    source: record.source,
    time: isoTime(record.time),
    key: record.key,
    headers: record.headers,
    correlationid: record.correlationId ?? null,
    causationid: record.causationId ?? null,
    replay: record.replay,
    itinerary: record.slip === '' ? null : readSlip(record.slip),
    ...(cut === undefined ? { data: record.data } : { data: null, cut }),
  }
}

function cutOf(data: unknown, bytesMax: number): RecordAnswer['cut'] {
  const text = JSON.stringify(data)
  const bytes = Buffer.byteLength(text)
  if (bytes <= bytesMax) return undefined
  // What remains of a character that was cut through is left out.
  const begins = Buffer.from(text)
    .subarray(0, bytesMax)
    .toString()
    .replace(/\ufffd$/, '')
  return { bytes, begins }
}

/** RFC 3339 in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
