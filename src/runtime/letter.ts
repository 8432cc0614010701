/** Reads what a dead letter says: the opposite of `dead-letter.ts`. Pure. */
import type { Headers } from '../event/event.ts'
import type { Record } from '../event/record.ts'
import { errorPrefix } from './dead-letter.ts'
import type { DeadLetterFilter, DeadLetterRecord } from './running.ts'
import type { StopRuntime } from './stop-runtime.ts'

/** A dead letter with what is needed to act on it. */
export interface Letter {
  readonly stop: StopRuntime
  readonly partition: number
  readonly record: Record
}

/** `<stop>/<partition>/<offset>`. */
export function placeOf({ stop, partition, record }: Letter): string {
  return `${stop.name}/${partition}/${record.offset}`
}

/** A dead letter as an operator sees it. */
export function describe(letter: Letter, state: DeadLetterRecord['state']): DeadLetterRecord {
  return describeRecord(letter.stop.name, letter.partition, letter.record, state)
}

/** The same from the record alone: for tools that read the files of a stopped app. */
export function describeRecord(
  stop: string,
  partition: number,
  record: Record,
  state: DeadLetterRecord['state'],
): DeadLetterRecord {
  const says = (name: string): string => record.headers[errorPrefix + name] ?? ''
  return {
    place: `${stop}/${partition}/${record.offset}`,
    stop,
    id: record.id,
    ride: record.ride,
    key: record.key,
    cause: says('exception'),
    message: says('message'),
    stack: record.headers[`${errorPrefix}stacktrace`],
    fingerprint: says('fingerprint'),
    attempts: Number(says('attempts')),
    firstFailure: Number(says('first.failed.at')),
    lastFailure: Number(says('last.failed.at')),
    codeVersion: says('app.version'),
    itinerary: record.slip,
    replay: record.replay,
    state,
    headers: plainHeaders(record.headers),
    data: record.data,
  }
}

/** Whether a dead letter is of those asked for. */
export function fits(letter: DeadLetterRecord, filter: DeadLetterFilter): boolean {
  return (
    (filter.stop === undefined || letter.stop === filter.stop) &&
    (filter.fingerprint === undefined || letter.fingerprint === filter.fingerprint) &&
    (filter.cause === undefined || letter.cause === filter.cause) &&
    (filter.key === undefined || letter.key === filter.key) &&
    (filter.place === undefined || letter.place === filter.place) &&
    (filter.since === undefined || letter.lastFailure >= filter.since)
  )
}

/** Kept over a replay: where and when the event failed first. */
const firstSeen = new Set(
  ['topic', 'partition', 'offset', 'timestamp', 'first.failed.at'].map((name) => errorPrefix + name),
)

/** The headers of an event that is replayed: those of the sender, and where it failed first. */
export function withoutFailure(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !name.startsWith(errorPrefix) || firstSeen.has(name)),
  )
}

function plainHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(errorPrefix)))
}
