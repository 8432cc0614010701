/** OffsetFetch: what a group has committed; only what no open transaction is about to change. */
import type { Api } from '../wire.ts'

export interface OffsetFetchQuestion {
  readonly group: string
  /** Null: asked by nobody of the group. */
  readonly memberId: string | null
  readonly memberEpoch: number
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface CommittedOffset {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  /** -1: nothing was committed. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

export interface OffsetFetchAnswer {
  readonly errorCode: number
  readonly partitions: readonly CommittedOffset[]
}

export const offsetFetch: Api<OffsetFetchQuestion, OffsetFetchAnswer> = {
  name: 'OffsetFetch',
  key: 9,
  version: 9,
  encode: (writer, { group, memberId, memberEpoch, topics }) =>
    writer
      .appendArray([group], (w, group) =>
        w
          .appendString(group)
          .appendString(memberId)
          .appendInt32(memberEpoch)
          .appendArray([...topics], (w, { topic, partitions }) =>
            w.appendString(topic).appendArray([...partitions], (w, partition) => w.appendInt32(partition), true, false),
          ),
      )
      .appendBoolean(true)
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const [answer] = reader.readArray((group) => {
      group.readString()
      const topics = group.readArray((one) => {
        const topic = one.readString()
        return one.readArray((partition): CommittedOffset => ({
          topic,
          partition: partition.readInt32(),
          offset: Number(partition.readInt64()),
          leaderEpoch: partition.readInt32(),
          metadata: partition.readNullableString() ?? '',
          errorCode: partition.readInt16(),
        }))
      })
      return { errorCode: group.readInt16(), partitions: topics.flat() }
    })
    reader.readTaggedFields()
    return answer ?? { errorCode: -1, partitions: [] }
  },
}
