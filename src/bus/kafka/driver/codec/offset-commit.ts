import type { Api } from '../wire.ts'
/** OffsetCommit: what a group has consumed, without a transaction. */
import type { GroupMembership, Position } from './txn-offset-commit.ts'

export interface OffsetCommitQuestion extends GroupMembership {
  readonly positions: readonly Position[]
}

export interface OffsetCommitAnswer {
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly errorCode: number }[]
}

export const offsetCommit: Api<OffsetCommitQuestion, OffsetCommitAnswer> = {
  name: 'OffsetCommit',
  key: 8,
  version: 9,
  encode: (writer, { group, memberId, memberEpoch, instanceId, positions }) =>
    writer
      .appendString(group)
      .appendInt32(memberEpoch)
      .appendString(memberId)
      .appendString(instanceId)
      .appendArray([...Map.groupBy(positions, ({ topic }) => topic)], (w, [topic, partitions]) =>
        w
          .appendString(topic)
          .appendArray(partitions, (w, { partition, offset, leaderEpoch, metadata }) =>
            w.appendInt32(partition).appendInt64(BigInt(offset)).appendInt32(leaderEpoch).appendString(metadata),
          ),
      )
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const topics = reader.readArray((one) => {
      const topic = one.readString()
      return one.readArray((partition) => ({
        topic,
        partition: partition.readInt32(),
        errorCode: partition.readInt16(),
      }))
    })
    reader.readTaggedFields()
    return { partitions: topics.flat() }
  },
}
