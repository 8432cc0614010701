/** What of `@opentelemetry/api` is used, described here: whoever traces nothing need not have it. */
import { MetrobusError } from '../errors/index.ts'

export interface OtelSpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean
  readonly traceState?: { serialize(): string }
}

export type OtelAttributes = Record<string, string | number | boolean>

export interface OtelSpan {
  spanContext(): OtelSpanContext
  isRecording(): boolean
  setAttributes(attributes: OtelAttributes): unknown
  setStatus(status: { code: number; message?: string }): unknown
  recordException(error: Error | string): void
  end(): void
}

export interface OtelTracer {
  startSpan(
    name: string,
    options: { kind: number; attributes: OtelAttributes; links: { context: OtelSpanContext }[]; root?: boolean },
    context: object,
  ): OtelSpan
}

export interface OtelObservable {
  observe(instrument: object, value: number, attributes: OtelAttributes): void
}

export interface OtelMeter {
  createObservableCounter(name: string, options: { unit: string; description: string }): object
  createObservableGauge(name: string, options: { unit: string; description: string }): object
  addBatchObservableCallback(callback: (result: OtelObservable) => Promise<void>, instruments: object[]): void
  removeBatchObservableCallback(callback: (result: OtelObservable) => Promise<void>, instruments: object[]): void
}

/** The API object: `import * as api from '@opentelemetry/api'`. */
export interface OtelApi {
  readonly ROOT_CONTEXT: object
  readonly trace: {
    getTracer(name: string, version?: string, options?: { schemaUrl?: string }): OtelTracer
    setSpan(context: never, span: never): object
    setSpanContext(context: never, spanContext: never): object
    getSpanContext(context: never): OtelSpanContext | undefined
  }
  readonly context: {
    active(): object
    with<Result>(context: never, run: () => Result): Result
  }
  readonly metrics: { getMeter(name: string, version?: string): object }
  createTraceState(raw?: string): { serialize(): string }
}

/** Loads the API that the user has installed, on first use. */
export async function loadOtelApi(): Promise<OtelApi> {
  try {
    return (await import('@opentelemetry/api')) as OtelApi
  } catch (cause) {
    throw new MetrobusError('MB_MISSING_PACKAGE', { package: '@opentelemetry/api', range: '^1.4.0' }, { cause })
  }
}
