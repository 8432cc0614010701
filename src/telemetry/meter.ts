/** The values of an app's own metrics since it started. */
import { MetrobusError } from '../errors/index.ts'
import { Buckets } from '../internal/buckets.ts'
import type { Metric } from './metric.ts'
import type { Labels, Point, Reading } from './reading.ts'
import { otherLabel, signals } from './signals.ts'
import { Sketch } from './sketch.ts'

/** Sets of label values of one metric. Beyond, somebody has put data into a label. */
const setsMax = 1000

interface Series {
  readonly labels: Labels
  value: number | Buckets | Sketch
}

export class Meter {
  readonly #metrics: ReadonlyMap<Metric, Map<string, Series>>
  readonly #capped: Map<string, number> = new Map()
  readonly #monotonic: () => number

  /** What has no labels is there from the beginning: a counter that is first seen at 1 has not risen for Prometheus. */
  constructor(metrics: Iterable<Metric>, monotonic: () => number) {
    this.#monotonic = monotonic
    this.#metrics = new Map([...metrics].map((metric) => [metric, new Map<string, Series>()]))
    for (const [metric, series] of this.#metrics) if (metric.labels.length === 0) this.#make(metric, series, '', [])
  }

  /** Throws MB_BAD_MEASUREMENT for a metric that no stop declares, labels that are not those of the metric, and a value that it cannot take. */
  measure(metric: Metric, value: number, labels: Labels | undefined): void {
    const all = this.#metrics.get(metric)
    if (all === undefined) throw bad(metric, 'no stop declares it: list it under metrics')
    if (!Number.isFinite(value)) throw bad(metric, `${String(value)} is not a finite number`)
    if (value < 0 && (metric.kind === 'counter' || metric.kind === 'summary'))
      throw bad(metric, `a ${metric.kind} cannot take ${value}`)
    const series = this.#seriesOf(metric, all, labels ?? {})
    if (series.value instanceof Buckets) series.value.add(value)
    else if (series.value instanceof Sketch) series.value.add(value, this.#monotonic())
    else if (metric.kind === 'counter') series.value += value
    else series.value = value
  }

  get metrics(): readonly Metric[] {
    return [...this.#metrics.keys()]
  }

  get isEmpty(): boolean {
    return this.#metrics.size === 0
  }

  /** In short, for code and tests: sums instead of distributions. */
  measured(): { name: string; labels: Labels; value: number; count?: number }[] {
    return [...this.#metrics].flatMap(([{ name }, all]) =>
      [...all.values()].map(({ labels, value }) =>
        typeof value === 'number' ? { name, labels, value } : { name, labels, value: value.sum, count: value.count },
      ),
    )
  }

  read(app: string): Reading[] {
    const now = this.#monotonic()
    const readings = [...this.#metrics].map(([metric, all]): Reading => ({
      signal: { ...metric, labels: ['app', ...metric.labels] },
      points: [...all.values()].map(({ labels, value }): Point => ({
        labels: { app, ...labels },
        value: valueOf(value, metric, now),
      })),
    }))
    const capped = [...this.#capped].map(([metric, value]) => ({ labels: { app, metric }, value }))
    return [...readings, { signal: signals.labelsCapped, points: capped }]
  }

  #seriesOf(metric: Metric, all: Map<string, Series>, labels: Labels): Series {
    const values = metric.labels.map((label) => labels[label])
    const wrong = values.some((value) => typeof value !== 'string') || Object.keys(labels).length !== values.length
    if (wrong) throw bad(metric, `its labels are ${metric.labels.join(', ') || 'none'}, each a text`)
    const place = values.join('\0')
    const known = all.get(place)
    if (known !== undefined) return known
    if (all.size < setsMax || values.length === 0) return this.#make(metric, all, place, values as string[])
    this.#capped.set(metric.name, (this.#capped.get(metric.name) ?? 0) + 1)
    const others = values.map(() => otherLabel)
    return all.get(others.join('\0')) ?? this.#make(metric, all, others.join('\0'), others)
  }

  #make(metric: Metric, all: Map<string, Series>, place: string, values: readonly string[]): Series {
    const labels = Object.fromEntries(metric.labels.map((label, index) => [label, values[index]!]))
    const series: Series = { labels, value: this.#empty(metric) }
    all.set(place, series)
    return series
  }

  #empty({ kind, bounds }: Metric): Series['value'] {
    if (kind === 'histogram') return new Buckets(bounds ?? [])
    return kind === 'summary' ? new Sketch(this.#monotonic()) : 0
  }
}

function valueOf(value: Series['value'], { quantiles = [] }: Metric, now: number): Point['value'] {
  if (value instanceof Sketch) return value.read(quantiles, now)
  return value instanceof Buckets ? value.read() : value
}

const bad = ({ name }: Metric, fault: string): MetrobusError =>
  new MetrobusError('MB_BAD_MEASUREMENT', { metric: name, fault })
