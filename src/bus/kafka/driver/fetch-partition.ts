/**
 * One partition that is read: the batches that were fetched and not taken yet, and the cursor in the first of them.
 *
 * Invariants:
 * - F1 Records are handed out in offset order, each once, none below the offset that was asked for.
 * - F2 `fetchAt` is what the broker is asked for next; it is behind everything buffered, and only `seek` puts it elsewhere.
 * - F3 An answer to a question that was asked before the last `seek` is not taken: `generation` tells.
 */
import type { Committed } from './fetch-committed.ts'
import { RecordCursor } from './records-decoder.ts'
import type { RecordBatch } from './records-decoder.ts'

/** Why a partition is no longer fetched until somebody seeks. */
export type Halt =
  /** Retention has removed what was asked for, or the offset was never given. */
  | 'out of range'
  /** The log was cut: a leader was elected that did not have it all. `at` is where it ends for the epoch that was read last. */
  | 'truncated'
  /** The topic is another one of the same name now. */
  | 'recreated'
  /** There is no such topic or partition. */
  | 'missing'

export class FetchPartition {
  readonly topic: string
  readonly partition: number
  /** What the broker is asked for next. */
  fetchAt: number
  /** The leader epoch of the last record before `fetchAt`, -1 when not known. */
  lastEpoch: number
  /** Counts the seeks. */
  generation = 0
  /** The end of what is committed, as of the newest answer; -1 before the first. */
  stableOffset = -1
  /** Bytes that one answer may have; grows for a record that is larger, until one is read. */
  bytesMax: number
  /** Set while the partition is not fetched; cleared by `seek`. */
  halt: Halt | undefined
  /** Failed answers in a row. */
  failures = 0
  /** Answers in a row that could not be read. */
  badAnswers = 0
  /** Not asked for before this moment of the monotonic clock. */
  notBefore = 0
  /** Since when nobody knows the topic or its partition; undefined while somebody does. */
  missingSince: number | undefined
  /** The id that the topic had when it was first fetched: another one is another topic. */
  topicId: string | undefined
  readonly #onTaken: (bytes: number) => void
  readonly #bytesMaxUsual: number
  readonly #batches: RecordBatch[] = []
  #cursor: RecordCursor | undefined
  #from: number
  #bufferedBytes = 0

  /** `onTaken` is told when a batch was taken to its end, and how many bytes are free again. */
  constructor(topic: string, partition: number, offset: number, bytesMax: number, onTaken: (bytes: number) => void) {
    this.topic = topic
    this.partition = partition
    this.fetchAt = this.#from = offset
    this.lastEpoch = -1
    this.bytesMax = this.#bytesMaxUsual = bytesMax
    this.#onTaken = onTaken
  }

  /** Bytes fetched and not taken. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  /**
   * Stands on the next record, or undefined when none is at hand. The cursor belongs to the partition and moves with the next call. Throws MB_KAFKA_BAD_BATCH
   * for a batch whose records cannot be read; the batch is not left then.
   */
  next(): RecordCursor | undefined {
    for (;;) {
      const batch = this.#batches[0]
      if (batch === undefined) return undefined
      this.#cursor ??= new RecordCursor(batch)
      while (this.#cursor.next()) if (this.#cursor.offset >= this.#from) return this.#cursor
      this.#drop(batch)
    }
  }

  /** Takes in an answer for `fetchAt`; true when there were no records at hand and now there are. */
  take(committed: Committed): boolean {
    const wasEmpty = this.#batches.length === 0
    for (const batch of committed.batches) {
      this.#batches.push(batch)
      this.#bufferedBytes += batch.end - batch.start
    }
    this.fetchAt = committed.position
    if (committed.lastEpoch >= 0) this.lastEpoch = committed.lastEpoch
    if (!committed.isCut) this.bytesMax = this.#bytesMaxUsual
    return wasEmpty && this.#batches.length > 0
  }

  /** Begins anew at `offset`; what is buffered is dropped. `epoch` is that of the record before, when it is known. */
  seek(offset: number, epoch = -1): void {
    this.#batches.length = 0
    this.#cursor = undefined
    this.fetchAt = this.#from = offset
    this.lastEpoch = epoch
    this.bytesMax = this.#bytesMaxUsual
    this.generation++
    this.halt = undefined
    this.failures = this.badAnswers = 0
    this.notBefore = 0
    this.missingSince = undefined
    this.topicId = undefined
    const freed = this.#bufferedBytes
    this.#bufferedBytes = 0
    if (freed > 0) this.#onTaken(freed)
  }

  #drop(batch: RecordBatch): void {
    this.#batches.shift()
    this.#cursor = undefined
    this.#bufferedBytes -= batch.end - batch.start
    this.#onTaken(batch.end - batch.start)
  }
}
