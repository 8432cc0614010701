/** Long work on the loop of an app, done in slices: who reads a whole topic must not hold up those who handle it. */
import type { Clock } from '../internal/platform/platform.ts'

/** After so long the loop is given to others. */
const sliceMs = 4

export class Slices {
  readonly #clock: Clock
  #endAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#endAt = clock.monotonic() + sliceMs
  }

  /** True when the slice is over, and `next` is to be awaited. Asked apart, because a promise for each record would cost more than the record. */
  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#endAt
  }

  /** Resolves when all that waits has had its turn. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.immediate(resolve))
    this.#endAt = this.#clock.monotonic() + sliceMs
  }
}
