import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Faults } from '../internal/faults.ts'
import { defaultPolicy, resolvePolicy } from './retry-policy.ts'
import type { RetryPolicy } from './retry-policy.ts'

function resolved(policy: RetryPolicy) {
  const faults = new Faults()
  const result = resolvePolicy(policy, faults, 'policy.')
  faults.throwIfAny('it')
  return result
}

test('nothing declared is the documented default', () => {
  assert.deepEqual(resolved({}), defaultPolicy)
})

test('a back-off is a number, or first, factor and max', () => {
  const { backoffFirstMs, backoffFactor, backoffMaxMs } = resolved({ backoff: 50 })
  assert.deepEqual([backoffFirstMs, backoffFactor, backoffMaxMs], [50, 2, 60_000])
  const all = resolved({ backoff: { first: 1, factor: 3, max: 9 } })
  assert.deepEqual([all.backoffFirstMs, all.backoffFactor, all.backoffMaxMs], [1, 3, 9])
})

test('a first wait beyond the default maximum raises it', () => {
  assert.equal(resolved({ backoff: 120_000 }).backoffMaxMs, 120_000)
})

test('what has to happen some time is tried without end', () => {
  assert.equal(resolved({ attempts: Infinity }).attempts, Infinity)
})

test('a deadline is in milliseconds or seconds', () => {
  assert.equal(resolved({ deadline: 1500 }).deadlineMs, 1500)
  assert.equal(resolved({ deadline: { seconds: 1.5 } }).deadlineMs, 1500)
})

test('refuses numbers that are none, and bounds that contradict each other', () => {
  const bad: readonly RetryPolicy[] = [
    { attempts: NaN },
    { attempts: -Infinity },
    { backoff: NaN },
    { backoff: Infinity },
    { backoff: { first: 10, max: 5 } },
    { jitter: 1.1 },
    { deadline: Infinity },
    { deadline: { seconds: 0 } },
    { whenDeadLettered: 'never' as 'goOn' },
    { retryIf: true as never },
  ]
  for (const policy of bad) assert.throws(() => resolved(policy), /policy\./, JSON.stringify(policy))
})
