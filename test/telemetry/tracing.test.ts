/** Spans and metrics as the real SDK of OpenTelemetry collects them. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { AlwaysOffSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { ReadableSpan, Sampler } from '@opentelemetry/sdk-trace'
import { z } from 'zod'
import type { Bus } from '../../src/bus/index.ts'
import { drop, embedded, entry, line, memory, metrobus, retry, split, stop, topic } from '../../src/index.ts'
import { nodePlatform } from '../../src/internal/platform/node.ts'
import { openTelemetry } from '../../src/telemetry/index.ts'
import { SeededRandom } from '../../src/testing/index.ts'

const Order = z.object({ id: z.string() })
const silent = { info() {}, warn() {}, error() {} }

let exporter = new InMemorySpanExporter()
const collect = (sampler?: Sampler): void => {
  exporter = new InMemorySpanExporter()
  api.trace.disable()
  api.trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })], ...(sampler && { sampler }) }),
  )
}
beforeEach(() => {
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  collect()
})
afterEach(() => {
  api.context.disable()
  api.trace.disable()
})

const spansOf = async (): Promise<readonly ReadableSpan[]> => {
  // A span of `send` ends when its promise has told.
  await new Promise((resolve) => setImmediate(resolve))
  return exporter.getFinishedSpans().toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const found = spans.filter((span) => span.name === name)
  assert.equal(found.length, 1, `${name} among ${spans.map((span) => span.name).join(', ')}`)
  return found[0]!
}
const idOf = (span: ReadableSpan): string => span.spanContext().spanId
const traceOf = (span: ReadableSpan): string => span.spanContext().traceId

function shop(seen: (headers: Readonly<Record<string, string>>) => void = () => {}) {
  const check = stop('check', { in: Order, out: Order, effects: 'none' }, (order) =>
    order.id === 'odd' ? drop('odd') : order,
  )
  const keep = stop('keep', { in: Order }, async (_, { event }) => {
    seen(event.headers)
    await Promise.resolve()
    api.trace.getTracer('user').startSpan('insert').end()
  })
  const orders = entry('orders', { in: Order, key: ({ id }) => id, route: line('main').via(check).to(keep) })
  return metrobus('shop', { entries: [orders] })
}

for (const handOver of ['reference', 'bytes'] as const)
  test(`a ride is one trace, each hop a child of the one before and linked to it, handed over by ${handOver}`, async () => {
    const headers: Readonly<Record<string, string>>[] = []
    const telemetry = openTelemetry({ metrics: false })
    await using running = await shop((one) => headers.push(one)).start({ bus: memory({ handOver }), telemetry })
    const { id } = await running.send('orders', { id: 'a' }, { headers: { tenant: 'x' } })
    await running.caughtUp()
    const spans = await spansOf()
    const [send, check, keep] = ['send orders', 'process shop.check', 'process shop.keep'].map((name) =>
      named(spans, name),
    )

    assert.equal(new Set(spans.map(traceOf)).size, 1)
    assert.equal(send!.parentSpanContext, undefined)
    assert.deepEqual(
      [check, keep].map((span) => span!.parentSpanContext?.spanId),
      [idOf(send!), idOf(check!)],
    )
    assert.deepEqual(
      [check, keep].map((span) => span!.links[0]?.context.spanId),
      [idOf(send!), idOf(check!)],
    )
    assert.deepEqual(
      [send, check, keep].map((span) => span!.kind),
      [api.SpanKind.PRODUCER, api.SpanKind.CONSUMER, api.SpanKind.CONSUMER],
    )
    assert.equal(named(spans, 'insert').parentSpanContext?.spanId, idOf(keep!))
    assert.deepEqual(headers, [{ tenant: 'x', traceparent: `00-${traceOf(send!)}-${idOf(check!)}-01` }])
    assert.equal(send!.attributes['messaging.message.id'], id)
    const { 'messaging.destination.partition.id': partition, ...attributes } = keep!.attributes
    assert.match(String(partition), /^\d$/)
    assert.deepEqual(attributes, {
      'messaging.system': 'metrobus',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'shop.keep',
      'messaging.consumer.group.name': 'shop',
      'messaging.message.id': `${id}~1`,
      'messaging.message.conversation_id': id,
      'cloudevents.event_id': `${id}~1`,
      'cloudevents.event_source': '/shop/orders',
      'cloudevents.event_type': 'orders',
      'metrobus.stop': 'keep',
      'metrobus.line': 'main',
      'metrobus.ride': id,
      'metrobus.attempt': 1,
    })
    assert.equal(keep!.instrumentationScope.name, 'metrobus')
  })

test('a ride is linked to the span that sends it, or is its child when that is asked for', async () => {
  for (const begins of ['link', 'child'] as const) {
    collect()
    await using running = await shop().start({ bus: memory(), telemetry: openTelemetry({ begins, metrics: false }) })
    const request = api.trace.getTracer('user').startSpan('GET /')
    await api.context.with(api.trace.setSpan(api.context.active(), request), () => running.send('orders', { id: 'a' }))
    await running.caughtUp()
    const send = named(await spansOf(), 'send orders')
    const { traceId, spanId } = request.spanContext()
    if (begins === 'child')
      assert.deepEqual([traceOf(send), send.parentSpanContext?.spanId, send.links], [traceId, spanId, []])
    else {
      assert.notEqual(traceOf(send), traceId)
      assert.deepEqual([send.parentSpanContext, send.links[0]?.context.spanId], [undefined, spanId])
    }
  }
})

test('a context that the sender has put into the headers stands, with its state', async () => {
  const headers: Readonly<Record<string, string>>[] = []
  await using running = await shop((one) => headers.push(one)).start({
    bus: memory(),
    telemetry: openTelemetry({ metrics: false }),
  })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await running.send('orders', { id: 'a' }, { headers: { traceparent, tracestate: 'shop=1' } })
  await running.caughtUp()
  const spans = await spansOf()
  assert.deepEqual(
    spans.map((span) => span.name),
    ['insert', 'process shop.check', 'process shop.keep'],
  )
  assert.equal(named(spans, 'process shop.check').parentSpanContext?.spanId, 'b7ad6b7169203331')
  assert.ok(spans.every((span) => traceOf(span) === '0af7651916cd43dd8448eb211c80319c'))
  assert.equal(headers[0]?.['tracestate'], 'shop=1')
})

test('what is not sampled makes no span and carries no header, and neither does a trace whose flag says no', async () => {
  collect(new AlwaysOffSampler())
  const headers: Readonly<Record<string, string>>[] = []
  await using running = await shop((one) => headers.push(one)).start({
    bus: memory(),
    telemetry: openTelemetry({ metrics: false }),
  })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
  await running.send('orders', { id: 'a' })
  await running.send('orders', { id: 'a' }, { headers: { traceparent } })
  await running.caughtUp()
  assert.deepEqual([await spansOf(), headers], [[], [{}, { traceparent }]])
})

test('a ride that was not sampled where it began is not sampled later, whatever the sampler says then', async () => {
  await using running = await shop().start({ bus: memory(), telemetry: openTelemetry({ metrics: false }) })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
  await running.send('orders', { id: 'odd' }, { headers: { traceparent } })
  await running.caughtUp()
  assert.deepEqual(await spansOf(), [])
})

test('the SDK is asked about a share of the rides, and not about the others', async () => {
  await using running = await shop().start({
    bus: memory(),
    telemetry: openTelemetry({ metrics: false, share: 0.5 }),
    platform: { ...nodePlatform, random: new SeededRandom(7) },
  })
  const events = 400
  await Promise.all(Array.from({ length: events }, (_, index) => running.send('orders', { id: `${index}` })))
  await running.caughtUp()
  const spans = await spansOf()
  const sent = spans.filter((span) => span.name === 'send orders').length
  assert.ok(sent > events * 0.4 && sent < events * 0.6, `${sent} of ${events}`)
  assert.equal(spans.filter((span) => span.name === 'process shop.keep').length, sent)
})

test('each try has its span, a failure its type, and the log line of a dead letter its trace', async () => {
  const lines: object[] = []
  let tries = 0
  const weak = stop('weak', { in: Order, policy: { attempts: 3, backoff: 1, jitter: 0 } }, () => {
    if (tries++ === 0) return retry(1)
    throw new RangeError('too far')
  })
  const app = metrobus('weak', { entries: [entry('orders', { in: Order, route: line('main').to(weak) })] })
  const log = { ...silent, warn: (facts: object) => lines.push(facts) }
  await using running = await app.start({ bus: memory(), telemetry: openTelemetry({ metrics: false }), log })
  const { id } = await running.send('orders', { id: 'a' })
  await running.caughtUp()
  const spans = await spansOf()
  const attempts = spans
    .filter((span) => span.name === 'process weak.weak')
    .toSorted((a, b) => Number(a.attributes['metrobus.attempt']) - Number(b.attributes['metrobus.attempt']))
  assert.deepEqual(
    attempts.map((span) => [span.attributes['metrobus.attempt'], span.attributes['error.type'], span.status.code]),
    [
      [1, 'retry', api.SpanStatusCode.ERROR],
      [2, 'RangeError', api.SpanStatusCode.ERROR],
      [3, 'RangeError', api.SpanStatusCode.ERROR],
    ],
  )
  assert.equal(attempts[2]?.events[0]?.name, 'exception')
  const { app: service, stop: where, line: route, event, trace } = lines.at(-1) as Record<string, unknown>
  assert.deepEqual([service, where, route, event, trace], ['weak', 'weak', 'main', id, traceOf(attempts[0]!)])
})

test('what another app publishes begins a linked trace, or goes on in the same when that is asked for, over a bus that writes bytes', async (t) => {
  for (const begins of ['link', 'child'] as const) {
    collect()
    const dir = mkdtempSync(join(tmpdir(), 'metrobus-traced-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const bus: Bus = embedded({ dir })
    const placed = topic('order-placed', { schema: Order, key: ({ id }) => id })
    const confirm = stop('confirm', { in: Order, emits: [placed] }, (order, { emit }) => emit(placed, order))
    const mail = stop('mail', { in: Order }, () => {})
    const orders = metrobus('orders', {
      entries: [entry('in', { in: Order, route: line('a').to(confirm) })],
      publishes: [placed],
    })
    const mails = metrobus('mails', {
      entries: [entry('placed', { from: placed, start: 'beginning', route: line('b').to(mail) } as never)],
    })
    const telemetry = openTelemetry({ begins, metrics: false })
    await using reader = await mails.start({ bus, telemetry })
    await using sender = await orders.start({ bus, telemetry })
    await sender.send('in', { id: 'a' })
    await sender.caughtUp()
    await reader.caughtUp()
    const spans = await spansOf()
    const [confirmed, published, read, mailed] = [
      'process orders.confirm',
      'send order-placed',
      'process order-placed',
      'process mails.mail',
    ].map((name) => named(spans, name))
    assert.equal(published!.parentSpanContext?.spanId, idOf(confirmed!))
    assert.equal(read!.links[0]?.context.spanId, idOf(published!))
    assert.equal(read!.parentSpanContext?.spanId, begins === 'child' ? idOf(published!) : undefined)
    assert.equal(traceOf(read!) === traceOf(published!), begins === 'child')
    assert.deepEqual([traceOf(mailed!), mailed!.parentSpanContext?.spanId], [traceOf(read!), idOf(read!)])
  }
})

test('the events of a batch have a span each, and children of a split are in the trace of their parent', async () => {
  const part = stop('part', { in: Order, out: Order, effects: 'none' }, ({ id }) =>
    split([{ id: `${id}1` }, { id: `${id}2` }]),
  )
  const store = stop.batch('store', { in: Order, size: 2, time: 5 }, (orders) => orders.map(() => undefined))
  const app = metrobus('parts', {
    entries: [entry('in', { in: Order, key: ({ id }) => id, route: line('a').via(part).to(store) })],
  })
  await using running = await app.start({
    bus: memory({ partitions: 1 }),
    telemetry: openTelemetry({ metrics: false }),
  })
  await running.send('in', { id: 'a' })
  await running.caughtUp()
  const spans = await spansOf()
  const parent = named(spans, 'process parts.part')
  const children = spans.filter((span) => span.name === 'process parts.store')
  assert.deepEqual(
    children.map((span) => [span.parentSpanContext?.spanId, traceOf(span)]),
    [
      [idOf(parent), traceOf(parent)],
      [idOf(parent), traceOf(parent)],
    ],
  )
})

test('counters and gauges are observed through the API, by the names of the conventions', async (t) => {
  const exported = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: exported, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  api.metrics.setGlobalMeterProvider(provider)
  t.after(async () => {
    api.metrics.disable()
    await provider.shutdown()
  })
  await using running = await shop().start({ bus: memory(), telemetry: openTelemetry({ traces: false }) })
  await running.listening
  for (const id of ['a', 'odd', 'b']) await running.send('orders', { id })
  await running.caughtUp()
  await reader.forceFlush()
  const all = new Map(
    exported.getMetrics()[0]!.scopeMetrics[0]!.metrics.map((metric) => [metric.descriptor.name, metric]),
  )
  const valueOf = (name: string, labels: object): unknown =>
    all
      .get(name)
      ?.dataPoints.find(({ attributes }) =>
        Object.entries(labels).every(([label, value]) => attributes[label] === value),
      )?.value
  assert.equal(valueOf('messaging.client.consumed.messages', { stop: 'check', outcome: 'forwarded' }), 2)
  assert.equal(valueOf('messaging.client.consumed.messages', { stop: 'check', outcome: 'dropped' }), 1)
  assert.equal(valueOf('messaging.client.sent.messages', { topic: 'shop.check' }), 3)
  assert.equal(valueOf('messaging.process.duration.count', { stop: 'check' }), 3)
  assert.equal(valueOf('metrobus.ride_duration.count', { route: 'main', outcome: 'done' }), 2)
  assert.equal(valueOf('metrobus.consumer_lag', { topic: 'shop.keep' }), 0)
  assert.equal(all.get('messaging.client.consumed.messages')?.descriptor.unit, '{event}')
})
