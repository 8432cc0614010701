import type { Api } from '../wire.ts'
/** OffsetCommit: what a group has consumed, without a transaction. */
import { positionsByTopic, readPositionsAnswer } from './txn-offset-commit.ts'
import type { GroupMembership, Position, TxnOffsetCommitAnswer } from './txn-offset-commit.ts'

export interface OffsetCommitQuestion extends GroupMembership {
  readonly positions: readonly Position[]
}

export const offsetCommit: Api<OffsetCommitQuestion, TxnOffsetCommitAnswer> = {
  name: 'OffsetCommit',
  key: 8,
  version: 9,
  encode: (writer, { group, memberId, memberEpoch, instanceId, positions }) =>
    writer
      .appendString(group)
      .appendInt32(memberEpoch)
      .appendString(memberId)
      .appendString(instanceId)
      .appendArray(...positionsByTopic(positions))
      .appendTaggedFields(),
  decode: readPositionsAnswer,
}
