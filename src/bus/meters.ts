/** What an engine that runs in this process measures of itself, since it was opened. */
import type { Buckets } from '../internal/buckets.ts'

export interface BusMeters {
  /** How long the disk took for each group of commits, in milliseconds. */
  readonly syncs: Buckets
  readonly writtenBytes: number
  /** Bytes free where the log lies. */
  freeBytes(): Promise<number>
}
