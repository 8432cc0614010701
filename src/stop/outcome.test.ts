import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deadLetter, drop, isOutcome, outcomeKind, pop, push, reroute, retry, split, wait } from './outcome.ts'

test('every outcome has its kind and what it says', () => {
  const cases = [
    [drop('no-email', 'of a-17'), 'drop', { slug: 'no-email', detail: 'of a-17' }],
    [drop('no-email'), 'drop', { slug: 'no-email', detail: undefined }],
    [split([1, 2]), 'split', { values: [1, 2] }],
    [reroute('mail', 1), 'reroute', { target: 'mail', value: 1 }],
    [push('mail', 1), 'push', { target: 'mail', value: 1 }],
    [pop(1), 'pop', { count: 1, value: 1 }],
    [pop(1, 3), 'pop', { count: 3, value: 1 }],
    [retry(5), 'retry', { afterMs: 5 }],
    [retry({ seconds: 5 }), 'retry', { afterMs: 5000 }],
    [wait({ seconds: 5 }), 'wait', { afterMs: 5000 }],
    [deadLetter('broken', 'for good'), 'dead-letter', { slug: 'broken', detail: 'for good' }],
  ] as const
  for (const [outcome, kind, fields] of cases) {
    assert.ok(isOutcome(outcome))
    assert.equal(outcomeKind(outcome), kind)
    assert.deepEqual({ ...outcome }, { ...outcome, ...fields })
    assert.ok(Object.isFrozen(outcome))
  }
})

test('data is never taken for an outcome, whatever it looks like', () => {
  const lookalikes = [
    null,
    undefined,
    'drop',
    { kind: 'drop', slug: 'no-email' },
    { ...drop('no-email') },
    [drop('no-email')],
  ]
  for (const data of lookalikes) assert.equal(isOutcome(data), false)
  assert.equal(isOutcome(JSON.parse(JSON.stringify(drop('no-email')))), false)
})

test('refuses a slug that could not be counted by', () => {
  for (const slug of ['', 'No Email', 'no_email', '1', 'a'.repeat(65)]) {
    assert.throws(() => drop(slug), { code: 'MB_BAD_OUTCOME' })
    assert.throws(() => deadLetter(slug), { code: 'MB_BAD_OUTCOME' })
  }
})

test('refuses times, counts and lists that are none', () => {
  const refused = { code: 'MB_BAD_OUTCOME' }
  for (const time of [-1, NaN, Infinity, { seconds: NaN }])
    for (const outcome of [retry, wait]) assert.throws(() => outcome(time), refused)
  for (const count of [0, -1, 1.5, NaN]) assert.throws(() => pop(1, count), refused)
  assert.throws(() => split('abc' as unknown as readonly string[]), refused)
  assert.equal(retry(0).afterMs, 0)
})
