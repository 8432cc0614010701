import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AckSet } from './ack-set.ts'

test('the set equals a plain set of offsets whatever the order of settling', () => {
  const operation = fc.record({ from: fc.integer({ min: 0, max: 60 }), length: fc.integer({ min: 1, max: 5 }) })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 }), fc.array(operation, { maxLength: 80 }), (start, operations) => {
      const acks = new AckSet(start, [])
      const model = new Set<number>()
      for (let offset = 0; offset < start; offset++) model.add(offset)
      for (const { from, length } of operations) {
        if (length === 1) acks.add(from)
        else acks.addRange(from, from + length)
        for (let offset = from; offset < from + length; offset++) model.add(offset)
        for (let offset = 0; offset < 70; offset++)
          assert.equal(acks.has(offset), model.has(offset), `offset ${offset}`)
        let watermark = 0
        while (model.has(watermark)) watermark++
        assert.equal(acks.watermark, watermark)
        const above = acks.above
        for (let index = 0; index < above.length; index++) {
          assert.ok(
            above[index]! > (index === 0 ? watermark : above[index - 1]!),
            `A1: ${above.join(' ')} above ${watermark}`,
          )
        }
      }
      const copy = new AckSet(acks.watermark, acks.above)
      assert.deepEqual([copy.watermark, copy.above], [acks.watermark, acks.above])
    }),
    { numRuns: 300 },
  )
})
