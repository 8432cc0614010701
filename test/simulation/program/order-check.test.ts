import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CommitUnit } from '../../../src/event/unit.ts'
import { OrderCheck } from './order-check.ts'

const input = { topic: 'app.b0-s0', partition: 0 }
const parking = { topic: 'app.b0-s0.parked', partition: 0 }
const older = { id: 'e1', replay: 0, key: 'k', offset: 0 }
const younger = { id: 'e2', replay: 0, key: 'k', offset: 1 }

/** The older event was read from the input and moved to the parking topic, and its process is gone. */
function parkedByTheDead(): OrderCheck<string> {
  const order = new OrderCheck<string>()
  order.polled('dead', input, [older])
  order.committed({
    outputs: [{ ...parking, records: [older] }],
    acknowledgements: [{ ...input, watermark: 1, above: [] }],
    changes: [],
  } as unknown as CommitUnit)
  return order
}

function faultsOfTheYounger(order: OrderCheck<string>): readonly string[] {
  order.polled('next', input, [younger])
  return order.begins('next', input.topic, input.partition, younger).faults
}

test('an event that starts before an older one of its key that is still parked is out of order', () => {
  const order = parkedByTheDead()
  order.assigned([{ ...parking, watermark: 0, above: [] }])
  assert.match(faultsOfTheYounger(order).join(), /e2#0 starts before e1#0, which is older and still parked/)
})

test('what the next owner is told is settled is not parked any more, also when nobody heard of the unit that settled it', () => {
  const order = parkedByTheDead()
  order.assigned([{ ...parking, watermark: 1, above: [] }])
  assert.deepEqual(faultsOfTheYounger(order), [])
})

test('a unit that is known to be committed behind a later one takes back nothing that this one has settled', () => {
  const order = new OrderCheck<string>()
  order.polled('one', input, [older, younger])
  const settled = (watermark: number): CommitUnit => ({
    outputs: [],
    acknowledgements: [{ ...input, watermark, above: [] }],
    changes: [],
  })
  order.committed(settled(1))
  order.committed(settled(0))
  assert.deepEqual(order.begins('one', input.topic, input.partition, younger).faults, [])
})
