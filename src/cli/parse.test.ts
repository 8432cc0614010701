import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidArgumentError } from 'commander'
import { duration, pair, pastTime, streamStart, wholeNumber } from './parse.ts'

test('a duration has a unit or is in seconds', () => {
  assert.deepEqual(
    ['500ms', '30', '1.5s', '10m', '2h', '7d'].map(duration),
    [500, 30_000, 1500, 600_000, 7_200_000, 604_800_000],
  )
  for (const text of ['', '-1s', '5 s', 's', '1w', 'NaN'])
    assert.throws(() => duration(text), InvalidArgumentError, text)
})

test('a whole number lies within its bounds', () => {
  const port = wholeNumber(0, 65_535)

  assert.equal(port('8080'), 8080)
  for (const text of ['', ' ', '-1', '65536', '1.5', 'x', '1e400'])
    assert.throws(() => port(text), /whole number from 0 to 65535/, text)
})

test('a time is absolute or so long ago', () => {
  assert.equal(pastTime('2026-01-31T12:00:00Z'), Date.UTC(2026, 0, 31, 12))
  assert.ok(Math.abs(Date.now() - 600_000 - pastTime('10m')) < 5000)
  for (const text of ['2026-13-01T00:00:00Z', 'yesterday'])
    assert.throws(() => pastTime(text), InvalidArgumentError, text)
})

test('a stream begins at a word, an offset or a time', () => {
  assert.deepEqual(streamStart('beginning'), { from: 'beginning' })
  assert.deepEqual(streamStart('end'), { from: 'end' })
  assert.deepEqual(streamStart('17'), { offset: 17 })
  assert.deepEqual(streamStart('2026-01-31T12:00:00Z'), { since: '2026-01-31T12:00:00.000Z' })
  assert.throws(() => streamStart('start'), InvalidArgumentError)
})

test('headers are gathered over repeated options; a value may hold the sign', () => {
  assert.deepEqual(pair('b=c=d', pair('a=1')), { a: '1', b: 'c=d' })
  for (const text of ['a', '=1', '']) assert.throws(() => pair(text), InvalidArgumentError, text)
})
