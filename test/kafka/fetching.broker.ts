/** The fetcher on real brokers: trap 3 of the client, and row K5 in small. Java's console consumer is the judge. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ProduceAcks, Producer } from '@platformatic/kafka'
import type { FetchPartition } from '../../src/bus/kafka/driver/fetch-partition.ts'
import { Fetcher } from '../../src/bus/kafka/driver/fetcher.ts'
import type { FetcherOptions } from '../../src/bus/kafka/driver/fetcher.ts'
import { nodeClock as clock } from '../../src/internal/platform/node.ts'
import { chooseSeed, SeededRandom } from '../../src/testing/seeded-random.ts'
import { batchOf, brokers, Driver, fresh, readByJava, topic } from './stage.ts'

const seed = chooseSeed()
const partitions = 2
const bufferOf = { key: (text: string) => Buffer.from(text), value: (text: string) => Buffer.from(text) }

/** A value without what only makes it long. */
const nameOf = (value: string): string => value.replace(/\.+$/, '')

/** Transactions of three producers, interleaved, some aborted, with records of nobody between them. */
async function writeInterleaved(name: string, random: SeededRandom): Promise<void> {
  const serializers = { key: bufferOf.key, value: bufferOf.value, headerKey: bufferOf.key, headerValue: bufferOf.value }
  const open = async (transactionalId?: string) =>
    new Producer({
      clientId: 'writer',
      bootstrapBrokers: brokers.bootstrap,
      serializers,
      idempotent: true,
      producerId: -1n,
      producerEpoch: -1,
      timeout: 60_000,
      ...(transactionalId === undefined ? {} : { transactionalId }),
    } as never)
  const writers = await Promise.all([fresh('a'), fresh('b'), fresh('c'), undefined].map(open))
  const running = new Map<
    Producer,
    { send: Producer['send']; commit: () => Promise<void>; abort: () => Promise<void> }
  >()
  let count = 0
  for (let step = 0; step < 100; step++) {
    const writer = random.pick(writers)
    const isTransactional = writer !== writers.at(-1)
    if (isTransactional && !running.has(writer)) running.set(writer, await writer.beginTransaction())
    const sender = running.get(writer) ?? writer
    const partition = random.below(partitions)
    const messages = Array.from({ length: random.between(1, 3) }, () => ({
      topic: name,
      partition,
      key: '',
      value: `${count++}${'.'.repeat(random.pick([0, 100, 700]))}`,
    }))
    await sender.send({ messages, acks: ProduceAcks.ALL } as never)
    const transaction = running.get(writer)
    if (transaction === undefined || !random.chance(0.4)) continue
    running.delete(writer)
    await (random.chance(0.5) ? transaction.commit() : transaction.abort())
  }
  for (const transaction of running.values()) await transaction.abort()
  for (const writer of writers) await writer.close()
}

interface Reading {
  readonly values: string[][]
  readonly offsets: number[][]
}

/** Everything from these offsets to the end of what is decided. */
async function readByFetcher(
  driver: Driver,
  name: string,
  from: readonly number[],
  options: Partial<FetcherOptions>,
): Promise<Reading> {
  const { promise: failure, reject } = Promise.withResolvers<never>()
  const listener = {
    ready: () => undefined,
    halted: (_: FetchPartition, halt: string) => reject(new TypeError(halt)),
    failed: reject,
  }
  const fetcher = new Fetcher({ cluster: driver.cluster, clock, listener, ...options })
  const read: Reading = { values: from.map(() => []), offsets: from.map(() => []) }
  const fetched = from.map((offset, partition) => fetcher.add(name, partition, offset))
  const isBehind = ({ stableOffset, fetchAt }: FetchPartition): boolean => stableOffset < 0 || fetchAt < stableOffset
  for (let quiet = 0; quiet < 20; quiet++) {
    for (const [index, partition] of fetched.entries())
      for (let cursor = partition.next(); cursor !== undefined; cursor = partition.next()) {
        read.values[index]!.push(nameOf(cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd)))
        read.offsets[index]!.push(cursor.offset)
        quiet = 0
      }
    await Promise.race([failure, new Promise<void>((resolve) => void clock.timer(5, resolve))])
    if (fetched.some(isBehind)) quiet = 0
  }
  fetcher.close()
  return read
}

suite('fetching', () => {
  test('3: what Java reads as committed is read, in answers of any size and from every offset', async () => {
    const random = new SeededRandom(seed)
    const name = await topic(partitions)
    await writeInterleaved(name, random)
    const java = await readByJava(name, 1, 10_000)
    assert.notEqual(java.length, 0, 'Java read nothing')
    const wanted = [0, 1].map((index) =>
      java.filter(({ partition }) => partition === index).map(({ value }) => nameOf(value)),
    )
    await using driver = await Driver.open()
    const whole = await readByFetcher(driver, name, [0, 0], {})
    assert.deepEqual(whole.values, wanted, `seed ${seed}`)
    for (const partitionBytesMax of [1024, 4096]) {
      const read = await readByFetcher(driver, name, [0, 0], { partitionBytesMax })
      assert.deepEqual(read.values, wanted, `${partitionBytesMax} bytes, seed ${seed}`)
    }
    const end = Math.max(...whole.offsets.flat())
    for (let round = 0; round < 15; round++) {
      const from = [random.below(end), random.below(end)]
      const ends = whole.offsets.map((offsets) => offsets.at(-1)! + 1)
      const begin = from.map((offset, index) => Math.min(offset, ends[index]!))
      const read = await readByFetcher(driver, name, begin, { partitionBytesMax: random.pick([1024, 65_536]) })
      const rest = whole.offsets.map((offsets, index) => offsets.filter((offset) => offset >= begin[index]!))
      assert.deepEqual(read.offsets, rest, `from ${begin.join(' and ')}, seed ${seed}`)
    }
  })

  test('batches of every compression that Java writes and that we write are read', async () => {
    const name = await topic(1, { 'compression.type': 'lz4' })
    await using driver = await Driver.open()
    const producer = await driver.producer({})
    const values = Array.from({ length: 50 }, (_, index) => `${index}${'.'.repeat(200)}`)
    assert.equal((await producer.settle({ batches: [batchOf(name, 0, values)] })).end, 'committed')
    const read = await readByFetcher(driver, name, [0], {})
    assert.deepEqual(read.values[0], values.map(nameOf))
  })

  test('fetching goes on when the leader dies', async () => {
    const name = await topic(1)
    await using driver = await Driver.open()
    const producer = await driver.producer({})
    for (const value of ['1', '2'])
      assert.equal((await producer.settle({ batches: [batchOf(name, 0, [value])] })).end, 'committed')
    await driver.cluster.refresh([name])
    const reading = readByFetcher(driver, name, [0], { requestMs: 2000 })
    await brokers.stop(driver.cluster.leader(name, 0)!.node)
    try {
      assert.equal((await producer.settle({ batches: [batchOf(name, 0, ['3'])] })).end, 'committed')
      await reading
      const read = await readByFetcher(driver, name, [0], { requestMs: 2000 })
      assert.deepEqual(read.values[0], ['1', '2', '3'])
    } finally {
      await brokers.start()
    }
  })
})
