/** Readings in the form that `prom-client` prints: a metric of its registry that holds what was read last. */
import type { Point, Reading } from './reading.ts'
import type { Signal } from './signals.ts'

/** One printed line. */
export interface PrintedValue {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** All lines of the points of a signal: those of a histogram are added up from bound to bound. */
export function printedValues({ name }: Signal, points: readonly Point[]): readonly PrintedValue[] {
  return points.flatMap(({ labels, value }): readonly PrintedValue[] => {
    if (typeof value === 'number') return [{ labels, value }]
    const totals = [
      { metricName: `${name}_sum`, labels, value: value.sum },
      { metricName: `${name}_count`, labels, value: value.count },
    ]
    if ('quantiles' in value)
      return [...value.quantiles.map(([quantile, at]) => ({ labels: { ...labels, quantile }, value: at })), ...totals]
    let below = 0
    const buckets = Array.from(value.counts, (count, index) => {
      below += count
      return { metricName: `${name}_bucket`, labels: { ...labels, le: value.bounds[index] ?? '+Inf' }, value: below }
    })
    return [...buckets, ...totals]
  })
}

/** The readings of several apps as one, each signal once. */
export function merged(all: readonly (readonly Reading[])[]): readonly Reading[] {
  const readings = new Map<string, Reading>()
  for (const { signal, points } of all.flat()) {
    const known = readings.get(signal.name)
    readings.set(signal.name, { signal, points: known === undefined ? points : [...known.points, ...points] })
  }
  return [...readings.values()]
}
