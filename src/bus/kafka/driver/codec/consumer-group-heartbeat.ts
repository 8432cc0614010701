/** ConsumerGroupHeartbeat: a member says that it is there and what it owns, and is told what it should own. */
import type { Api } from '../wire.ts'

export interface TopicPartitions {
  readonly topicId: string
  readonly partitions: readonly number[]
}

/** Of what is null nothing has changed since the last heartbeat that was answered. A member that joins leaves nothing out but what it has not. */
export interface ConsumerGroupHeartbeatQuestion {
  readonly group: string
  /** Made by the member, and kept for its life. */
  readonly memberId: string
  /** 0 to join, -1 to leave, -2 to leave for a moment with a static name. */
  readonly memberEpoch: number
  /** The static name. */
  readonly instanceId: string | null
  readonly rack: string | null
  /** Milliseconds that the member may take to give up partitions; -1: as before. */
  readonly rebalanceMs: number
  readonly topics: readonly string[] | null
  readonly assignor: string | null
  readonly owned: readonly TopicPartitions[] | null
}

export interface ConsumerGroupHeartbeatAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly memberEpoch: number
  readonly heartbeatMs: number
  /** Undefined: as before. */
  readonly assignment: readonly TopicPartitions[] | undefined
}

export const consumerGroupHeartbeat: Api<ConsumerGroupHeartbeatQuestion, ConsumerGroupHeartbeatAnswer> = {
  name: 'ConsumerGroupHeartbeat',
  key: 68,
  version: 1,
  encode: (writer, { group, memberId, memberEpoch, instanceId, rack, rebalanceMs, topics, assignor, owned }) =>
    writer
      .appendString(group)
      .appendString(memberId)
      .appendInt32(memberEpoch)
      .appendString(instanceId)
      .appendString(rack)
      .appendInt32(rebalanceMs)
      .appendArray(topics === null ? null : [...topics], (w, topic) => w.appendString(topic), true, false)
      .appendString(null)
      .appendString(assignor)
      .appendArray(owned === null ? null : [...owned], (w, { topicId, partitions }) =>
        w.appendUUID(topicId).appendArray([...partitions], (w, partition) => w.appendInt32(partition), true, false),
      )
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const errorCode = reader.readInt16()
    const errorMessage = reader.readNullableString()
    reader.readNullableString()
    const memberEpoch = reader.readInt32()
    const heartbeatMs = reader.readInt32()
    const assignment = reader.readNullableStruct(() => {
      const assigned = reader.readArray((topic) => ({
        topicId: topic.readUUID(),
        partitions: topic.readArray((partition) => partition.readInt32(), true, false),
      }))
      reader.readTaggedFields()
      return assigned
    })
    reader.readTaggedFields()
    return { errorCode, errorMessage, memberEpoch, heartbeatMs, assignment: assignment ?? undefined }
  },
}
