/** The bytes of our questions are those of the client's, which differ by no more than the number of the version. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  apiVersionsV3,
  endTxnV4,
  findCoordinatorV5,
  initProducerIdV5,
  metadataV12,
  produceV11,
  txnOffsetCommitV4,
  Writer,
} from '@platformatic/kafka'
import { RecordsEncoder } from '../records-encoder.ts'
import type { Api } from '../wire.ts'
import { apiVersions } from './api-versions.ts'
import { endTxn } from './end-txn.ts'
import { findCoordinator } from './find-coordinator.ts'
import { initProducerId } from './init-producer-id.ts'
import { metadata } from './metadata.ts'
import { produce } from './produce.ts'
import { txnOffsetCommit } from './txn-offset-commit.ts'

const bytes = <Question, Answer>(api: Api<Question, Answer>, question: Question): string =>
  api.encode(Writer.create(), question).buffer.toString('hex')

const hex = (writer: Writer): string => writer.buffer.toString('hex')

const identity = { producerId: 77n, producerEpoch: 5 }

suite('questions', () => {
  test('InitProducerId', () => {
    for (const transactionalId of ['rider', null])
      assert.equal(
        bytes(initProducerId, { transactionalId, transactionTimeoutMs: 60_000, identity }),
        hex(initProducerIdV5.createRequest(transactionalId, 60_000, 77n, 5)),
      )
  })

  test('EndTxn', () => {
    assert.equal(
      bytes(endTxn, { transactionalId: 'rider', identity, committed: true }),
      hex(endTxnV4.createRequest('rider', 77n, 5, true)),
    )
  })

  test('TxnOffsetCommit holds several topics and partitions', () => {
    const positions = [
      { topic: 'a', partition: 0, offset: 1, leaderEpoch: 2, metadata: 'm' },
      { topic: 'a', partition: 1, offset: 2 ** 40, leaderEpoch: -1, metadata: '' },
      { topic: 'b', partition: 0, offset: 3, leaderEpoch: 0, metadata: 'ü' },
    ]
    const topics = ['a', 'b'].map((name) => ({
      name,
      partitions: positions
        .filter(({ topic }) => topic === name)
        .map((position) => ({
          partitionIndex: position.partition,
          committedOffset: BigInt(position.offset),
          committedLeaderEpoch: position.leaderEpoch,
          committedMetadata: position.metadata,
        })),
    }))
    const membership = { group: 'riders', memberId: 'me', memberEpoch: 9, instanceId: 'seat 1' }
    assert.equal(
      bytes(txnOffsetCommit, { ...membership, transactionalId: 'rider', identity, positions }),
      hex(txnOffsetCommitV4.createRequest('rider', 'riders', 77n, 5, 9, 'me', 'seat 1', topics)),
    )
  })

  test('Produce asks for the acknowledgement of all replicas', () => {
    const encoder = new RecordsEncoder()
    encoder.append(1_700_000_000_000, 'key', 'value', [])
    const batch = encoder.finish()
    // The client's own batch differs in nothing but what stands in it, so it is compared without records.
    const theirs = hex(produceV11.createRequest(-1, 5_000, [], { transactionalId: 'rider' }))
    assert.equal(bytes(produce, { transactionalId: 'rider', timeoutMs: 5_000, topics: [] }), theirs)
    const ours = bytes(produce, {
      transactionalId: 'rider',
      timeoutMs: 5_000,
      topics: [{ topic: 'mail', partitions: [{ partition: 3, batch }] }],
    })
    assert(ours.includes('056d61696c0200000003'), 'topic and partition')
    assert(ours.includes(batch.toString('hex')), 'the batch as it is')
  })

  test('Metadata never creates a topic', () => {
    assert.equal(bytes(metadata, { topics: ['a', 'b'] }), hex(metadataV12.createRequest(['a', 'b'], false)))
  })

  test('FindCoordinator', () => {
    assert.equal(bytes(findCoordinator, { kind: 'group', key: 'g' }), hex(findCoordinatorV5.createRequest(0, ['g'])))
    assert.equal(
      bytes(findCoordinator, { kind: 'transaction', key: 't' }),
      hex(findCoordinatorV5.createRequest(1, ['t'])),
    )
  })

  test('ApiVersions', () => {
    assert.equal(
      bytes(apiVersions, { softwareName: 'metrobus', softwareVersion: '0' }),
      hex(apiVersionsV3.createRequest('metrobus', '0')),
    )
  })
})
