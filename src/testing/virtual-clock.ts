/**
 * Time that stands still until a test moves it. Retries, deadlines and retention that take hours are tested in no time, and the same test
 * sees the same moments on every machine.
 *
 * Invariants:
 * - V1 Timers run in the order of their moments; those of one moment in the order in which they were set.
 * - V2 Before the next timer runs, everything that the one before it set going has come to rest: promises, and `immediate` calls.
 * - V3 Nothing runs at a moment before it: `now()` and `monotonic()` inside a timer are the moment it was set for.
 *
 * Only what takes its time from this clock, and its disk from `SimDisk`, comes to rest by V2: nobody can tell whether real I/O is still under way.
 */
import { MetrobusError } from '../errors/index.ts'
import { nodeClock } from '../internal/platform/node.ts'
import type { Clock, Timer } from '../internal/platform/platform.ts'

/** How a virtual clock begins. */
export interface VirtualClockOptions {
  /** The wall time at the start, in milliseconds since the epoch. Default: 2026-01-01T00:00:00Z. */
  readonly now?: number
}

interface VirtualTimer {
  readonly due: number
  readonly run: () => void
}

/** More turns than any code takes that comes to rest. */
const turnsMax = 100_000

/** A `Clock` that is moved by hand. */
export class VirtualClock implements Clock {
  /** Sorted by V1. */
  readonly #timers: VirtualTimer[] = []
  #wall: number
  #elapsed = 0
  #immediates = 0

  constructor(options: VirtualClockOptions = {}) {
    this.#wall = options.now ?? Date.UTC(2026, 0, 1)
  }

  now(): number {
    return Math.floor(this.#wall + this.#elapsed)
  }

  monotonic(): number {
    return this.#elapsed
  }

  timer(delayMs: number, run: () => void): Timer {
    // At least a microsecond: a wait so short that adding it changes nothing would come due for ever without time going on.
    const timer: VirtualTimer = { due: this.#elapsed + (delayMs > 0 ? Math.max(0.001, delayMs) : 0), run }
    let index = this.#timers.length
    while (index > 0 && this.#timers[index - 1]!.due > timer.due) index--
    this.#timers.splice(index, 0, timer)
    return {
      cancel: () => {
        const at = this.#timers.indexOf(timer)
        if (at >= 0) this.#timers.splice(at, 1)
      },
    }
  }

  /** Needs no moving of the clock: a later turn takes no time. */
  immediate(run: () => void): void {
    this.#immediates++
    nodeClock.immediate(() => {
      this.#immediates--
      run()
    })
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length
  }

  /** Milliseconds until the next timer; undefined when none waits. */
  get untilNext(): number | undefined {
    const next = this.#timers[0]
    return next === undefined ? undefined : next.due - this.#elapsed
  }

  /** Moves on by `ms`, runs every timer that comes due on the way, and resolves when all is at rest. What a timer throws, it rejects with. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await this.settle()
    for (let next = this.#timers[0]; next !== undefined && next.due <= end; next = this.#timers[0]) {
      this.#timers.shift()
      this.#elapsed = Math.max(this.#elapsed, next.due)
      next.run()
      await this.settle()
    }
    this.#elapsed = Math.max(this.#elapsed, end)
  }

  /** Lets promises and `immediate` calls come to rest, without moving time. Rejects with MB_NEVER_AT_REST when they never do. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < turnsMax; turn++) {
      await new Promise<void>((resolve) => nodeClock.immediate(resolve))
      if (this.#immediates === 0) return
    }
    throw new MetrobusError('MB_NEVER_AT_REST', { turns: turnsMax })
  }

  /** Steps the wall time, back or forth, as an operator or a time server does. Timers and durations do not notice. */
  jump(ms: number): void {
    this.#wall += ms
  }
}
