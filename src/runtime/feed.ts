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

  /** What the newest committed unit said. */
  committed: Acknowledgement
  /** The lane that reads it; undefined for dead letters, which nobody reads by itself. */
  lane: Lane | undefined = undefined

  constructor(isParking: boolean, committed: Acknowledgement) {
    this.topic = committed.topic
    this.partition = committed.partition
    this.isParking = isParking
    this.isTracked = isParking
    this.committed = committed
    this.acks = new AckSet(committed.watermark, committed.above)
    this.next = committed.watermark
  }
}
