/**
 * One topic partition as a lane reads it: the fetch position that the bus keeps, what has been settled, and whether the bus has more.
 * A lane has two: its stop's input topic and its parking topic.
 */
import type { Acknowledgement } from '../event/unit.ts'
import { AckSet } from './ack-set.ts'
import type { Lane } from './lane.ts'

export class Feed {
  readonly topic: string
  readonly partition: number
  readonly isParking: boolean
  readonly acks: AckSet
  /** The bus may have records: set by `ready`, cleared by a short poll. */
  isReady = true
  /** Already part of the unit that is being gathered. */
  isTouched = false
  /** The offset after the last one polled; what lies between it and a later record no longer exists. */
  next: number
  /** The fetch position may go back: `held` is kept, so that no record is taken twice. */
  isTracked: boolean
  /** Offsets at hand, in a tracked feed. */
  readonly held: Set<number> = new Set()

  /** Records at or beyond this offset are not taken yet (`careful.ts`). */
  limit: number = Infinity

  /** What the newest committed unit said, and its number. */
  committed: Acknowledgement
  committedBy = 0
  /** The lane that reads it; undefined for dead letters, which nobody reads by itself. */
  lane: Lane | undefined = undefined

  /** What was settled when the partition came: the bus does not answer it. */
  readonly #assigned: AckSet

  constructor(isParking: boolean, committed: Acknowledgement) {
    this.topic = committed.topic
    this.partition = committed.partition
    this.isParking = isParking
    this.isTracked = isParking
    this.committed = committed
    this.acks = new AckSet(committed.watermark, committed.above)
    this.#assigned = new AckSet(committed.watermark, committed.above)
    this.next = committed.watermark
  }

  /** How many records below `end` the bus has still to answer: those that were not settled at assignment. Counts no further than `countMax`. */
  left(end: number, countMax: number): number {
    let count = 0
    for (let offset = this.next; offset < end && count < countMax; offset++) if (!this.#assigned.has(offset)) count++
    return count
  }

  /** The offset behind the next `count` records that the bus has still to answer. */
  behindNext(count: number): number {
    let offset = this.next
    for (let left = count; left > 0; offset++) if (!this.#assigned.has(offset)) left--
    return offset
  }
}
