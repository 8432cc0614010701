import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MetrobusError } from '../../../errors/index.ts'
import { VirtualClock } from '../../../testing/virtual-clock.ts'
import { Cluster } from './cluster.ts'
import { endTxn } from './codec/end-txn.ts'
import { findCoordinator } from './codec/find-coordinator.ts'
import { initProducerId } from './codec/init-producer-id.ts'
import { metadata } from './codec/metadata.ts'
import { produce } from './codec/produce.ts'
import type { ProduceQuestion } from './codec/produce.ts'
import { txnOffsetCommit } from './codec/txn-offset-commit.ts'
import { codes } from './codes.ts'
import { transitions } from './producer-state.ts'
import type { ProducerEvent, ProducerState } from './producer-state.ts'
import { Producer } from './producer.ts'
import type { ProducerUnit, UnitBatch, UnitEnd } from './producer.ts'
import { RecordsEncoder } from './records-encoder.ts'
import { at, attribute } from './records-layout.ts'
import { ScriptedWire } from './scripted-wire.ts'
import type { Accident } from './scripted-wire.ts'

/** What a broker says to a question: an error code (0: done), or nothing at all. */
type Reply = number | Accident

/** A cluster of two nodes, calm but for what a test scripts, and a producer on it. */
class Stage {
  readonly clock = new VirtualClock()
  readonly wire = new ScriptedWire([1, 2])
  readonly cluster = new Cluster({ bootstrap: this.wire.bootstrap, wire: this.wire, clock: this.clock })
  readonly producer: Producer
  /** Replies to come, first the next; when they are used up, everything is done. */
  readonly inits: Reply[] = []
  readonly produces: Reply[] = []
  readonly commits: Reply[] = []
  readonly ends: Reply[] = []
  #epoch = -1
  #offset = 0

  constructor(transactionalId: string | undefined = 'rider') {
    this.producer = new Producer({
      cluster: this.cluster,
      clock: this.clock,
      ...(transactionalId === 'none' ? {} : { transactionalId }),
    })
    const led = [
      { node: 1, epoch: 0 },
      { node: 2, epoch: 0 },
    ]
    this.wire.leaders.set('mail', led)
    this.wire.on(initProducerId, () => this.#reply(this.inits, (errorCode) => ({ errorCode, identity: this.#next() })))
    this.wire.on(endTxn, () => this.#reply(this.ends, (errorCode) => ({ errorCode, identity: this.#next() })))
    this.wire.on(produce, (question) =>
      this.#reply(this.produces, (errorCode) => ({
        partitions: partitionsOf(question).map((where) => ({
          ...where,
          errorCode,
          errorMessage: null,
          baseOffset: this.#offset++,
        })),
      })),
    )
    this.wire.on(txnOffsetCommit, ({ positions }) =>
      this.#reply(this.commits, (errorCode) => ({
        partitions: positions.map(({ topic, partition }) => ({ topic, partition, errorCode })),
      })),
    )
  }

  async opened(): Promise<this> {
    await this.during(this.cluster.open())
    await this.during(this.producer.open())
    return this
  }

  /** Lets time go on until it is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    const progress = { isOver: false }
    const end = (): void => void (progress.isOver = true)
    const over = work.then(end, end)
    for (await this.clock.settle(); !progress.isOver; await this.clock.advance(100));
    await over
    return work
  }

  settle(unit: ProducerUnit = letters()): Promise<UnitEnd> {
    return this.during(this.producer.settle(unit))
  }

  #next(): { producerId: bigint; producerEpoch: number } {
    return { producerId: 7n, producerEpoch: ++this.#epoch }
  }

  #reply<T>(replies: Reply[], answer: (errorCode: number) => T): T | Accident {
    const reply = replies.shift() ?? codes.NONE
    return typeof reply === 'number' ? answer(reply) : reply
  }
}

const partitionsOf = ({ topics }: ProduceQuestion) =>
  topics.flatMap(({ topic, partitions }) => partitions.map(({ partition, batch }) => ({ topic, partition, batch })))

function batchOf(partition: number, count: number): UnitBatch {
  const encoder = new RecordsEncoder()
  for (let index = 0; index < count; index++) encoder.append(0, `key ${index}`, 'value', [])
  return { topic: 'mail', partition, count, batch: encoder.finish() }
}

const membership = { group: 'riders', memberId: 'me', memberEpoch: 4, instanceId: null }

/** A batch for a partition of each node, and the positions of two. */
const letters = (): ProducerUnit => ({
  batches: [batchOf(0, 2), batchOf(1, 3)],
  offsets: {
    membership,
    positions: [0, 1].map((partition) => ({ topic: 'orders', partition, offset: 10, leaderEpoch: 3, metadata: 'm' })),
  },
})

