/** Events on real brokers: what Java makes of ours, what we make of others', and where a log begins and ends. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Producer as ClientProducer, ProduceAcks, stringSerializers } from '@platformatic/kafka'
import { Fetcher } from '../../src/bus/kafka/driver/fetcher.ts'
import { LogOffsets } from '../../src/bus/kafka/driver/log-offsets.ts'
import { RecordsEncoder } from '../../src/bus/kafka/driver/records-encoder.ts'
import { readRecord } from '../../src/bus/kafka/foreign-record.ts'
import { writeRecord } from '../../src/bus/kafka/kafka-record.ts'
import { Record } from '../../src/event/record.ts'
import { nodeClock as clock } from '../../src/internal/platform/node.ts'
import { batchOf, brokers, Driver, fresh, linesByJava, seconds, topic } from './stage.ts'

const day = 24 * 3_600_000

const record = (data: unknown): Record =>
  new Record(
    {
      ride: 'r',
      hop: 2,
      type: 'orders.placed',
      source: '/apps/orders',
      time: Date.UTC(2026, 0, 2),
      key: 'a-17',
      headers: { 'trace-id': 'ü' },
      correlationId: 'c',
      causationId: undefined,
      replay: 0,
      slip: 'a|18|line|v1|b:5',
    },
    data,
    undefined,
  )

/** Reads so many records of the one partition of a topic. */
async function readAll(driver: Driver, name: string, count: number): Promise<Record[]> {
  const listener = { ready: () => undefined, halted: () => undefined, failed: () => undefined }
  const fetcher = new Fetcher({ cluster: driver.cluster, clock, listener })
  const partition = fetcher.add(name, 0, 0)
  const records: Record[] = []
  for (let waited = 0; waited < 2_000 && records.length < count; waited++) {
    const cursor = partition.next()
    if (cursor === undefined) await new Promise<void>((resolve) => void clock.timer(5, resolve))
    else records.push(readRecord(cursor, name, 0))
  }
  fetcher.close()
  return records
}

suite('events', () => {
  test('Java reads an event of ours with its headers, key and time, and a tombstone as one', async () => {
    const name = await topic(1)
    await using driver = await Driver.open()
    const producer = await driver.producer({})
    const encoder = new RecordsEncoder()
    const times = [clock.now(), clock.now() - 60 * day, clock.now()] as const
    writeRecord(encoder, record({ n: 1 }), times[0])
    writeRecord(encoder, record(null), times[1])
    writeRecord(encoder, record('漢'), times[2])
    const unit = { batches: [{ topic: name, partition: 0, count: 3, batch: encoder.finish() }] }
    assert.equal((await producer.settle(unit)).end, 'committed')
    const lines = await linesByJava(name, ['timestamp', 'headers', 'key'], 3)
    const attributes =
      'ce_specversion:1.0,ce_id:r~2,ce_source:/apps/orders,ce_type:orders.placed,ce_time:2026-01-02T00:00:00.000Z,ce_correlationid:c'
    const type = ',content-type:application/json'
    const rest = ',itinerary:a|18|line|v1|b:5,itineraryhop:2,trace-id:ü'
    assert.deepEqual(
      lines.filter((line) => line.startsWith('CreateTime:')),
      [
        `CreateTime:${times[0]}\t${attributes}${type}${rest}\ta-17\t{"n":1}`,
        `CreateTime:${times[1]}\t${attributes}${rest}\ta-17\tnull`,
        `CreateTime:${times[2]}\t${attributes}${type}${rest}\ta-17\t"漢"`,
      ],
    )
    const again = await readAll(driver, name, 3)
    assert.deepEqual(
      again.map(({ id, hop, data, appendedAt }) => [id, hop, data, appendedAt]),
      [
        ['r~2', 2, { n: 1 }, times[0]],
        ['r~2', 2, null, times[1]],
        ['r~2', 2, '漢', times[2]],
      ],
    )
  })

  test('what another client writes, compressed or not, enters as an event', async () => {
    const name = await topic(1)
    await using driver = await Driver.open()
    const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
    for (const compression of compressions) {
      const producer = new ClientProducer({
        clientId: 'other',
        bootstrapBrokers: brokers.bootstrap,
        serializers: stringSerializers,
      })
      const message = { topic: name, key: 'k', value: JSON.stringify({ compression }), headers: { Kind: 'test' } }
      await producer.send({ messages: [message], acks: ProduceAcks.ALL, compression })
      await producer.close()
    }
    const records = await readAll(driver, name, compressions.length)
    assert.deepEqual(
      records.map(({ id, key, type, headers, data }) => [id, key, type, headers['kind'], data]),
      compressions.map((compression, offset) => [`0/${offset}`, 'k', name, 'test', { compression }]),
    )
  })

  test('a log begins and ends where its decided records do', async () => {
    const name = await topic(2)
    await using driver = await Driver.open()
    await driver.cluster.refresh([name])
    const offsets = new LogOffsets({ cluster: driver.cluster, clock })
    assert.deepEqual(await offsets.at(name, [0, 1], 'end', 10_000), [0, 0])
    const producer = await driver.producer({ transactionalId: fresh('rider') })
    const before = clock.now() - 1
    for (let round = 0; round < 3; round++)
      assert.equal((await producer.settle({ batches: [batchOf(name, 1, ['a', 'b'])] })).end, 'committed')
    // Two records and a marker each; the last marker comes a moment after the commit was answered.
    const ends = (): Promise<number[]> => offsets.at(name, [1, 0], 'end', 10_000)
    for (let waited = 0; waited < 100 && (await ends())[0] !== 9; waited++) await seconds(0.1)
    assert.deepEqual(await ends(), [9, 0])
    assert.deepEqual(await offsets.at(name, [0, 1], 'beginning', 10_000), [0, 0])
    assert.deepEqual(await offsets.at(name, [0, 1], before, 10_000), [0, 0])
    assert.deepEqual(await offsets.at(name, [0, 1], clock.now() + day, 10_000), [0, 9])
  })
})
