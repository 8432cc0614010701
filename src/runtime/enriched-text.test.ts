import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { freezeDeep } from '../event/record.ts'
import { enrichedText } from './enriched-text.ts'

const name = fc.oneof(fc.constantFrom('a', 'b', '1', '2', 'toJSON', '__proto__', '"'), fc.string())
const value = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(undefined, Number.NaN, -0, 0, () => 1),
  fc.record({ deep: fc.jsonValue() }),
)
const fields = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true })

test('is what JSON.stringify gives, or undefined', () => {
  fc.assert(
    fc.property(fields, fields, fc.constantFrom('added', 'copied', 'before', 'other'), (from, more, how) => {
      freezeDeep(from)
      const to = { added: { ...from, ...more }, copied: { ...from }, before: { ...more, ...from }, other: more }[how]

      const text = enrichedText(JSON.stringify(from), from, to)

      if (text !== undefined) assert.equal(text, JSON.stringify(to))
    }),
    { numRuns: 2_000 },
  )
})

test('takes over what is unchanged when something is added, or nothing', () => {
  const from = freezeDeep({ a: 1, deep: { b: [2] } }) as object
  const text = JSON.stringify(from)
  assert.equal(enrichedText(text, from, { ...from, c: 3 }), '{"a":1,"deep":{"b":[2]},"c":3}')
  assert.equal(enrichedText(text, from, { ...from }), text)
  assert.equal(enrichedText(text, from, { ...from, c: undefined }), text)
  assert.equal(enrichedText('{}', {}, { c: 3 }), '{"c":3}')
})

test('leaves to JSON.stringify what is changed, moved, taken away, or no plain object', () => {
  const from = freezeDeep({ a: 1, deep: { b: [2] } }) as object
  const text = JSON.stringify(from)
  class Shown {
    a = 1
    deep = (from as { deep: object }).deep
  }
  const others: unknown[] = [
    { ...from, a: 2 },
    { ...from, deep: { b: [2] } },
    { b: 0, ...from },
    { 1: 0, ...from },
    { a: 1 },
    new Shown(),
    [from],
    null,
    'text',
    { ...from, toJSON: () => 1 },
    { ...from, ...(JSON.parse('{"__proto__":{"c":3}}') as object) },
  ]
  for (const to of others) assert.equal(enrichedText(text, from, to), undefined)
  const shown = Object.freeze(Object.defineProperty({ a: 1 }, 'toJSON', { value: () => 'shown' }))
  assert.equal(enrichedText(JSON.stringify(shown), shown, { ...shown, c: 3 }), undefined)
})

test('what every object has by its prototype is no field', () => {
  const from = freezeDeep({ a: 1 }) as object
  // oxlint-disable-next-line no-extend-native -- A library may do it.
  Object.defineProperty(Object.prototype, 'everywhere', { value: 1, enumerable: true, configurable: true })
  try {
    const text = enrichedText('{"a":1}', from, { ...from, b: 2 })
    assert.ok(text === undefined || text === '{"a":1,"b":2}')
  } finally {
    delete (Object.prototype as { everywhere?: number }).everywhere
  }
})
