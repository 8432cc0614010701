/** What a journal measures of itself, since it was opened: once a group commit. */
import { Buckets } from '../internal/buckets.ts'

export class JournalMeters {
  /** How long the disk took to sync, in milliseconds. */
  readonly syncs: Buckets = new Buckets(boundsMs)
  writtenBytes = 0
}

/** From what a drive with a battery takes to what a drive takes that is about to fail. */
const boundsMs: readonly number[] = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 5000, 30_000]
