import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMetrobusError } from '../errors/index.ts'
import { Meter } from './meter.ts'
import { counter, gauge, histogram, summary } from './metric.ts'
import type { Quantiles } from './reading.ts'
import { signals } from './signals.ts'

const calls = counter('function_calls_total', { labels: ['kind'] })
const depth = gauge('queue_depth')
const sizes = histogram('body_bytes', { unit: 'By', bounds: [100, 1000] })
const waits = summary('wait_seconds', { unit: 's' })

const refused = (run: () => void): string => {
  try {
    run()
  } catch (error) {
    if (isMetrobusError(error, 'MB_BAD_MEASUREMENT')) return error.message
    throw error
  }
  return 'not refused'
}

test('a counter adds up by labels, a gauge keeps the last value, a histogram counts under its bounds', () => {
  const meter = new Meter([calls, depth, sizes], () => 0)
  meter.measure(calls, 1, { kind: 'a' })
  meter.measure(calls, 2, { kind: 'a' })
  meter.measure(calls, 5, { kind: 'b' })
  meter.measure(depth, 7, undefined)
  meter.measure(depth, -3, undefined)
  for (const bytes of [1, 100, 101, 5000]) meter.measure(sizes, bytes, undefined)

  assert.deepEqual(meter.measured(), [
    { name: 'function_calls_total', labels: { kind: 'a' }, value: 3 },
    { name: 'function_calls_total', labels: { kind: 'b' }, value: 5 },
    { name: 'queue_depth', labels: {}, value: -3 },
    { name: 'body_bytes', labels: {}, value: 5202, count: 4 },
  ])
  const reading = meter.read('shop').find(({ signal }) => signal.name === 'body_bytes')!
  assert.deepEqual(reading.signal.labels, ['app'])
  assert.deepEqual(reading.points, [
    {
      labels: { app: 'shop' },
      value: { bounds: [100, 1000], counts: new Float64Array([2, 1, 1]), sum: 5202, count: 4 },
    },
  ])
})

test('what has no labels is there before it is measured, for a counter that is first seen at 1 has not risen', () => {
  assert.deepEqual(new Meter([depth, calls], () => 0).measured(), [{ name: 'queue_depth', labels: {}, value: 0 }])
})

test('a metric that no stop declares, wrong labels and values that it cannot take are refused, and change nothing', () => {
  const meter = new Meter([calls, waits], () => 0)
  assert.match(
    refused(() => meter.measure(depth, 1, undefined)),
    /no stop declares it/,
  )
  assert.match(
    refused(() => meter.measure(calls, 1, undefined)),
    /its labels are kind/,
  )
  assert.match(
    refused(() => meter.measure(calls, 1, { kind: 'a', more: 'b' })),
    /its labels are kind/,
  )
  assert.match(
    refused(() => meter.measure(calls, 1, { kind: 7 as never })),
    /its labels are kind/,
  )
  assert.match(
    refused(() => meter.measure(calls, -1, { kind: 'a' })),
    /cannot take -1/,
  )
  assert.match(
    refused(() => meter.measure(waits, NaN, undefined)),
    /not a finite number/,
  )
  assert.deepEqual(meter.measured(), [{ name: 'wait_seconds', labels: {}, value: 0, count: 0 }])
})

test('labels made of data end in one series of others, and are counted', () => {
  const meter = new Meter([calls], () => 0)
  for (let index = 0; index < 1_500; index++) meter.measure(calls, 1, { kind: `k${index}` })
  const all = meter.measured()
  assert.equal(all.length, 1001)
  assert.equal(all.find(({ labels }) => labels['kind'] === '_OTHER')?.value, 500)
  const capped = meter.read('shop').find(({ signal }) => signal === signals.labelsCapped)
  assert.deepEqual(capped?.points, [{ labels: { app: 'shop', metric: 'function_calls_total' }, value: 500 }])
})

test('a quantile of a summary is off by at most 1 %', () => {
  const value = fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 1e9, noNaN: true }))
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (values) => {
      const meter = new Meter([waits], () => 0)
      for (const one of values) meter.measure(waits, one, undefined)
      const { quantiles } = meter.read('a')[0]!.points[0]!.value as Quantiles
      const sorted = values.toSorted((a, b) => a - b)
      for (const [share, found] of quantiles) {
        const expected = sorted[Math.max(0, Math.ceil(share * sorted.length - 1e-9) - 1)]!
        assert.ok(Math.abs(found - expected) <= 0.0101 * expected + 1e-8, `${share}: ${found} for ${expected}`)
      }
    }),
  )
})

test('a summary forgets what is older than ten minutes, and never its sum', () => {
  let now = 0
  const meter = new Meter([waits], () => now)
  const median = (): number => (meter.read('a')[0]!.points[0]!.value as Quantiles).quantiles[0]![1]
  meter.measure(waits, 100, undefined)
  now = 299_000
  assert.ok(Math.abs(median() - 100) < 1)
  now = 301_000
  meter.measure(waits, 1, undefined)
  meter.measure(waits, 1, undefined)
  now = 599_000
  assert.ok(Math.abs(median() - 1) < 0.01)
  now = 901_000
  assert.equal(median(), NaN)
  assert.deepEqual(meter.measured(), [{ name: 'wait_seconds', labels: {}, value: 102, count: 3 }])
})

test('a metric cannot be declared under a name or with labels that Prometheus would refuse, and all faults are told', () => {
  const faultsOf = (declare: () => unknown): string => {
    try {
      declare()
      return 'declared'
    } catch (error) {
      return (error as Error).message
    }
  }
  assert.match(
    faultsOf(() => counter('calls')),
    /must end with _total/,
  )
  assert.match(
    faultsOf(() => gauge('metrobus_depth')),
    /are taken/,
  )
  assert.match(
    faultsOf(() => gauge('a-b', { labels: ['le', 'x', 'x'] })),
    /the name must be .*"le" cannot be a label; labels: one is given twice/,
  )
  assert.match(
    faultsOf(() => histogram('sizes', { bounds: [2, 1] })),
    /finite and rising/,
  )
  assert.match(
    faultsOf(() => summary('waits', { quantiles: [2] })),
    /2 is not between 0 and 1/,
  )
})
