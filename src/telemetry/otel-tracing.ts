/**
 * Spans by OpenTelemetry's conventions for messaging. Within a ride each try is a child of the hop before it, and linked to it, so that a ride is one trace; where a ride
 * begins it is linked to what caused it, or becomes its child when that is asked for.
 */
import type { Headers } from '../event/event.ts'
import type { OtelApi, OtelAttributes, OtelSpan, OtelSpanContext, OtelTracer } from './otel-api.ts'
import { parentPattern } from './tracing.ts'
import type { Handling, Sending, Tracing, Visit } from './tracing.ts'

const producer = 3
const consumer = 4
const errorStatus = 2
const sampledFlag = 1

export interface OtelTracingOptions {
  readonly api: OtelApi
  readonly tracer: OtelTracer
  readonly app: string
  /** `messaging.system`. */
  readonly system: string
  readonly begins: 'link' | 'child'
  /** Whether the SDK is asked about a ride that begins. */
  readonly asks: () => boolean
}

export class OtelTracing implements Tracing {
  readonly #options: OtelTracingOptions

  constructor(options: OtelTracingOptions) {
    this.#options = options
  }

  send(entry: string, headers: Headers | undefined): Sending | undefined {
    // A context that the sender has made stands.
    if (headers?.['traceparent'] !== undefined || !this.#options.asks()) return undefined
    const span = this.#begin('send', entry)
    if (span === undefined) return undefined
    return {
      headers: withContext(headers, span.spanContext()),
      sent: (id) => {
        span.setAttributes({ 'messaging.message.id': id })
        span.end()
      },
      failed: (error) => fail(span, error, error instanceof Error ? error.name : '_OTHER'),
    }
  }

  create(entry: string, headers: Headers | undefined): Headers | undefined {
    if (headers?.['traceparent'] !== undefined || !this.#options.asks()) return undefined
    const span = this.#begin('create', entry)
    span?.end()
    return span === undefined ? undefined : withContext(headers, span.spanContext())
  }

  handle(visit: Visit): Handling | undefined {
    const { api, tracer, begins } = this.#options
    const { record } = visit
    const before = contextOf(api, record.headers)
    const isSampled = before !== undefined && (before.traceFlags & sampledFlag) === 1
    // Whether a ride is traced was decided where it began.
    if (!isSampled && !visit.begins) return undefined
    if (visit.begins && !(isSampled && begins === 'child') && !this.#options.asks())
      return before === undefined ? undefined : untraced(record.headers)
    const isChild = isSampled && (!visit.begins || begins === 'child')
    const context = isChild ? api.trace.setSpanContext(api.ROOT_CONTEXT as never, before as never) : api.ROOT_CONTEXT
    const links = before === undefined ? [] : [{ context: before }]
    const options = { kind: consumer, attributes: this.#attributesOf(visit), links, root: !isChild }
    const span = tracer.startSpan(`process ${visit.topic}`, options, context)
    if (!span.isRecording()) return visit.begins && before !== undefined ? untraced(record.headers) : undefined
    return this.#handling(span, record.headers)
  }

  #handling(span: OtelSpan, before: Headers): Handling {
    const { api } = this.#options
    let hasEnded = false
    return {
      headers: withContext(before, span.spanContext()),
      run: (work) => api.context.with(api.trace.setSpan(api.context.active() as never, span as never) as never, work),
      emit: (target, headers) => {
        const sent = this.#sendAlong(span, target)
        sent.end()
        return withContext(headers, sent.spanContext())
      },
      end: (failure) => {
        if (hasEnded) return
        hasEnded = true
        if (failure === undefined) span.end()
        else fail(span, failure.error, failure.type)
      },
    }
  }

  /** To an entry: a ride of its own. To a topic: the readers decide. */
  #sendAlong(span: OtelSpan, { kind, name }: { readonly kind: 'entry' | 'topic'; readonly name: string }): OtelSpan {
    const { api, tracer, begins } = this.#options
    const isRoot = kind === 'entry' && begins === 'link'
    const context = isRoot ? api.ROOT_CONTEXT : api.trace.setSpan(api.ROOT_CONTEXT as never, span as never)
    const links = isRoot ? [{ context: span.spanContext() }] : []
    const options = { kind: producer, attributes: this.#sendAttributes('send', name), links, root: isRoot }
    return tracer.startSpan(`send ${name}`, options, context)
  }

  /** Undefined when it is not sampled. */
  #begin(operation: 'send' | 'create', entry: string): OtelSpan | undefined {
    const { api, tracer, begins } = this.#options
    const active = api.context.active()
    const current = begins === 'link' ? api.trace.getSpanContext(active as never) : undefined
    const options = {
      kind: producer,
      attributes: this.#sendAttributes(operation, entry),
      links: current === undefined ? [] : [{ context: current }],
      root: begins === 'link',
    }
    const span = tracer.startSpan(`${operation} ${entry}`, options, active)
    return span.isRecording() ? span : undefined
  }

  #sendAttributes(operation: string, destination: string): OtelAttributes {
    return {
      'messaging.system': this.#options.system,
      'messaging.operation.name': operation,
      'messaging.operation.type': operation,
      'messaging.destination.name': destination,
    }
  }

  #attributesOf({ stop, topic, partition, line, attempt, record }: Visit): OtelAttributes {
    const { app, system } = this.#options
    return {
      'messaging.system': system,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.consumer.group.name': app,
      'messaging.message.id': record.id,
      'messaging.message.conversation_id': record.correlationId ?? record.ride,
      ...(system === 'kafka' && { 'messaging.kafka.offset': record.offset }),
      'cloudevents.event_id': record.id,
      'cloudevents.event_source': record.source,
      'cloudevents.event_type': record.type,
      'metrobus.stop': stop,
      'metrobus.line': line,
      'metrobus.ride': record.ride,
      'metrobus.attempt': attempt,
    }
  }
}

/** The sampler has decided against a ride that came with somebody else's trace: it goes on without one. */
function untraced(before: Headers): Handling {
  const { traceparent: _, tracestate: __, ...headers } = before
  return { headers, run: (work) => work(), emit: (_target, own) => own ?? {}, end: () => {} }
}

function fail(span: OtelSpan, error: unknown, type: string): void {
  span.setAttributes({ 'error.type': type })
  span.setStatus({ code: errorStatus, message: error instanceof Error ? error.message : type })
  if (error instanceof Error) span.recordException(error)
  span.end()
}

function withContext(
  headers: Headers | undefined,
  { traceId, spanId, traceFlags, traceState }: OtelSpanContext,
): Headers {
  const { tracestate: _, ...rest } = headers ?? {}
  const state = traceState?.serialize() ?? ''
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  return state === '' ? { ...rest, traceparent } : { ...rest, traceparent, tracestate: state }
}

function contextOf(api: OtelApi, headers: Headers): OtelSpanContext | undefined {
  const { traceparent, tracestate } = headers
  if (traceparent === undefined) return undefined
  const [, traceId, spanId, flags] = parentPattern.exec(traceparent) ?? []
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const state = tracestate === undefined ? {} : { traceState: api.createTraceState(tracestate) }
  return { traceId, spanId, traceFlags: parseInt(flags ?? '0', 16), isRemote: true, ...state }
}
