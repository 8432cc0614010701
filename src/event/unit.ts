/**
 * The commit unit: the outputs, acknowledgements and state changes of a batch of handled events. A bus makes all of it
 * visible together or nothing of it (I4, I6).
 */
import type { Record } from './record.ts'

/** Records for one topic partition, in order. The bus gives them their offsets. */
export interface Output {
  readonly topic: string
  readonly partition: number
  readonly records: readonly Record[]
}

/**
 * What a group has settled in one topic partition, absolute, not a difference: everything below `watermark`, and the
 * ranges above it. `above` is flat: [from, to, from, to, ...], half-open, ascending, disjoint, none touching the watermark.
 */
export interface Acknowledgement {
  readonly topic: string
  readonly partition: number
  readonly watermark: number
  readonly above: readonly number[]
}

/** One row of keyed state that goes with the unit; `value` null deletes. Values are JSON text. */
export interface StateChange {
  /** Names the table, such as `park/add-email`. */
  readonly store: string
  readonly partition: number
  readonly key: string
  readonly value: string | null
}

/** What one settle makes visible together. */
export interface CommitUnit {
  readonly outputs: readonly Output[]
  readonly acknowledgements: readonly Acknowledgement[]
  readonly changes: readonly StateChange[]
  /**
   * Counts the refusals that the sender has heard of. A unit of the epoch of a refused one may be built on it, even when it was handed over after the refusal was
   * decided, and is refused too. Undefined: built on nothing.
   */
  readonly epoch?: number
}
