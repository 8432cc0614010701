/**
 * One topic partition as a lane reads it: the fetch position that the bus keeps, what has been settled, and whether the bus has more.
 * A lane has two: its stop's input topic and its parking topic.
 */
import { AckSet } from './ack-set.ts'

export class Feed {
  readonly topic: string
  readonly partition: number
  readonly isParking: boolean
  acks: AckSet
  /** The bus may have records: set by `ready`, cleared by a short poll. */
  isReady = true
  /** Already part of the unit that is being gathered. */
  isTouched = false
  /** The offset after the last one polled; what lies between it and a later record no longer exists. */
  next: number
  /** Offsets at hand, kept only after a rewind, so that a record is not taken twice. */
  readonly held: Set<number> = new Set()
  /** True once rewound: `held` counts. */
  isRewound = false

  constructor(topic: string, partition: number, isParking: boolean, watermark: number, above: readonly number[]) {
    this.topic = topic
    this.partition = partition
    this.isParking = isParking
    this.acks = new AckSet(watermark, above)
    this.next = watermark
  }
}
