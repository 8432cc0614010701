/** The record of a ride's end, for `trace`. */
import { Record } from '../event/record.ts'
import type { StopRuntime } from './stop-runtime.ts'

/** `slip` is the ride's whole itinerary, `how` what became of it: `done`, `dropped:<slug>`, `split:<count>`, `dead`, `discarded:<reason>`. */
export function endedRecord(stop: StopRuntime, record: Record, slip: string, how: string): Record {
  return new Record(
    {
      ride: record.ride,
      hop: record.hop + 1,
      type: record.type,
      source: record.source,
      time: record.time,
      key: record.key,
      headers: headersOf(stop, how),
      correlationId: record.correlationId,
      causationId: record.causationId,
      replay: record.replay,
      slip,
    },
    null,
    undefined,
  )
}

function headersOf(stop: StopRuntime, how: string): { readonly [name: string]: string } {
  // A detail or a reason makes an ending its own; the others are few and shared.
  const shared = stop.endings.get(how)
  if (shared !== undefined) return shared
  if (how.includes(' ') || how.startsWith('discarded')) return { ended: how, stop: stop.name }
  const headers = Object.freeze({ ended: how, stop: stop.name })
  stop.endings.set(how, headers)
  return headers
}
