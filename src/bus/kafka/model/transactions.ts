/** The coordinator of transactions in the model, as the second protocol has it: each ends with the epoch of the next, and its markers come a moment later. */
import type { Clock } from '../../../internal/platform/platform.ts'
import type { EndTxnAnswer, EndTxnQuestion } from '../driver/codec/end-txn.ts'
import type { InitProducerIdAnswer, InitProducerIdQuestion } from '../driver/codec/init-producer-id.ts'
import { codes } from '../driver/codes.ts'

/** Where the marker of a transaction goes. */
export type Mark = (isCommitted: boolean) => void

interface Producer {
  readonly id: bigint
  epoch: number
  /** The epoch before, when it was the same producer's: a question that is asked again carries it. */
  epochBefore: number
  timeoutMs: number
  /** Undefined: no transaction is open. */
  begunAt: number | undefined
  last: boolean | undefined
  /** The markers are on their way. */
  isEnding: boolean
  readonly marks: Map<string, Mark>
}

const unknownId = -1n

export class ModelTransactions {
  readonly #clock: Clock
  readonly #markMs: () => number
  readonly #byName = new Map<string, Producer>()
  readonly #byId = new Map<bigint, Producer>()
  #ids = 1_000n

  /** `markMs`: how long the markers of a transaction take. */
  constructor(clock: Clock, markMs: () => number) {
    this.#clock = clock
    this.#markMs = markMs
  }

  init({ transactionalId, identity, transactionTimeoutMs }: InitProducerIdQuestion): InitProducerIdAnswer {
    this.heedTime()
    if (transactionalId === null)
      return { errorCode: codes.NONE, identity: { producerId: this.#ids++, producerEpoch: 0 } }
    const producer = this.#named(transactionalId)
    const isNewcomer = identity.producerId === unknownId
    const isKnown = identity.producerId === producer.id
    const isCurrent = isKnown && identity.producerEpoch === producer.epoch
    const isAskedAgain = isKnown && identity.producerEpoch === producer.epochBefore
    if (!isNewcomer && !isCurrent && !isAskedAgain) return answer(producer, codes.PRODUCER_FENCED)
    if (producer.isEnding) return answer(producer, codes.CONCURRENT_TRANSACTIONS)
    if (producer.begunAt !== undefined) {
      this.#finish(producer, false)
      bump(producer, isNewcomer)
      return answer(producer, codes.CONCURRENT_TRANSACTIONS)
    }
    if (isNewcomer || !isAskedAgain) bump(producer, isNewcomer)
    producer.last = undefined
    producer.timeoutMs = transactionTimeoutMs
    return answer(producer, codes.NONE)
  }

  /** Takes a place into the transaction that is open, or opens one. */
  join(producerId: bigint, epoch: number, place: string, mark: Mark): number {
    this.heedTime()
    const producer = this.#byId.get(producerId)
    if (producer === undefined || producer.epoch !== epoch) return codes.INVALID_PRODUCER_EPOCH
    if (producer.isEnding) return codes.CONCURRENT_TRANSACTIONS
    producer.begunAt ??= this.#clock.monotonic()
    if (!producer.marks.has(place)) producer.marks.set(place, mark)
    return codes.NONE
  }

  end({ transactionalId, identity, committed }: EndTxnQuestion): EndTxnAnswer {
    this.heedTime()
    const producer = this.#named(transactionalId)
    if (identity.producerId !== producer.id) return answer(producer, codes.INVALID_PRODUCER_ID_MAPPING)
    if (identity.producerEpoch === producer.epoch) {
      if (producer.isEnding) return answer(producer, codes.CONCURRENT_TRANSACTIONS)
      if (producer.begunAt === undefined && committed) return answer(producer, codes.INVALID_TXN_STATE)
      this.#finish(producer, committed)
      bump(producer, false)
      return answer(producer, codes.NONE)
    }
    if (identity.producerEpoch !== producer.epochBefore) return answer(producer, codes.PRODUCER_FENCED)
    const isSame = producer.last === committed && producer.begunAt === undefined
    return answer(producer, isSame ? codes.NONE : codes.INVALID_TXN_STATE)
  }

  /** A transaction that is open for too long is aborted, and its producer's epoch is over. */
  heedTime(): void {
    const now = this.#clock.monotonic()
    for (const producer of this.#byId.values()) {
      if (producer.begunAt === undefined || now - producer.begunAt < producer.timeoutMs) continue
      this.#finish(producer, false)
      bump(producer, false)
    }
  }

  #named(name: string): Producer {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const fresh = { begunAt: undefined, last: undefined, isEnding: false, marks: new Map() }
    const producer: Producer = { id: this.#ids++, epoch: -1, epochBefore: -1, timeoutMs: 0, ...fresh }
    this.#byName.set(name, producer)
    this.#byId.set(producer.id, producer)
    return producer
  }

  #finish(producer: Producer, isCommitted: boolean): void {
    const marks = [...producer.marks.values()]
    producer.marks.clear()
    producer.begunAt = undefined
    producer.last = isCommitted
    if (marks.length === 0) return
    producer.isEnding = true
    let left = marks.length
    for (const mark of marks)
      this.#clock.timer(this.#markMs(), () => {
        mark(isCommitted)
        if (--left === 0) producer.isEnding = false
      })
  }
}

function bump(producer: Producer, isNewcomer: boolean): void {
  producer.epochBefore = isNewcomer ? -1 : producer.epoch
  producer.epoch++
}

const answer = ({ id, epoch }: Producer, errorCode: number): InitProducerIdAnswer => ({
  errorCode,
  identity: { producerId: id, producerEpoch: epoch },
})
