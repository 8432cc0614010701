/** A record as JSON. */
import { readSlip } from '../itinerary/slip.ts'
import type { RecordAnswer } from './answers.ts'
import type { Placed } from './tail.ts'

/** The record by CloudEvents names, with its place. */
export function recordAnswer({ topic, partition, record }: Placed): RecordAnswer {
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
    data: record.data,
  }
}

/** RFC 3339 in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
