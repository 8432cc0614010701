/** Metrics of an app's own in the test kit: no exporter, and virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { stop } from '../../src/index.ts'
import { counter, summary } from '../../src/telemetry/index.ts'
import { given } from '../../src/testing/index.ts'

const Call = z.object({ kind: z.string() })
const calls = counter('function_calls_total', { labels: ['kind'] })
const took = summary('call_seconds', { unit: 's' })

const call = stop('call', { in: Call, out: Call, metrics: [calls, took], policy: { attempts: 3 } }, (data, ctx) => {
  ctx.measure(calls, 1, { kind: data.kind })
  ctx.measure(took, 0.25)
  if (data.kind === 'weak' && ctx.attempt < 3) throw new Error('again')
  return data
})

test('a test sees what a stop has measured, each try of it, and begins at 0', async () => {
  for (let round = 0; round < 2; round++) {
    const story = await given(call).when({ kind: 'weak' }).when({ kind: 'good' })
    assert.deepEqual(story.measured, [
      { name: 'function_calls_total', labels: { kind: 'weak' }, value: 3 },
      { name: 'function_calls_total', labels: { kind: 'good' }, value: 1 },
      { name: 'call_seconds', labels: {}, value: 1, count: 4 },
    ])
  }
})

test('labels of another metric, or none, do not compile', () => {
  const measure = ((): void => {}) as Parameters<Parameters<typeof stop>[2]>[1]['measure']
  measure(took, 1)
  measure(calls, 1, { kind: 'a' })
  // @ts-expect-error its label is missing
  measure(calls, 1)
  // @ts-expect-error it has no such label
  measure(calls, 1, { sort: 'a' })
  // @ts-expect-error it has no labels
  measure(took, 1, { kind: 'a' })
})
