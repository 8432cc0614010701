import type { Identity } from '../producer-state.ts'
/** InitProducerId: an identity for a producer, or a new epoch of the one that it has. */
import type { Api } from '../wire.ts'

export interface InitProducerIdQuestion {
  /** Null for a producer without transactions. */
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  /**
   * What the producer had: the broker refuses it when another has taken over since. With `nobody` it is this producer that
   * takes over.
   */
  readonly identity: Identity
}

export interface InitProducerIdAnswer {
  readonly errorCode: number
  readonly identity: Identity
}

export const initProducerId: Api<InitProducerIdQuestion, InitProducerIdAnswer> = {
  name: 'InitProducerId',
  key: 22,
  version: 5,
  encode: (writer, { transactionalId, transactionTimeoutMs, identity }) =>
    writer
      .appendString(transactionalId)
      .appendInt32(transactionTimeoutMs)
      .appendInt64(identity.producerId)
      .appendInt16(identity.producerEpoch)
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const errorCode = reader.readInt16()
    const identity = { producerId: reader.readInt64(), producerEpoch: reader.readInt16() }
    reader.readTaggedFields()
    return { errorCode, identity }
  },
}
