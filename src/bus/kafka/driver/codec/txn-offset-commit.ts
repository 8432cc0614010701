/** TxnOffsetCommit: what a group has consumed, all partitions in one question, as a part of a transaction. */
import type { Reader, Writer } from '@platformatic/kafka'
import type { Identity } from '../producer-state.ts'
import type { Api } from '../wire.ts'

/** Whose offsets, and as which member: an older owner is refused by its epoch. */
export interface GroupMembership {
  readonly group: string
  readonly memberId: string
  /** The member's epoch (or the generation, in a classic group). */
  readonly memberEpoch: number
  readonly instanceId: string | null
}

export interface Position {
  readonly topic: string
  readonly partition: number
  /** The next offset to be read. */
  readonly offset: number
  readonly leaderEpoch: number
  readonly metadata: string
}

export interface TxnOffsetCommitQuestion extends GroupMembership {
  readonly transactionalId: string
  readonly identity: Identity
  readonly positions: readonly Position[]
}

export interface TxnOffsetCommitAnswer {
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly errorCode: number }[]
}

/** Version 5 adds the group to the transaction by itself (transactions v2); its bytes are those of version 4. */
export const txnOffsetCommit: Api<TxnOffsetCommitQuestion, TxnOffsetCommitAnswer> = {
  name: 'TxnOffsetCommit',
  key: 28,
  version: 5,
  encode: (writer, { transactionalId, identity, positions, ...membership }) =>
    writer
      .appendString(transactionalId)
      .appendString(membership.group)
      .appendInt64(identity.producerId)
      .appendInt16(identity.producerEpoch)
      .appendInt32(membership.memberEpoch)
      .appendString(membership.memberId)
      .appendString(membership.instanceId)
      .appendArray(...positionsByTopic(positions))
      .appendTaggedFields(),
  decode: readPositionsAnswer,
}

/** What `appendArray` takes for positions, in both kinds of commit. */
export function positionsByTopic(
  positions: readonly Position[],
): [entries: [topic: string, positions: Position[]][], append: (writer: Writer, entry: [string, Position[]]) => void] {
  return [
    [...Map.groupBy(positions, ({ topic }) => topic)],
    (writer, [topic, partitions]) =>
      writer
        .appendString(topic)
        .appendArray(partitions, (w, { partition, offset, leaderEpoch, metadata }) =>
          w.appendInt32(partition).appendInt64(BigInt(offset)).appendInt32(leaderEpoch).appendString(metadata),
        ),
  ]
}

/** What became of each position, in both kinds of commit. */
export function readPositionsAnswer(reader: Reader): TxnOffsetCommitAnswer {
  reader.readInt32()
  const topics = reader.readArray((entry) => {
    const topic = entry.readString()
    return entry.readArray((one) => ({ topic, partition: one.readInt32(), errorCode: one.readInt16() }))
  })
  reader.readTaggedFields()
  return { partitions: topics.flat() }
}
