/** How often one may ask: a bucket for each name, which refills by the clock. */
import { MetrobusError } from '../errors/index.ts'
import type { Clock } from '../internal/platform/platform.ts'

/** A bucket that has been full for a while says nothing: so many names are kept at most. */
const namesMax = 10_000

interface Bucket {
  left: number
  at: number
}

/** Lets each name through `perSecond` times a second, and twice that at once. */
export class RateLimit {
  readonly #clock: Clock
  readonly #perSecond: number
  readonly #buckets: Map<string, Bucket> = new Map()

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock
    this.#perSecond = perSecond
  }

  /** Throws MB_TOO_MANY_REQUESTS. */
  take(name: string): void {
    const now = this.#clock.monotonic()
    const full = 2 * this.#perSecond
    const { left, at } = this.#buckets.get(name) ?? { left: full, at: now }
    const refilled = Math.min(full, left + ((now - at) / 1000) * this.#perSecond)
    // Deleted and set, the names stand in the order of their use.
    this.#buckets.delete(name)
    this.#buckets.set(name, { left: Math.max(0, refilled - 1), at: now })
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= namesMax) break
      this.#buckets.delete(oldest)
    }
    if (refilled < 1) throw new MetrobusError('MB_TOO_MANY_REQUESTS', { perSecond: this.#perSecond })
  }
}
