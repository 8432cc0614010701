import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Buckets } from './buckets.ts'

test('every value is counted once, under the smallest bound that holds it', () => {
  const bounds = [0.005, 0.1, 1, 10]
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.constantFrom(...bounds))),
      (values) => {
        const buckets = new Buckets(bounds)
        for (const value of values) buckets.add(value)
        const expected = [...bounds, Infinity].map(
          (bound, index) =>
            values.filter((value) => value <= bound && (index === 0 || value > bounds[index - 1]!)).length,
        )
        assert.deepEqual([...buckets.counts], expected)
        assert.equal(buckets.count, values.length)
        assert.ok(Math.abs(buckets.sum - values.reduce((sum, value) => sum + value, 0)) < 1e-6)
      },
    ),
  )
})
