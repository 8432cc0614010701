/** A partition of the model cluster: a log that recognises a batch that is sent again, and refuses one that is out of order. */
import { codes } from './codes.ts'
import type { ModelTransaction } from './model-transaction.ts'
import { readBatch, RecordCursor } from './records-decoder.ts'
import { at } from './records-layout.ts'

export interface ModelEntry {
  readonly value: string
  readonly transaction: number
  fate: 'open' | 'committed' | 'aborted'
}

interface Remembered {
  readonly sequence: number
  readonly baseOffset: number
}

/** A broker remembers so many batches of a producer. */
const rememberedMax = 5

export class ModelPartition {
  readonly entries: ModelEntry[] = []
  leader: number
  epoch = 0
  #producerEpoch = -1
  #nextSequence = 0
  #remembered: Remembered[] = []

  constructor(leader: number) {
    this.leader = leader
  }

  moveTo(node: number): void {
    this.leader = node
    this.epoch++
  }

  append(batch: Buffer, transaction: ModelTransaction): { readonly errorCode: number; readonly baseOffset: number } {
    const refused = (errorCode: number) => ({ errorCode, baseOffset: -1 })
    const epoch = batch.readInt16BE(at.producerEpoch)
    const sequence = batch.readInt32BE(at.baseSequence)
    if (epoch < this.#producerEpoch) return refused(codes.INVALID_PRODUCER_EPOCH)
    if (epoch === this.#producerEpoch) {
      const known = this.#remembered.find((one) => one.sequence === sequence)
      if (known !== undefined) return { errorCode: codes.NONE, baseOffset: known.baseOffset }
    }
    const expected = epoch > this.#producerEpoch ? 0 : this.#nextSequence
    if (sequence !== expected) return refused(codes.OUT_OF_ORDER_SEQUENCE_NUMBER)
    // The leader asks the coordinator before it takes the first batch of a transaction.
    const number = transaction.add(epoch)
    if (number === undefined) return refused(codes.INVALID_PRODUCER_EPOCH)
    if (epoch > this.#producerEpoch) this.#remembered = []
    this.#producerEpoch = epoch
    const baseOffset = this.entries.length
    this.entries.push({ value: valueOf(batch), transaction: number, fate: 'open' })
    this.#nextSequence = sequence + 1
    this.#remembered = [...this.#remembered, { sequence, baseOffset }].slice(-rememberedMax)
    return { errorCode: codes.NONE, baseOffset }
  }

  get committed(): string[] {
    return this.entries.filter(({ fate }) => fate === 'committed').map(({ value }) => value)
  }
}

/** Of the only record of a batch. */
function valueOf(bytes: Buffer): string {
  const batch = readBatch(bytes, 0)
  if (batch === undefined) return ''
  const cursor = new RecordCursor(batch)
  cursor.next()
  return cursor.bytes.toString('utf8', cursor.valueStart, cursor.valueEnd)
}
