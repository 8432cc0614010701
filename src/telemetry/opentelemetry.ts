/** Traces and metrics through the API of OpenTelemetry: what becomes of them decides the SDK that the program has set up. */
import { MetrobusError } from '../errors/index.ts'
import { packageVersion } from '../internal/platform/package-version.ts'
import { loadOtelApi } from './otel-api.ts'
import type { OtelApi, OtelMeter, OtelObservable } from './otel-api.ts'
import { OtelTracing } from './otel-tracing.ts'
import type { Reading } from './reading.ts'
import type { Signal } from './signals.ts'
import type { Observed, Telemetry } from './telemetry.ts'
import type { Tracing } from './tracing.ts'

export interface OpenTelemetryOptions {
  /** The API. Default: the installed `@opentelemetry/api`, loaded when an app starts. */
  readonly api?: OtelApi
  /** How a ride is tied to what caused it, such as the active span of whoever sends: 'link' begins a trace of its own, 'child' goes on in that one. Within a ride each hop is a child of the one before. Default: 'link'. */
  readonly begins?: 'link' | 'child'
  /**
   * Share of the rides that the SDK is asked about, 0 to 1; of those its sampler decides. What it is not asked about costs nothing, where asking takes some microseconds a ride. Default: 1.
   */
  readonly share?: number
  /** Default: true. */
  readonly traces?: boolean
  /** Counters and gauges, and count and sum of histograms, observed when the SDK collects. Default: true. */
  readonly metrics?: boolean
}

/** The conventions that names are of. */
const schemaUrl = 'https://opentelemetry.io/schemas/1.44.0'

/**
 * Tells OpenTelemetry of an app: `start({ bus, telemetry: openTelemetry() })`, beside `prometheus()` or alone. A start rejects with MB_MISSING_PACKAGE where the API is not
 * installed. Throws MB_BAD_OPTIONS for a share that is none.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  const { begins = 'link', share = 1, traces = true, metrics = true } = options
  if (!(share >= 0 && share <= 1))
    throw new MetrobusError('MB_BAD_OPTIONS', {
      what: 'The options of openTelemetry()',
      faults: [`share must be a number from 0 to 1, found ${String(share)}`],
    })
  const load = async (): Promise<OtelApi> => options.api ?? (await loadOtelApi())
  return {
    async watch(app): Promise<{ close(): Promise<void> }> {
      return metrics ? observe(app, await load()) : { close: async () => {} }
    },
    async tracing({ app, system, random }): Promise<Tracing | undefined> {
      if (!traces) return undefined
      const api = await load()
      const tracer = api.trace.getTracer('metrobus', packageVersion(), { schemaUrl })
      return new OtelTracing({ api, tracer, app, system, begins, asks: () => share === 1 || random() < share })
    },
  }
}

async function observe(app: Observed, api: OtelApi): Promise<{ close(): Promise<void> }> {
  const meter = api.metrics.getMeter('metrobus', packageVersion()) as OtelMeter
  const instruments = new Map<string, object>()
  const instrumentOf = (
    { name, kind, unit, help: description, convention }: Signal,
    end: '' | '.count' | '.sum',
  ): object => {
    const known = instruments.get(name + end)
    if (known !== undefined) return known
    const called = `${convention ?? otelName(name)}${end}`
    const isRising = kind !== 'gauge'
    const options = { unit: end === '.count' ? '1' : unit, description }
    const made = isRising
      ? meter.createObservableCounter(called, options)
      : meter.createObservableGauge(called, options)
    instruments.set(name + end, made)
    return made
  }
  const each = (
    readings: readonly Reading[],
    take: (instrument: object, value: number, labels: Reading['points'][number]['labels']) => void,
  ): void => {
    for (const { signal, points } of readings)
      for (const { labels, value } of points) {
        if (typeof value === 'number') take(instrumentOf(signal, ''), value, labels)
        else {
          take(instrumentOf(signal, '.count'), value.count, labels)
          take(instrumentOf(signal, '.sum'), value.sum, labels)
        }
      }
  }
  const callback = async (result: OtelObservable): Promise<void> =>
    each(await app.read(), (instrument, value, labels) => result.observe(instrument, value, labels))
  // A callback tells of the instruments that it was added with: what has no value yet must be known, too.
  each(await app.read(), () => {})
  for (const signal of app.signals)
    for (const end of signal.kind === 'counter' || signal.kind === 'gauge'
      ? ([''] as const)
      : (['.count', '.sum'] as const))
      instrumentOf(signal, end)
  const all = [...instruments.values()]
  meter.addBatchObservableCallback(callback, all)
  return { close: async () => meter.removeBatchObservableCallback(callback, all) }
}

/** `metrobus_events_received_total` is `metrobus.events_received` there: the unit and the kind are told beside the name. */
function otelName(name: string): string {
  return name
    .replace(/_total$/, '')
    .replace(/_(seconds|bytes)$/, '')
    .replace(/^metrobus_/, 'metrobus.')
}
