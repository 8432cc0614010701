import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listOffsetsV9, Reader, Writer } from '@platformatic/kafka'
import { MetrobusError } from '../../../errors/index.ts'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { listOffsets } from './codec/list-offsets.ts'
import type { ListOffsetsQuestion } from './codec/list-offsets.ts'
import { codes } from './codes.ts'
import type { FetchCluster } from './fetcher.ts'
import { LogOffsets } from './log-offsets.ts'

/** Two partitions on two brokers, 10 to 20 and 110 to 120; what a question meets first are these accidents. */
function bench(...script: readonly (number | 'lost')[]) {
  const clock = new VirtualClock()
  const asked: (readonly [number, ListOffsetsQuestion])[] = []
  const accidents = [...script]
  let refreshes = 0
  const cluster: FetchCluster = {
    topic: (name) => ({ name, id: 'id', partitions: 2 }),
    leader: (_topic, partition) => (partition === 9 ? undefined : { node: partition, epoch: 4 }),
    refresh: () => {
      refreshes++
      return Promise.resolve()
    },
    request: (node, _api, question) => {
      const { topics } = question as unknown as ListOffsetsQuestion
      asked.push([node, { topics }])
      const accident = accidents.shift()
      if (accident === 'lost')
        return Promise.reject(new MetrobusError('MB_KAFKA_NO_ANSWER', { request: 'r', broker: 'b', reason: 'script' }))
      const partitions = topics.flatMap(({ topic, partitions: own }) =>
        own.map(({ partition, time }) => {
          const base = 10 + partition * 100
          const offset = time === -2 ? base : time === -1 ? base + 10 : time > 1000 ? -1 : base + 5
          return { topic, partition, errorCode: accident ?? codes.NONE, offset }
        }),
      )
      return Promise.resolve({ partitions } as never)
    },
  }
  return { clock, asked, offsets: new LogOffsets({ cluster, clock }), refreshes: () => refreshes }
}

async function after<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const settled = work.catch(() => undefined)
  await clock.advance(60_000)
  await settled
  return work
}

test('the question is written as the client writes it, and the answer read to its last field', () => {
  const question = { topics: [{ topic: 'a', partitions: [{ partition: 1, leaderEpoch: 2, time: 1_700_000_000_000 }] }] }
  const partition = { partitionIndex: 1, currentLeaderEpoch: 2, timestamp: 1_700_000_000_000n }
  assert.deepEqual(
    listOffsets.encode(Writer.create(), question).buffer,
    listOffsetsV9.createRequest(-1, 1, [{ name: 'a', partitions: [partition] }]).buffer,
  )
  const answer = Writer.create().appendInt32(0)
  answer.appendArray(['a', 'b'], (w, topic) =>
    w
      .appendString(topic)
      .appendArray([1, 2], (p, partition) =>
        p.appendInt32(partition).appendInt16(6).appendInt64(5n).appendInt64(44n).appendInt32(3),
      ),
  )
  answer.appendTaggedFields()
  const read = listOffsets.decode(Reader.from(answer.buffer)).partitions
  assert.deepEqual(read.at(-1), { topic: 'b', partition: 2, errorCode: 6, offset: 44 })
  assert.equal(read.length, 4)
})

test('each leader is asked for its partitions, and the answers come in the order asked', async () => {
  const { clock, asked, offsets } = bench()
  assert.deepEqual(await after(clock, offsets.at('t', [1, 0], 'beginning', 5000)), [110, 10])
  assert.deepEqual(
    asked.map(([node]) => node),
    [1, 0],
  )
  assert.deepEqual(asked[0]![1].topics, [{ topic: 't', partitions: [{ partition: 1, leaderEpoch: 4, time: -2 }] }])
  assert.deepEqual(await after(clock, offsets.at('t', [0, 1], 'end', 5000)), [20, 120])
  assert.deepEqual(await after(clock, offsets.at('t', [0], 500, 5000)), [15])
})

test('a time after the newest record is the end', async () => {
  const { clock, offsets } = bench()
  assert.deepEqual(await after(clock, offsets.at('t', [0, 1], 2000, 5000)), [20, 120])
})

test('what a moved leader or a lost answer kept is asked for again, and only that', async () => {
  const { clock, asked, offsets, refreshes } = bench('lost', codes.NONE, codes.NOT_LEADER_OR_FOLLOWER)
  assert.deepEqual(await after(clock, offsets.at('t', [0, 1], 'end', 5000)), [20, 120])
  assert.deepEqual(
    asked.map(([node]) => node),
    [0, 1, 0, 0],
  )
  assert.equal(refreshes(), 2)
})

test('what stays is told when patience ends, what will not change at once', async () => {
  const waiting = bench()
  await assert.rejects(after(waiting.clock, waiting.offsets.at('t', [9], 'end', 5000)), { code: 'MB_KAFKA_NOT_NOW' })
  const refused = bench(codes.TOPIC_AUTHORIZATION_FAILED)
  await assert.rejects(after(refused.clock, refused.offsets.at('t', [0], 'end', 5000)), {
    code: 'MB_KAFKA_NOT_ALLOWED',
  })
  assert.equal(refused.asked.length, 1)
})
