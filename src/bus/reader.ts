/**
 * Where one member reads one partition: its fetch position, what was settled above the watermark when the partition was given
 * to it, and whether it is owed a `ready`. Shared by the adapters that hold the log themselves.
 *
 * Invariants:
 * - R1 `position` only goes back by `rewind`, and never stands on an offset that was settled at assignment.
 * - R2 `ready` is told at most once between two polls, and only after a poll came back short (or none has been made).
 */
import type { Assignment, MemberListener } from './bus.ts'

export class Reader {
  readonly topic: string
  readonly partition: number
  readonly generation: number
  /** How the last poll asked: also for what is not durable yet. */
  isAhead = false
  /** The next offset to answer. */
  position: number
  readonly #listener: MemberListener
  /** The watermark at assignment. */
  readonly #begin: number
  readonly #settled: readonly number[]
  #range = 0
  #isOwed = true

  constructor(assignment: Assignment, listener: MemberListener) {
    this.topic = assignment.topic
    this.partition = assignment.partition
    this.generation = assignment.generation
    this.position = assignment.watermark
    this.#begin = assignment.watermark
    this.#settled = assignment.above
    this.#listener = listener
  }

  /** Stands on the first offset at or above `offset` that was not settled at assignment. */
  moveTo(offset: number): void {
    const settled = this.#settled
    let position = offset
    while (this.#range < settled.length && settled[this.#range]! <= position) {
      position = Math.max(position, settled[this.#range + 1]!)
      this.#range += 2
    }
    this.position = position
  }

  /** Where the run of offsets that begins at `position` is cut by what was settled, at most `end`. */
  runEnd(end: number): number {
    const settled = this.#settled
    return this.#range < settled.length ? Math.min(settled[this.#range]!, end) : end
  }

  rewind(offset: number): void {
    this.#range = 0
    this.moveTo(Math.max(offset, this.#begin))
  }

  /** Ends a poll: one that came back short is owed a `ready`. */
  polled(isShort: boolean): void {
    this.#isOwed = isShort
  }

  /** Tells `ready` if it is owed and there is something below `end`. */
  tell(end: number): void {
    if (!this.#isOwed) return
    this.moveTo(this.position)
    if (this.position >= end) return
    this.#isOwed = false
    this.#listener.ready(this.topic, this.partition)
  }
}
