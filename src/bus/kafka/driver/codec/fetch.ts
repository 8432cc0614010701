/**
 * Fetch: records of many partitions of one broker, in one question that waits for them. Only what is committed is asked for. Of an answer the
 * records stay bytes.
 */
import { readKnownTaggedFields } from '@platformatic/kafka'
import type { Reader } from '@platformatic/kafka'
import type { Api } from '../wire.ts'

export interface FetchQuestion {
  /** Milliseconds that the broker waits for `minBytes`. */
  readonly maxWaitMs: number
  readonly minBytes: number
  /** A broker goes beyond it, and beyond that of a partition, for the first batch of the first partition that has one. */
  readonly maxBytes: number
  /** 0: none yet. */
  readonly sessionId: number
  /** 0 asks for a new session and names all partitions; -1 ends the session; else only what changed is named. */
  readonly sessionEpoch: number
  readonly topics: readonly FetchTopic[]
  readonly forgotten: readonly ForgottenTopic[]
}

export interface FetchTopic {
  readonly topicId: string
  readonly partitions: readonly FetchPosition[]
}

export interface FetchPosition {
  readonly partition: number
  /** The broker refuses when it knows another: FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH. */
  readonly leaderEpoch: number
  readonly offset: number
  /** The leader epoch of the record before `offset`, -1 when not known: the broker tells where the log was cut since. */
  readonly lastEpoch: number
  readonly maxBytes: number
}

export interface ForgottenTopic {
  readonly topicId: string
  readonly partitions: readonly number[]
}

export interface FetchAnswer {
  readonly errorCode: number
  /** 0 when the broker has no room for a session. */
  readonly sessionId: number
  readonly topics: readonly { readonly topicId: string; readonly partitions: readonly FetchedPartition[] }[]
}

export interface FetchedPartition {
  readonly errorCode: number
  readonly partition: number
  /** The end of what is committed. */
  readonly stableOffset: number
  /** Transactions that ended in an abort and have records among these; in no order that counts. */
  readonly aborted: readonly AbortedTransaction[]
  /** Where the log now ends for the epoch that was asked with; undefined when it was not cut. */
  readonly divergedAt: number | undefined
  /** Record batches, the last one maybe cut. */
  readonly records: Buffer
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

const readCommitted = 1
const noRecords = Buffer.alloc(0)

export const fetch: Api<FetchQuestion, FetchAnswer> = {
  name: 'Fetch',
  key: 1,
  version: 17,
  encode: (writer, { maxWaitMs, minBytes, maxBytes, sessionId, sessionEpoch, topics, forgotten }) =>
    writer
      .appendInt32(maxWaitMs)
      .appendInt32(minBytes)
      .appendInt32(maxBytes)
      .appendInt8(readCommitted)
      .appendInt32(sessionId)
      .appendInt32(sessionEpoch)
      .appendArray([...topics], (w, { topicId, partitions }) =>
        w
          .appendUUID(topicId)
          .appendArray([...partitions], (w, position) =>
            w
              .appendInt32(position.partition)
              .appendInt32(position.leaderEpoch)
              .appendInt64(BigInt(position.offset))
              .appendInt32(position.lastEpoch)
              .appendInt64(-1n)
              .appendInt32(position.maxBytes),
          ),
      )
      .appendArray([...forgotten], (w, { topicId, partitions }) =>
        w.appendUUID(topicId).appendArray([...partitions], (w, partition) => w.appendInt32(partition), true, false),
      )
      .appendString('')
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const errorCode = reader.readInt16()
    const sessionId = reader.readInt32()
    const topics = reader.readArray((topic) => ({
      topicId: topic.readUUID(),
      partitions: topic.readArray(readPartition, true, false),
    }))
    reader.readTaggedFields()
    return { errorCode, sessionId, topics }
  },
}

function readPartition(reader: Reader): FetchedPartition {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt64()
  const stableOffset = Number(reader.readInt64())
  reader.readInt64()
  const aborted = reader.readNullableArray((one) => ({
    producerId: one.readInt64(),
    firstOffset: Number(one.readInt64()),
  }))
  reader.readInt32()
  const records = readBytes(reader)
  let divergedAt: number | undefined
  readKnownTaggedFields(reader, {
    0: (diverging) => {
      diverging.readInt32()
      divergedAt = Number(diverging.readInt64())
    },
  })
  return { errorCode, partition, stableOffset, aborted: aborted ?? [], divergedAt, records }
}

function readBytes(reader: Reader): Buffer {
  const length = reader.readUnsignedVarInt() - 1
  if (length <= 0) return noRecords
  const records = reader.buffer.slice(reader.position, reader.position + length)
  reader.skip(length)
  return records
}
