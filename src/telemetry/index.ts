/** Published as `metrobus/telemetry`: who looks at an app, and metrics of the app's own. */
export { prometheus } from './prometheus.ts'
export type { Prometheus, PrometheusOptions } from './prometheus.ts'
export { counter, gauge, histogram, summary } from './metric.ts'
export type { HistogramOptions, Metric, MetricOptions, SummaryOptions } from './metric.ts'
export { signals } from './signals.ts'
export type { Signal, SignalName } from './signals.ts'
export type { MetricsPage, Observed, Telemetry } from './telemetry.ts'
export type { Distribution, Labels, Point, Quantiles, Reading } from './reading.ts'
