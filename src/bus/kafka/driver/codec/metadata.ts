/** Metadata: the brokers, and who leads each partition of some topics. */
import type { Api } from '../wire.ts'

export interface MetadataQuestion {
  /** Never created by asking. */
  readonly topics: readonly string[]
}

export interface BrokerAddress {
  readonly node: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface TopicAnswer {
  readonly errorCode: number
  readonly name: string
  readonly id: string
  readonly partitions: readonly PartitionAnswer[]
}

export interface PartitionAnswer {
  readonly errorCode: number
  readonly partition: number
  /** -1 while there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  /** How many there are to be, in sync or not. */
  readonly replicas: number
}

export interface MetadataAnswer {
  readonly brokers: readonly BrokerAddress[]
  readonly clusterId: string | null
  readonly topics: readonly TopicAnswer[]
}

export const metadata: Api<MetadataQuestion, MetadataAnswer> = {
  name: 'Metadata',
  key: 3,
  version: 12,
  encode: (writer, { topics }) =>
    writer
      .appendArray([...topics], (w, name) => w.appendUUID(null).appendString(name))
      .appendBoolean(false)
      .appendBoolean(false)
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const brokers = reader.readArray((broker) => ({
      node: broker.readInt32(),
      host: broker.readString(),
      port: broker.readInt32(),
      rack: broker.readNullableString(),
    }))
    const clusterId = reader.readNullableString()
    reader.readInt32()
    const topics = reader.readArray((topic) => {
      const answer = {
        errorCode: topic.readInt16(),
        name: topic.readNullableString() ?? '',
        id: topic.readUUID(),
        isInternal: topic.readBoolean(),
        partitions: topic.readArray((partition) => {
          const led = {
            errorCode: partition.readInt16(),
            partition: partition.readInt32(),
            leader: partition.readInt32(),
            leaderEpoch: partition.readInt32(),
            replicas: partition.readArray((node) => node.readInt32(), true, false).length,
          }
          // Those in sync, and those that are offline.
          for (let list = 0; list < 2; list++) partition.readArray((node) => node.readInt32(), true, false)
          return led
        }),
      }
      topic.readInt32()
      return answer
    })
    reader.readTaggedFields()
    return { brokers, clusterId, topics }
  },
}
