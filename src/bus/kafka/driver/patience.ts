/** Asking again: pauses that grow, up to a moment at which it is enough. */
import type { Clock } from '../../../internal/platform/platform.ts'

const firstPauseMs = 5
const longestPauseMs = 500
/** One question must not use up the time of those that could follow it elsewhere. */
const questionMs = 10_000

export class Patience {
  readonly #clock: Clock
  readonly #until: number
  #pauseMs = firstPauseMs

  constructor(clock: Clock, ms: number) {
    this.#clock = clock
    this.#until = clock.monotonic() + ms
  }

  /** Milliseconds that are left, at least 1, so that a question can always be asked with it. */
  get leftMs(): number {
    return Math.max(1, this.#until - this.#clock.monotonic())
  }

  /** How long one question may take. */
  get questionMs(): number {
    return Math.min(questionMs, this.leftMs)
  }

  /** Waits a little longer than the time before; false, at once, when no time is left. */
  async again(): Promise<boolean> {
    const pauseMs = this.#pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, longestPauseMs)
    if (this.#clock.monotonic() + pauseMs >= this.#until) return false
    await new Promise<void>((resolve) => void this.#clock.timer(pauseMs, resolve))
    return true
  }
}
