/** EndTxn: commits or aborts. Version 5 (transactions v2) answers the epoch of the next transaction. */
import type { Identity } from '../producer-state.ts'
import type { Api } from '../wire.ts'

export interface EndTxnQuestion {
  readonly transactionalId: string
  readonly identity: Identity
  readonly committed: boolean
}

export interface EndTxnAnswer {
  readonly errorCode: number
  /** Of the next transaction; meaningless with an error. */
  readonly identity: Identity
}

export const endTxn: Api<EndTxnQuestion, EndTxnAnswer> = {
  name: 'EndTxn',
  key: 26,
  version: 5,
  encode: (writer, { transactionalId, identity, committed }) =>
    writer
      .appendString(transactionalId)
      .appendInt64(identity.producerId)
      .appendInt16(identity.producerEpoch)
      .appendBoolean(committed)
      .appendTaggedFields(),
  decode(reader) {
    reader.readInt32()
    const errorCode = reader.readInt16()
    const identity = { producerId: reader.readInt64(), producerEpoch: reader.readInt16() }
    reader.readTaggedFields()
    return { errorCode, identity }
  },
}
