/** Service-level objectives of lines. */
import { toMs } from '../internal/duration.ts'
import type { Duration } from '../internal/duration.ts'
import type { Faults } from '../internal/faults.ts'
import type { AppDefinition, Objective } from './definition.ts'

/** Such as `{ within: { seconds: 2 }, share: 0.999 }`: 99.9 % of the line's rides end within two seconds, and not as a dead letter. */
export interface ObjectiveOptions {
  /** From the event's time to the durable end of its ride, in milliseconds, `{ seconds }` or `{ days }`. */
  readonly within: Duration
  /** Share of the rides, more than 0 and less than 1. */
  readonly share: number
}

/** Undefined when none is given. */
export function resolveObjectives(
  given: Readonly<Record<string, ObjectiveOptions>> | undefined,
  faults: Faults,
): Readonly<Record<string, Objective>> | undefined {
  if (given === undefined) return undefined
  return Object.fromEntries(
    Object.entries(given).map(([line, { within, share }]) => {
      const withinMs = toMs(within)
      if (!(withinMs > 0 && withinMs < Infinity))
        faults.add(`objectives.${line}.within must be more than 0, found ${String(withinMs)}`)
      if (!(share > 0 && share < 1))
        faults.add(`objectives.${line}.share must be between 0 and 1, found ${String(share)}`)
      return [line, { withinMs, share }]
    }),
  )
}

/** The times that objectives speak of, in milliseconds. */
export function objectiveTimes({ objectives = {} }: AppDefinition): readonly number[] {
  return Object.values(objectives).map(({ withinMs }) => withinMs)
}
