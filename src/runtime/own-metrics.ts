/** The metrics that the stops of an app declare. */
import type { Metric } from '../telemetry/metric.ts'
import type { AppDefinition } from './definition.ts'

/** Each once, however many stops measure it. */
export function metricsOf({ entries }: AppDefinition): ReadonlySet<Metric> {
  return new Set(entries.flatMap(({ router }) => router.stops.flatMap(({ metrics }) => metrics ?? [])))
}
