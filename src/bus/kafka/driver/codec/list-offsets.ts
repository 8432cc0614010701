/** ListOffsets: where a partition begins and ends, and which offset a time has. */
import type { Api } from '../wire.ts'

/** -2 in place of a time: the oldest offset that is kept. */
export const beginning = -2
/** -1 in place of a time: behind the newest record that is committed. */
export const end = -1

export interface ListOffsetsQuestion {
  /** `end` is behind the newest record that is written, also of transactions that are open. Default false. */
  readonly withOpen?: boolean
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly OffsetQuestion[] }[]
}

export interface OffsetQuestion {
  readonly partition: number
  readonly leaderEpoch: number
  /** Milliseconds since the epoch, `beginning` or `end`. */
  readonly time: number
}

export interface ListOffsetsAnswer {
  readonly partitions: readonly ListedOffset[]
}

export interface ListedOffset {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  /** -1: no record is that young. */
  readonly offset: number
}

const fromNoReplica = -1
const readUncommitted = 0
const readCommitted = 1

export const listOffsets: Api<ListOffsetsQuestion, ListOffsetsAnswer> = {
  name: 'ListOffsets',
  key: 2,
  version: 9,
  encode: (writer, { topics, withOpen }) =>
    writer
      .appendInt32(fromNoReplica)
      .appendInt8(withOpen === true ? readUncommitted : readCommitted)
      .appendArray([...topics], (w, { topic, partitions }) =>
        w
          .appendString(topic)
          .appendArray([...partitions], (w, { partition, leaderEpoch, time }) =>
            w.appendInt32(partition).appendInt32(leaderEpoch).appendInt64(BigInt(time)),
          ),
      )
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const topics = reader.readArray((one) => {
      const topic = one.readString()
      return one.readArray((partition): ListedOffset => {
        const place = { topic, partition: partition.readInt32(), errorCode: partition.readInt16() }
        partition.readInt64()
        const offset = Number(partition.readInt64())
        partition.readInt32()
        return { ...place, offset }
      })
    })
    reader.readTaggedFields()
    return { partitions: topics.flat() }
  },
}
