/** The coordinator of one transactional id in the model cluster, as the second transaction protocol has it, and the offsets of one group. */
import type { Clock } from '../../../internal/platform/platform.ts'
import type { EndTxnAnswer, EndTxnQuestion } from './codec/end-txn.ts'
import type { InitProducerIdAnswer, InitProducerIdQuestion } from './codec/init-producer-id.ts'
import type { TxnOffsetCommitQuestion } from './codec/txn-offset-commit.ts'
import { codes } from './codes.ts'
import type { ModelPartition } from './model-partition.ts'

const producerId = 7n

export class ModelTransaction {
  readonly #clock: Clock
  readonly #partitions: readonly ModelPartition[]
  #epoch = -1
  /** The epoch before, when it was the same producer's: a question that is asked again carries it. */
  #epochBefore = -1
  #number = 0
  #begun: number | undefined
  #last: 'committed' | 'aborted' | undefined
  #timeoutMs = 0
  #offsetPending: number | undefined
  /** What the group has committed, of its only partition. */
  offset = 0

  constructor(clock: Clock, partitions: readonly ModelPartition[]) {
    this.#clock = clock
    this.#partitions = partitions
  }

  /** Undefined while a transaction is open that may change it. */
  get stableOffset(): number | undefined {
    this.heedTime()
    return this.#offsetPending === undefined ? this.offset : undefined
  }

  init({ identity, transactionTimeoutMs }: InitProducerIdQuestion): InitProducerIdAnswer {
    const isNewcomer = identity.producerId === -1n
    const isCurrent = identity.producerEpoch === this.#epoch
    const isAskedAgain = !isNewcomer && identity.producerEpoch === this.#epochBefore
    if (!isNewcomer && !isCurrent && !isAskedAgain) return this.#answer(codes.PRODUCER_FENCED)
    if (this.#begun !== undefined) {
      // Whoever asks is told to ask again, and finds the transaction aborted then.
      this.#finish('aborted')
      this.#bump(isNewcomer ? -1 : identity.producerEpoch)
      return this.#answer(codes.CONCURRENT_TRANSACTIONS)
    }
    if (!isAskedAgain || isNewcomer) this.#bump(isNewcomer ? -1 : identity.producerEpoch)
    this.#last = undefined
    this.#timeoutMs = transactionTimeoutMs
    return this.#answer(codes.NONE)
  }

  /** A part of the transaction of `epoch`; its number, undefined when there is another epoch. */
  add(epoch: number): number | undefined {
    if (epoch !== this.#epoch) return undefined
    this.#begun ??= this.#clock.monotonic()
    return this.#number
  }

  addOffsets({ identity, positions }: TxnOffsetCommitQuestion): number {
    if (this.add(identity.producerEpoch) === undefined) return codes.INVALID_PRODUCER_EPOCH
    this.#offsetPending = positions[0]?.offset
    return codes.NONE
  }

  end({ identity, committed }: EndTxnQuestion): EndTxnAnswer {
    const wanted = committed ? 'committed' : 'aborted'
    if (identity.producerEpoch === this.#epoch) {
      if (this.#begun === undefined && committed) return this.#answer(codes.INVALID_TXN_STATE)
      this.#finish(wanted)
      this.#bump(identity.producerEpoch)
      return this.#answer(codes.NONE)
    }
    if (identity.producerEpoch !== this.#epochBefore) return this.#answer(codes.PRODUCER_FENCED)
    return this.#answer(this.#last === wanted && this.#begun === undefined ? codes.NONE : codes.INVALID_TXN_STATE)
  }

  /** A transaction that is open for too long is aborted, and its producer's epoch is over. */
  heedTime(): void {
    if (this.#begun === undefined || this.#clock.monotonic() - this.#begun < this.#timeoutMs) return
    this.#finish('aborted')
    this.#bump(this.#epoch)
  }

  #finish(fate: 'committed' | 'aborted'): void {
    for (const { entries } of this.#partitions)
      for (const entry of entries) if (entry.transaction === this.#number && entry.fate === 'open') entry.fate = fate
    if (fate === 'committed') this.offset = this.#offsetPending ?? this.offset
    this.#offsetPending = undefined
    this.#begun = undefined
    this.#last = fate
    this.#number++
  }

  #bump(epochBefore: number): void {
    this.#epochBefore = epochBefore
    this.#epoch++
  }

  #answer(errorCode: number): InitProducerIdAnswer {
    return { errorCode, identity: { producerId, producerEpoch: this.#epoch } }
  }
}
