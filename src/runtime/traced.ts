/** Attempts of rides that are traced. */
import { lineOfSlip } from '../itinerary/slip.ts'
import type { Attempt } from './attempt.ts'

/** Begins the span of an attempt, if its ride is traced, which was decided where it began. */
export function trace(attempt: Attempt): void {
  const { record, lane } = attempt
  const { stop, partition, engine } = lane
  if (stop.entry === undefined && record.headers['traceparent'] === undefined) return
  attempt.handling = engine.tracing?.handle({
    stop: stop.name,
    topic: stop.topics.input,
    partition,
    line: lineOfSlip(record.slip),
    attempt: attempt.attempt,
    record,
    begins: stop.entry !== undefined,
  })
}
