/**
 * An event that was plotted by another version of its line may not fit the stop that it reaches: it is validated there, once. What this process
 * plotted itself is of the present version and is never looked at.
 */
import { MetrobusError } from '../errors/index.ts'
import { lineVersionOfSlip } from '../itinerary/slip.ts'
import { validate } from '../schema/validate.ts'
import type { Attempt } from './attempt.ts'

/** Throws MB_SCHEMA_CHANGED when the data does not fit the stop as it is now. */
export function checkLineVersion(attempt: Attempt): void {
  const { record, lane } = attempt
  const { inSchema, name } = lane.stop.definition
  const version = lineVersionOfSlip(record.slip)
  if (inSchema === undefined || lane.engine.lineVersions.has(version)) return
  const result = validate(inSchema, record.data, name)
  if (result instanceof Promise)
    throw new MetrobusError('MB_SCHEMA_CHANGED', {
      stop: name,
      version,
      issues: ['its validator is asynchronous, and only entries can wait for one'],
    })
  if (result.issues !== undefined)
    throw new MetrobusError('MB_SCHEMA_CHANGED', { stop: name, version, issues: result.issues })
}
