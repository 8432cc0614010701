/**
 * What of a fetch a reader of committed records may see. Records lie in the log where they were sent, also those of transactions that
 * were aborted later; the broker answers nothing of a transaction that is still open, and lists the aborted ones.
 *
 * Invariants:
 * - C1 A batch is hidden exactly when it is transactional and its producer has an aborted transaction open there: one whose first offset was
 *   reached, and whose marker was not. Several may follow each other under one producer; each is opened and ended for itself.
 * - C2 Nothing is carried from one fetch to the next: the broker lists every aborted transaction that reaches into the fetch, also one that
 *   began before it.
 * - C3 The position moves behind everything that was read whole, hidden or not, so that a fetch of which nothing is visible makes progress.
 */
import type { AbortedTransaction } from './codec/fetch.ts'
import { markerOf, readBatch } from './records-decoder.ts'
import type { RecordBatch } from './records-decoder.ts'

export interface Committed {
  /** The batches that hold visible records, in order. The first may hold records before the position that was asked for. */
  readonly batches: readonly RecordBatch[]
  /** Behind the last whole batch; what was asked for when there is none. */
  readonly position: number
  /** The leader epoch of the last whole batch, -1 when there is none. */
  readonly lastEpoch: number
  /** There are bytes, and not even one whole batch: the limit was too small. */
  readonly isCut: boolean
}

/** `records` as the broker answered them for `position`. Throws MB_KAFKA_BAD_BATCH. */
export function committedOf(records: Buffer, aborted: readonly AbortedTransaction[], position: number): Committed {
  const waiting = aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  const batches: RecordBatch[] = []
  let next = 0
  let end = position
  let lastEpoch = -1
  let start = 0
  for (;;) {
    const batch = readBatch(records, start)
    if (batch === undefined) break
    start = batch.end
    for (; next < waiting.length && waiting[next]!.firstOffset <= batch.lastOffset; next++)
      open.add(waiting[next]!.producerId)
    if (batch.isControl) {
      if (batch.isTransactional && open.has(batch.producerId) && markerOf(batch) === 'abort')
        open.delete(batch.producerId)
    } else if (batch.lastOffset >= position && !(batch.isTransactional && open.has(batch.producerId))) {
      batches.push(batch)
    }
    if (batch.lastOffset >= end) end = batch.lastOffset + 1
    lastEpoch = batch.leaderEpoch
  }
  return { batches, position: end, lastEpoch, isCut: start === 0 && records.length > 0 }
}
