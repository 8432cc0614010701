/** What a scrape of a running app says, line by line. What Prometheus itself thinks of it is in test/prometheus. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { z } from 'zod'
import {
  deadLetter,
  drop,
  embedded,
  entry,
  line,
  memory,
  metrobus,
  MetrobusError,
  split,
  stop,
} from '../../src/index.ts'
import { counter, gauge, prometheus } from '../../src/telemetry/index.ts'
import type { Prometheus } from '../../src/telemetry/index.ts'

const silent = { info() {}, warn() {}, error() {} }
const Order = z.object({ id: z.string(), total: z.number() })
const calls = counter('function_calls_total', { help: 'Calls of the function.', labels: ['kind'] })
const depth = gauge('queue_depth')

function shop(name = 'shop') {
  const check = stop('check', { in: Order, out: Order, effects: 'none', metrics: [calls] }, (order, { measure }) => {
    measure(calls, 2, { kind: order.total < 0 ? 'bad' : 'good' })
    if (order.total < 0) return drop('negative')
    return order.total === 0 ? deadLetter('free') : order
  })
  const keep = stop('keep', { in: Order }, async () => {})
  const orders = line('orders').via(check).to(keep)
  return metrobus(name, {
    entries: [entry('orders', { in: Order, key: ({ id }) => id, route: orders })],
    codeVersion: 'c0ffee',
    objectives: { orders: { within: 1234, share: 0.99 } },
  })
}

const linesOf = async (metrics: Prometheus): Promise<readonly string[]> => {
  const response = await metrics.fetch(new Request('http://localhost/metrics'))
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  return (await response.text()).split('\n')
}

const valueOf = (lines: readonly string[], series: string): number | undefined => {
  const found = lines.find((text) => text.startsWith(`${series} `))
  return found === undefined ? undefined : Number(found.slice(series.length + 1))
}

test('a scrape says what went in and out, what was given up and how long rides took', async () => {
  const metrics = prometheus({ process: false })
  await using running = await shop().start({ bus: memory(), telemetry: metrics })
  await running.listening
  for (const total of [5, 6, -1, 0]) await running.send('orders', { id: `o${total}`, total })
  await running.caughtUp()
  const lines = await linesOf(metrics)

  const check = 'app="shop",stop="check"'
  const expected: Readonly<Record<string, number>> = {
    [`metrobus_events_received_total{${check},topic="shop.check"}`]: 4,
    [`metrobus_events_consumed_total{${check},topic="shop.check",outcome="forwarded"}`]: 2,
    [`metrobus_events_consumed_total{${check},topic="shop.check",outcome="dropped"}`]: 1,
    [`metrobus_events_consumed_total{${check},topic="shop.check",outcome="dead"}`]: 1,
    ['metrobus_events_consumed_total{app="shop",stop="keep",topic="shop.keep",outcome="done"}']: 2,
    [`metrobus_drops_total{${check},reason="negative"}`]: 1,
    [`metrobus_dead_letters_total{${check},reason="free"}`]: 1,
    [`metrobus_dead_letters_waiting{${check}}`]: 1,
    [`metrobus_handler_duration_seconds_count{${check}}`]: 4,
    [`metrobus_handler_duration_seconds_bucket{${check},le="+Inf"}`]: 4,
    [`metrobus_parked_keys{${check}}`]: 0,
    ['metrobus_entry_events_total{app="shop",outcome="accepted"}']: 4,
    ['metrobus_events_produced_total{app="shop",topic="shop.keep"}']: 2,
    ['metrobus_ride_duration_seconds_count{app="shop",route="orders",outcome="done"}']: 2,
    ['metrobus_ride_duration_seconds_bucket{app="shop",route="orders",outcome="dropped",le="1.234"}']: 1,
    ['metrobus_ride_duration_seconds_count{app="shop",route="orders",outcome="dead"}']: 1,
    ['metrobus_consumer_lag_seconds{group="shop",topic="shop.check"}']: 0,
    ['metrobus_consumer_lag_records{group="shop",topic="shop.check",partition="0"}']: 0,
    ['metrobus_bus_readable{app="shop"}']: 1,
    ['function_calls_total{app="shop",kind="good"}']: 6,
    ['function_calls_total{app="shop",kind="bad"}']: 2,
  }
  for (const [series, value] of Object.entries(expected)) assert.equal(valueOf(lines, series), value, series)
  assert.ok(lines.some((text) => text.startsWith('metrobus_build_info{app="shop",version="') && text.endsWith(' 1')))
})

test('a split ends no ride: its children are timed, from the event that entered', async () => {
  const metrics = prometheus({ process: false })
  const part = stop('part', { in: Order, out: Order, effects: 'none' }, (order) => split([order, order]))
  const keep = stop('keep', { in: Order }, () => {})
  const app = metrobus('parts', { entries: [entry('in', { in: Order, route: line('parts').via(part).to(keep) })] })
  await using running = await app.start({ bus: memory(), telemetry: metrics })
  await running.listening
  await running.send('in', { id: 'a', total: 1 }, { time: Date.now() - 3_600_000 })
  await running.caughtUp()
  const lines = await linesOf(metrics)
  const rides = 'metrobus_ride_duration_seconds'
  const labels = 'app="parts",route="parts",outcome="done"'
  assert.equal(valueOf(lines, `${rides}_count{${labels}}`), 2)
  assert.deepEqual(
    [1800, 7200].map((le) => valueOf(lines, `${rides}_bucket{${labels},le="${le}"}`)),
    [0, 2],
  )
})

test('a stop that is held back is told as such, until it goes on', async () => {
  const metrics = prometheus({ process: false })
  await using running = await shop().start({ bus: memory(), telemetry: metrics })
  await running.listening
  const paused = async (): Promise<(number | undefined)[]> => {
    const lines = await linesOf(metrics)
    return ['check', 'keep'].map((name) =>
      valueOf(lines, `metrobus_stop_paused{app="shop",stop="${name}",topic="shop.${name}"}`),
    )
  }
  await running.controls.pause({ kind: 'stop', name: 'keep' })
  assert.deepEqual(await paused(), [0, 1])
  await running.controls.resume({ kind: 'stop', name: 'keep' })
  assert.deepEqual(await paused(), [0, 0])
})

test('what waits is told in records and in seconds', async () => {
  const metrics = prometheus({ process: false })
  const gate = Promise.withResolvers<void>()
  const slow = stop('slow', { in: Order, concurrency: 1 }, () => gate.promise as never)
  const app = metrobus('slowly', {
    entries: [entry('orders', { in: Order, key: () => 'one', route: line('orders').to(slow) })],
  })
  await using running = await app.start({ bus: memory(), telemetry: metrics })
  await running.listening
  for (const id of ['a', 'b', 'c']) await running.send('orders', { id, total: 1 })
  const waiting = await linesOf(metrics)
  const lag = waiting.filter((text) =>
    text.startsWith('metrobus_consumer_lag_records{group="slowly",topic="slowly.slow"'),
  )
  assert.equal(
    lag.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0),
    3,
  )
  assert.equal(valueOf(waiting, 'metrobus_handler_inflight{app="slowly",stop="slow"}'), 1)
  gate.resolve()
  await running.caughtUp()
})

test('the journal tells how long its disk takes, what it has written, and what is free', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-measured-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const metrics = prometheus({ process: false })
  await using running = await shop().start({ bus: embedded({ dir }), telemetry: metrics })
  await running.listening
  await running.send('orders', { id: 'a', total: 1 })
  await running.caughtUp()
  const lines = await linesOf(metrics)
  const value = (name: string): number => valueOf(lines, `metrobus_log_${name}{app="shop"}`) ?? -1
  assert.ok(value('fsync_duration_seconds_count') > 0 && value('fsync_duration_seconds_sum') > 0)
  assert.ok(value('written_bytes_total') > 500)
  assert.ok(value('free_bytes') > 0)
})

test('several apps of a process show themselves at one port, and the port is free when the last has stopped', async () => {
  const metrics = prometheus({ port: 0, process: false })
  const one = await shop('one').start({ bus: memory(), telemetry: metrics })
  const two = await shop('two').start({ bus: memory(), telemetry: metrics })
  await Promise.all([one.listening, two.listening])
  const url = `http://127.0.0.1:${metrics.port}`
  const page = await (await fetch(`${url}/metrics`)).text()
  for (const app of ['one', 'two']) assert.match(page, new RegExp(`metrobus_build_info\\{app="${app}"`))
  assert.equal((page.match(/# TYPE metrobus_build_info gauge/g) ?? []).length, 1)
  assert.equal((await fetch(`${url}/v1/topics`)).status, 404)
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405)
  await one.stop()
  assert.doesNotMatch(await (await fetch(`${url}/metrics`)).text(), /app="one"/)
  await two.stop()
  await assert.rejects(fetch(`${url}/metrics`))
})

test('a port that is taken fails the app, and tells so', async () => {
  const metrics = prometheus({ port: 0 })
  await using first = await shop().start({ bus: memory(), telemetry: metrics })
  await first.listening
  const second = await shop('second').start({ bus: memory(), telemetry: prometheus({ port: metrics.port! }) })
  await assert.rejects(second.listening, { code: 'MB_CANNOT_LISTEN' })
  await assert.rejects(second.stopped, { code: 'MB_APP_FAILED' })
})

test('an app that cannot go on says so as long as its process lasts', async () => {
  const metrics = prometheus({ port: 0, process: false })
  let isBroken = false
  const bus = memory({
    plan: () => (isBroken ? { failure: new MetrobusError('MB_BUS_FAILED', { reason: 'a test' }) } : undefined),
  })
  const running = await shop().start({ bus, telemetry: metrics, log: silent })
  await running.listening
  isBroken = true
  await assert.rejects(running.send('orders', { id: 'a', total: 1 }))
  await assert.rejects(running.stopped, { code: 'MB_APP_FAILED' })
  const page = await (await fetch(`http://127.0.0.1:${metrics.port}/metrics`)).text()
  assert.equal(valueOf(page.split('\n'), 'metrobus_app_failed{app="shop",code="MB_BUS_FAILED"}'), 1)
  await running.stop().catch(() => {})
  assert.equal(metrics.port, undefined)
})

test('the health port serves the metrics, too, and tells when the start has succeeded', async () => {
  const app = shop()
  const health = { port: await freePort() }
  await using running = await app.start({ bus: memory(), health, telemetry: prometheus() })
  await running.listening
  const ask = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${health.port}${path}`)
  assert.equal((await ask('/startupz')).status, 200)
  assert.match(await (await ask('/metrics')).text(), /nodejs_eventloop_lag_seconds/)
})

test('a measurement that cannot be made is in the error log, and stops no event', async () => {
  const wrong = stop('wrong', { in: Order, metrics: [calls] }, (_, { measure }) => {
    measure(depth, 1)
    measure(calls, -1, { kind: 'a' })
  })
  const app = metrobus('wrong', { entries: [entry('orders', { in: Order, route: line('orders').to(wrong) })] })
  await using running = await app.start({ bus: memory(), log: silent })
  await running.send('orders', { id: 'a', total: 1 })
  await running.caughtUp()
  const { faults, stops, measured } = running.stats()
  assert.deepEqual([faults, stops[0]?.out, measured], [2, 1, []])
})

async function freePort(): Promise<number> {
  const { freePorts } = await import('../../tools/servers/run.ts')
  return (await freePorts(1))[0]!
}
