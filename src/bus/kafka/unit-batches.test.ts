import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { output, record } from '../conformance/fixture.ts'
import { UnitBatches } from './unit-batches.ts'

const KiB = 1024
const MiB = 1024 * KiB
const options = {
  codec: undefined,
  batchBytesMax: MiB + 256 * KiB,
  outside: (topic: string) => `test.${topic}`,
  stateTopic: 'test.app.metrobus.state',
  home: (partition: number) => partition,
}
const ofBytes = (bytes: number) => record('r', 'x'.repeat(bytes - 2))

suite('the batches of a unit', () => {
  test('are none larger than brokers take, also where a record as large as the limit follows others', () => {
    const records = [ofBytes(300 * KiB), ofBytes(200 * KiB), ofBytes(MiB), ofBytes(10), ofBytes(MiB)]
    const made = new UnitBatches(
      { outputs: [output('out', records)], acknowledgements: [], changes: [] },
      [],
      1,
      options,
    )
    assert.deepEqual(made.faults(), [])
    assert.deepEqual(
      made.batches.map(({ count }) => count),
      [2, 1, 1, 1],
    )
    made.place([10, 20, 30, 40])
    assert.deepEqual(
      records.map(({ offset }) => offset),
      [10, 11, 20, 30, 40],
    )
  })

  test('of rows are none larger either', () => {
    const changes = [400 * KiB, MiB, 10].map((bytes, index) => ({
      store: 's',
      partition: 0,
      key: `${index}`,
      value: 'x'.repeat(bytes),
    }))
    const made = new UnitBatches({ outputs: [], acknowledgements: [], changes }, [], 1, options)
    assert.deepEqual(made.faults(), [])
  })

  test('tell a record that no broker takes', () => {
    const records = [ofBytes(2 * MiB)]
    const made = new UnitBatches(
      { outputs: [output('out', records)], acknowledgements: [], changes: [] },
      [],
      1,
      options,
    )
    assert.deepEqual(made.faults(), ['a record for test.out/0 takes more than 1310720 bytes'])
  })
})
