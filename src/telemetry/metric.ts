/** Metrics of an app's own, declared beside the stops that measure them: `const calls = counter('function_calls_total', { labels: ['kind'] })`. */
import { Faults } from '../internal/faults.ts'
import { handlerBounds } from './signals.ts'
import type { Signal } from './signals.ts'

/** A declared metric. It holds no values: those are the running app's, so tests and apps of one process share none. */
export interface Metric<Label extends string = string> extends Signal {
  readonly labels: readonly Label[]
  /** Of a histogram: its upper bounds. */
  readonly bounds?: readonly number[]
  /** Of a summary: the shares that are told. */
  readonly quantiles?: readonly number[]
}

export interface MetricOptions<Label extends string = string> {
  /** One sentence for whoever reads the value. Default: the name. */
  readonly help?: string
  /** Names of labels, whose values are given with each measurement; at most 1,000 sets of values are told apart. Default: none. */
  readonly labels?: readonly Label[]
  /** By UCUM, such as `s`, `By` or `{call}`; the name tells it in Prometheus, by its end. Default: '1'. */
  readonly unit?: string
}

export interface HistogramOptions<Label extends string = string> extends MetricOptions<Label> {
  /** Upper bounds, rising. Default: from 0.005 to 60, for seconds. */
  readonly bounds?: readonly number[]
}

export interface SummaryOptions<Label extends string = string> extends MetricOptions<Label> {
  /** Shares from 0 to 1. Default: 0.5, 0.9 and 0.99. */
  readonly quantiles?: readonly number[]
}

/** Something that is only added to, from 0 at the start of the process. Its name ends with `_total`. Throws MB_BAD_OPTIONS, as the three below. */
export function counter<const Label extends string = never>(
  name: string,
  options: MetricOptions<Label> = {},
): Metric<Label> {
  return declare(name, 'counter', options)
}

/** Something that goes up and down: the value that was measured last counts. */
export function gauge<const Label extends string = never>(
  name: string,
  options: MetricOptions<Label> = {},
): Metric<Label> {
  return declare(name, 'gauge', options)
}

/** How values are spread over fixed bounds: can be added up over processes. */
export function histogram<const Label extends string = never>(
  name: string,
  options: HistogramOptions<Label> = {},
): Metric<Label> {
  const { bounds = handlerBounds, ...rest } = options
  return declare(name, 'histogram', rest, { bounds })
}

/** Quantiles of the values of the last 5 to 10 minutes, each off by at most 1 %: exact enough without bounds, but not to be added up over processes. Values from 0. */
export function summary<const Label extends string = never>(
  name: string,
  options: SummaryOptions<Label> = {},
): Metric<Label> {
  const { quantiles = [0.5, 0.9, 0.99], ...rest } = options
  return declare(name, 'summary', rest, { quantiles })
}

/** Labels that exporters and Prometheus put there themselves. */
const reservedLabels = new Set(['app', 'le', 'quantile', 'job', 'instance'])

function declare<Label extends string>(
  name: string,
  kind: Signal['kind'],
  { help = name, labels = [], unit = '1' }: MetricOptions<Label>,
  more: Pick<Metric, 'bounds' | 'quantiles'> = {},
): Metric<Label> {
  const faults = new Faults()
  if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,199}$/.test(name))
    faults.add(
      `the name must be 1 to 200 of a-z, A-Z, 0-9 and "_", not beginning with a digit, found ${JSON.stringify(name)}`,
    )
  if (/^(metrobus|process|nodejs)_/.test(name)) faults.add('names with metrobus_, process_ and nodejs_ are taken')
  if (kind === 'counter' && !name.endsWith('_total')) faults.add('the name of a counter must end with _total')
  for (const label of labels)
    if (!/^[a-zA-Z][a-zA-Z0-9_]{0,99}$/.test(label) || reservedLabels.has(label))
      faults.add(`labels: ${JSON.stringify(label)} cannot be a label`)
  if (new Set(labels).size < labels.length) faults.add('labels: one is given twice')
  checkRising('bounds', more.bounds, faults)
  for (const share of more.quantiles ?? [])
    if (!(share >= 0 && share <= 1)) faults.add(`quantiles: ${String(share)} is not between 0 and 1`)
  faults.throwIfAny(`The metric ${JSON.stringify(name)}`)
  return Object.freeze({ name, kind, unit, labels, help, ...more })
}

function checkRising(path: string, values: readonly number[] | undefined, faults: Faults): void {
  if (values === undefined) return
  if (
    values.length === 0 ||
    !values.every((value, index) => value > (values[index - 1] ?? -Infinity) && value < Infinity)
  )
    faults.add(`${path} must be finite and rising, at least one`)
}
