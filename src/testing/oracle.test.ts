import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeViolations, judge } from './oracle.ts'
import type { SentEvent, Testimony } from './oracle.ts'

const sent: readonly SentEvent[] = [
  { number: 1, key: 'a', body: 'one' },
  { number: 2, key: 'b', body: 'two' },
  { number: 3, key: 'a', body: 'three' },
  { number: 4, key: 'a', body: 'four' },
]
const found = (...numbers: readonly number[]) =>
  numbers.map((number) => ({ number, body: sent[number - 1]?.body ?? '' }))
const kinds = (testimony: Partial<Testimony>): readonly string[] =>
  judge({ sent, acknowledged: [], places: [], ...testimony }).map(
    ({ kind, place, number }) => `${kind} ${number} in ${place}`,
  )
const inLog = (...numbers: readonly number[]) => [{ name: 'log', events: found(...numbers) }]

test('is content when every acknowledged event is there once, in the order of its key', () => {
  assert.deepEqual(kinds({ acknowledged: [1, 2, 3], places: inLog(2, 1, 3) }), [])
})

test('lets an event that was not acknowledged be there or not', () => {
  assert.deepEqual(kinds({ acknowledged: [1], places: inLog(1, 3, 4) }), [])
})

test('sees an acknowledged event that is missing', () => {
  assert.deepEqual(kinds({ acknowledged: [1, 2, 3], places: inLog(1, 3) }), ['lost 2 in log'])
})

test('sees an event that is there twice, acknowledged or not', () => {
  assert.deepEqual(kinds({ places: inLog(1, 2, 2) }), ['doubled 2 in log'])
})

test('sees two events of a key that changed places', () => {
  assert.deepEqual(kinds({ places: inLog(3, 2, 1, 4) }), ['reordered 1 in log'])
})

test('sees what nobody sent, and what does not belong there', () => {
  const places = [{ name: 'log', events: found(9, 2, 1), expects: ({ key }: SentEvent) => key === 'a' }]

  assert.deepEqual(kinds({ acknowledged: [1, 2], places }), ['unsent 9 in log', 'unsent 2 in log'])
})

test('sees a body that changed', () => {
  assert.deepEqual(kinds({ places: [{ name: 'log', events: [{ number: 1, body: 'oNe' }] }] }), ['altered 1 in log'])
  const places = [
    { name: 'log', events: [{ number: 1, body: 'ONE' }], body: ({ body }: SentEvent) => body.toUpperCase() },
  ]
  assert.deepEqual(kinds({ places }), [])
})

test('sees an event that was given up', () => {
  assert.deepEqual(kinds({ dead: [2] }), ['dead 2 in dead letters'])
})

test('says a few violations in words, and how many more there are', () => {
  const violations = judge({ sent, acknowledged: [1, 2, 3], places: inLog() })

  assert.equal(describeViolations(violations, 1), 'lost: event 1 in log: acknowledged, key a\nand 2 more')
})
