/** Produce: record batches to the partitions that one broker leads. */
import { readKnownTaggedFields } from '@platformatic/kafka'
import type { Reader } from '@platformatic/kafka'
import type { Api } from '../wire.ts'

export interface ProduceQuestion {
  readonly transactionalId: string | null
  /** How long the broker may wait for the replicas. */
  readonly timeoutMs: number
  readonly topics: readonly {
    readonly topic: string
    /** Each partition once. */
    readonly partitions: readonly { readonly partition: number; readonly batch: Buffer }[]
  }[]
}

export interface ProducedAnswer {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly errorMessage: string | null
  /** Offset of the first record; -1 where the broker no longer knows it. */
  readonly baseOffset: number
}

export interface ProduceAnswer {
  readonly partitions: readonly ProducedAnswer[]
}

/** Every acknowledgement is that of all replicas in sync: nothing else is ever asked for. */
const acksOfAll = -1

/** Version 12 adds the partition to the transaction by itself (transactions v2); its bytes are those of version 11. */
export const produce: Api<ProduceQuestion, ProduceAnswer> = {
  name: 'Produce',
  key: 0,
  version: 12,
  encode: (writer, { transactionalId, timeoutMs, topics }) =>
    writer
      .appendString(transactionalId)
      .appendInt16(acksOfAll)
      .appendInt32(timeoutMs)
      .appendArray([...topics], (w, { topic, partitions }) =>
        w
          .appendString(topic)
          .appendArray([...partitions], (p, { partition, batch }) => p.appendInt32(partition).appendBytes(batch)),
      )
      .appendTaggedFields(),
  decode(reader) {
    const topics = reader.readArray((entry) => {
      const topic = entry.readString()
      return entry.readArray((one) => readPartition(one, topic), true, false)
    })
    reader.readInt32()
    reader.readTaggedFields()
    return { partitions: topics.flat() }
  },
}

function readPartition(reader: Reader, topic: string): ProducedAnswer {
  const partition = reader.readInt32()
  const errorCode = reader.readInt16()
  const baseOffset = Number(reader.readInt64())
  reader.readInt64()
  reader.readInt64()
  const recordErrors = reader.readArray((one) => {
    one.readInt32()
    return one.readNullableString()
  })
  const errorMessage = reader.readNullableString() ?? recordErrors.find((text) => text !== null) ?? null
  readKnownTaggedFields(reader, {})
  return { topic, partition, errorCode, errorMessage, baseOffset }
}