const epochsAsked = (stage: Stage): number[] => stage.wire.askedOf(endTxn).map(({ identity }) => identity.producerEpoch)

const errorOf = (end: UnitEnd): MetrobusError => {
  assert(end.end !== 'committed')
  return end.error
}

suite('transitions of the producer', () => {
  test('nameless + named: the newcomer asks for the name whoever has it', async () => {
    const { producer, wire } = await new Stage().opened()
    assert.equal(producer.state, 'ready')
    const [asked] = wire.askedOf(initProducerId)
    assert.deepEqual(asked?.identity, { producerId: -1n, producerEpoch: -1 })
    assert.equal(asked?.transactionTimeoutMs, 60_000)
  })

  test('nameless + barred: without the permission it has failed for good', async () => {
    const stage = new Stage()
    stage.inits.push(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    await stage.cluster.open()
    await assert.rejects(stage.during(stage.producer.open()), { code: 'MB_KAFKA_NOT_ALLOWED' })
    assert.equal(stage.producer.state, 'failed')
    await assert.rejects(stage.producer.open(), { code: 'MB_BUS_MISUSE' })
  })

  test('ready + begun, open + delivered, ending + ended: a unit is one transaction, and the next has the next epoch', async () => {
    const stage = await new Stage().opened()
    const first = await stage.settle()
    assert.deepEqual(first, { end: 'committed', offsets: [0, 1] })
    const second = await stage.settle()
    assert.equal(second.end, 'committed')
    assert.equal(stage.producer.state, 'ready')
    assert.deepEqual(epochsAsked(stage), [0, 1])
    assert.deepEqual(
      stage.wire.askedOf(endTxn).map(({ committed }) => committed),
      [true, true],
    )
  })

  test('open + voided, aborting + ended: what can never be taken is aborted, and the next unit goes on', async () => {
    const stage = await new Stage().opened()
    stage.produces.push(codes.MESSAGE_TOO_LARGE)
    const end = await stage.settle()
    assert.equal(end.end === 'void' && end.because, 'refused')
    assert.equal(errorOf(end).code, 'MB_KAFKA_TOO_LARGE')
    assert.deepEqual(
      stage.wire.askedOf(endTxn).map(({ committed }) => committed),
      [false],
    )
    assert.equal((await stage.settle()).end, 'committed')
  })

  test('open + suspected: with a newer epoch about, nothing is asked of the coordinator but a new epoch', async () => {
    const stage = await new Stage().opened()
    stage.produces.push(codes.INVALID_PRODUCER_EPOCH)
    const end = await stage.settle()
    assert.equal(end.end === 'void' && end.because, 'producer')
    assert.equal(stage.producer.state, 'doubtful')
    assert.equal(stage.wire.askedOf(endTxn).length, 0)
  })

  test('open + sent: without transactions what is acknowledged is done', async () => {
    const stage = await new Stage('none').opened()
    assert.deepEqual(await stage.settle({ batches: [batchOf(0, 2)] }), { end: 'committed', offsets: [0] })
    assert.equal(stage.producer.state, 'ready')
    assert.equal(stage.wire.askedOf(endTxn).length, 0)
  })

  test('open + lost: without transactions a broker that forgot the producer leaves the unit unknown, never sent again in silence', async () => {
    const stage = await new Stage('none').opened()
    stage.produces.push(codes.UNKNOWN_PRODUCER_ID)
    const end = await stage.settle({ batches: [batchOf(0, 2)] })
    assert.equal(end.end, 'unknown')
    assert.equal(stage.wire.askedOf(produce).length, 1)
    await stage.during(stage.producer.renew())
    assert.equal(stage.producer.state, 'ready')
    assert.deepEqual(stage.wire.askedOf(initProducerId)[1]?.identity, { producerId: -1n, producerEpoch: -1 })
  })

  test('ending + suspected: a commit refused at the first time of asking is void', async () => {
    const stage = await new Stage().opened()
    stage.ends.push(codes.INVALID_TXN_STATE)
    const end = await stage.settle()
    assert.equal(end.end === 'void' && end.because, 'producer')
    assert.equal(stage.producer.state, 'doubtful')
  })

  test('ending + suspected: a commit refused after an answer was lost may have been the one that was carried out', async () => {
    const stage = await new Stage().opened()
    stage.ends.push('lost', codes.PRODUCER_FENCED)
    assert.equal((await stage.settle()).end, 'unknown')
    assert.equal(stage.producer.state, 'doubtful')
  })

  test('ending + suspected: a coordinator that could not write in time may have written', async () => {
    const stage = await new Stage().opened()
    stage.ends.push(codes.COORDINATOR_NOT_AVAILABLE, codes.INVALID_TXN_STATE)
    assert.equal((await stage.settle()).end, 'unknown')
  })

  test('ending + lost: a commit without an answer is unknown when its time is over', async () => {
    const stage = await new Stage().opened()
    stage.wire.on(endTxn, () => 'lost')
    const end = await stage.settle()
    assert.equal(end.end, 'unknown')
    assert.equal(errorOf(end).code, 'MB_KAFKA_NO_ANSWER')
    assert.equal(stage.producer.state, 'doubtful')
  })

  test('aborting + suspected, aborting + lost: the unit is void whatever becomes of its abort', async () => {
    for (const reply of [codes.INVALID_TXN_STATE, 'lost'] as const) {
      const stage = await new Stage().opened()
      stage.commits.push(codes.STALE_MEMBER_EPOCH)
      stage.wire.on(endTxn, () => (reply === 'lost' ? 'lost' : { errorCode: reply, identity: stage.producer.identity }))
      const end = await stage.settle()
      assert.equal(end.end === 'void' && end.because, 'member')
      assert.equal(stage.producer.state, 'doubtful')
    }
  })

  test('doubtful + named: it asks with the identity it had, and goes on with a new epoch', async () => {
    const stage = await new Stage().opened()
    stage.produces.push(codes.INVALID_PRODUCER_EPOCH)
    await stage.settle()
    await stage.during(stage.producer.renew())
    assert.equal(stage.producer.state, 'ready')
    assert.deepEqual(stage.wire.askedOf(initProducerId)[1]?.identity, { producerId: 7n, producerEpoch: 0 })
    assert.equal((await stage.settle()).end, 'committed')
  })

  test('doubtful + overtaken: whose identity is refused is the zombie, and stays out', async () => {
    for (const code of [codes.PRODUCER_FENCED, codes.INVALID_PRODUCER_EPOCH, codes.INVALID_PRODUCER_ID_MAPPING]) {
      const stage = await new Stage().opened()
      stage.produces.push(codes.INVALID_PRODUCER_EPOCH)
      await stage.settle()
      stage.inits.push(code)
      await assert.rejects(stage.during(stage.producer.renew()), { code: 'MB_KAFKA_FENCED' })
      assert.equal(stage.producer.state, 'fenced')
      await assert.rejects(stage.producer.settle(letters()), { code: 'MB_BUS_MISUSE' })
      await assert.rejects(stage.producer.renew(), { code: 'MB_BUS_MISUSE' })
    }
  })

  test('doubtful + barred: without the permission it has failed for good', async () => {
    const stage = await new Stage().opened()
    stage.produces.push(codes.INVALID_PRODUCER_EPOCH)
    await stage.settle()
    stage.inits.push(codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
    await assert.rejects(stage.during(stage.producer.renew()), { code: 'MB_KAFKA_NOT_ALLOWED' })
    assert.equal(stage.producer.state, 'failed')
  })

  test('every state that is not final has a way to ready or to an end', () => {
    const reaches = (from: ProducerState, seen = new Set<ProducerState>()): Set<ProducerState> => {
      if (!seen.has(from)) {
        seen.add(from)
        for (const event of Object.keys(transitions[from]) as ProducerEvent[]) reaches(transitions[from][event]!, seen)
      }
      return seen
    }
    for (const state of Object.keys(transitions) as ProducerState[])
      if (state !== 'fenced' && state !== 'failed') assert(reaches(state).has('ready'), state)
  })
})

suite('the producer', () => {
  test('sends what is for one broker in one question, always acknowledged by all replicas, in the transaction', async () => {
    const stage = await new Stage().opened()
    stage.wire.leaders.set('mail', [
      { node: 1, epoch: 1 },
      { node: 1, epoch: 1 },
    ])
    await stage.settle()
    const [question, ...others] = stage.wire.askedOf(produce)
    assert.equal(others.length, 0)
    assert.equal(question?.transactionalId, 'rider')
    for (const { batch } of partitionsOf(question)) {
      assert.equal(batch.readBigInt64BE(at.producerId), 7n)
      assert.equal(batch.readInt16BE(at.producerEpoch), 0)
      assert.equal(batch.readInt16BE(at.attributes) & attribute.transactional, attribute.transactional)
    }
  })

  test('puts the positions of all partitions into one question, with the epoch of the member', async () => {
    const stage = await new Stage().opened()
    await stage.settle()
    const [question, ...others] = stage.wire.askedOf(txnOffsetCommit)
    assert.equal(others.length, 0)
    assert.equal(question?.positions.length, 2)
    assert.equal(question?.memberEpoch, 4)
    assert.equal(question?.memberId, 'me')
  })

  test('keeps the order of the batches of a partition, each behind the one before it', async () => {
    const stage = await new Stage('none').opened()
    const sequences: number[] = []
    stage.wire.on(produce, (question) => {
      const [sent] = partitionsOf(question)
      sequences.push(sent!.batch.readInt32BE(at.baseSequence))
      return {
        partitions: [{ topic: 'mail', partition: 0, errorCode: 0, errorMessage: null, baseOffset: sequences.length }],
      }
    })
    const end = await stage.settle({ batches: [batchOf(0, 2), batchOf(0, 5), batchOf(0, 1)] })
    assert.deepEqual(sequences, [0, 2, 7])
    assert.deepEqual(end, { end: 'committed', offsets: [1, 2, 3] })
    await stage.settle({ batches: [batchOf(0, 1)] })
    assert.deepEqual(sequences, [0, 2, 7, 8])
  })

  test('sends again with the same sequence number, to the leader of now, and only what was not acknowledged', async () => {
    const stage = await new Stage('none').opened()
    const sent: [node: number, partition: number, sequence: number][] = []
    stage.wire.on(produce, (question, node) => {
      const some = partitionsOf(question)
      for (const { partition, batch } of some) sent.push([node, partition, batch.readInt32BE(at.baseSequence)])
      const isFirst = sent.length <= 2
      if (isFirst)
        stage.wire.leaders.set('mail', [
          { node: 2, epoch: 5 },
          { node: 2, epoch: 0 },
        ])
      const errorCode = isFirst && node === 1 ? codes.NOT_LEADER_OR_FOLLOWER : codes.NONE
      return {
        partitions: some.map(({ partition }) => ({
          topic: 'mail',
          partition,
          errorCode,
          errorMessage: null,
          baseOffset: 0,
        })),
      }
    })
    await stage.during(stage.cluster.refresh(['mail']))
    await stage.settle({ batches: [batchOf(0, 4), batchOf(1, 4)] })
    assert.deepEqual(sent, [
      [1, 0, 0],
      [2, 1, 0],
      [2, 0, 0],
    ])
  })

  test('takes the word of a broker that has the batch already', async () => {
    const stage = await new Stage().opened()
    stage.produces.push('lost', 'lost', codes.DUPLICATE_SEQUENCE_NUMBER, codes.DUPLICATE_SEQUENCE_NUMBER)
    assert.equal((await stage.settle()).end, 'committed')
  })

  test('asks again for the coordinator when it has moved or does not answer', async () => {
    for (const reply of [codes.NOT_COORDINATOR, 'lost', 'unreachable'] as const) {
      const stage = await new Stage().opened()
      stage.commits.push(reply)
      stage.ends.push(reply)
      const before = stage.wire.askedOf(findCoordinator).length
      assert.equal((await stage.settle()).end, 'committed')
      assert(stage.wire.askedOf(findCoordinator).length > before + 1, String(reply))
    }
  })

  test('a part that is refused ends the tries of the others', async () => {
    const stage = await new Stage().opened()
    stage.commits.push(codes.UNKNOWN_MEMBER_ID)
    stage.wire.on(produce, () => 'lost')
    const begun = stage.clock.monotonic()
    const end = await stage.settle()
    assert.equal(end.end === 'void' && end.because, 'member')
    assert(stage.clock.monotonic() - begun < 1_000)
  })

  test('gives a unit up in half of the time of its transaction', async () => {
    const stage = await new Stage().opened()
    stage.wire.on(produce, () => 'lost')
    const end = await stage.settle()
    assert.equal(end.end === 'void' && end.because, 'time')
    assert(stage.clock.monotonic() <= 31_000)
    assert.equal((await new Stage().opened()).producer.state, 'ready')
  })

  test('a transaction that the cluster spoilt may be settled again', async () => {
    for (const code of [codes.TRANSACTION_ABORTABLE, codes.OUT_OF_ORDER_SEQUENCE_NUMBER, codes.UNKNOWN_PRODUCER_ID]) {
      const stage = await new Stage().opened()
      stage.produces.push(code)
      const end = await stage.settle()
      assert.equal(end.end === 'void' && end.because, 'producer')
      const again = await stage.settle()
      assert.equal(again.end, 'committed')
      const last = partitionsOf(stage.wire.askedOf(produce).at(-1)!)
      assert.equal(last[0]?.batch.readInt32BE(at.baseSequence), 0, 'a new epoch begins at 0')
    }
  })

  test('a unit of nothing asks nothing', async () => {
    const stage = await new Stage().opened()
    const before = stage.wire.asked.length
    assert.deepEqual(await stage.settle({ batches: [] }), { end: 'committed', offsets: [] })
    assert.equal(stage.wire.asked.length, before)
  })

  test('takes one unit at a time', async () => {
    const stage = await new Stage().opened()
    const first = stage.producer.settle(letters())
    await assert.rejects(stage.producer.settle(letters()), { code: 'MB_BUS_MISUSE' })
    assert.equal((await stage.during(first)).end, 'committed')
  })

  test('a topic that does not exist is named', async () => {
    const stage = await new Stage().opened()
    stage.wire.leaders.clear()
    const end = await stage.settle({ batches: [batchOf(0, 1)] })
    assert.equal(errorOf(end).code, 'MB_KAFKA_NO_TOPIC')
  })

  test('a missing permission to see a topic ends the unit at once', async () => {
    const stage = await new Stage().opened()
    stage.wire.on(metadata, () => ({
      brokers: [],
      clusterId: null,
      topics: [{ errorCode: codes.TOPIC_AUTHORIZATION_FAILED, name: 'mail', id: '', partitions: [] }],
    }))
    const end = await stage.settle()
    assert.equal(errorOf(end).code, 'MB_KAFKA_NOT_ALLOWED')
    assert.equal(stage.producer.state, 'ready')
  })
})
