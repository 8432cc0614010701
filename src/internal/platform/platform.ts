/**
 * The determinism boundary. Time, timers, randomness and the disk enter Metrobus only as these parameters, so that the
 * simulator can plug in its own. `node.ts` beside this file is the real one; `testing/` has the virtual one.
 */
import type { Disk } from './disk.ts'

/** Wall time for records, monotonic time for durations, and timers. */
export interface Clock {
  /** Milliseconds since the epoch. May jump; never used for durations. */
  now(): number
  /** Milliseconds with fraction from an arbitrary start. Never goes back. */
  monotonic(): number
  /** Calls `run` once after `delayMs`. The timer keeps the process alive unless `background` is set. */
  timer(delayMs: number, run: () => void, options?: { readonly background?: boolean }): Timer
  /** Calls `run` in a later turn of the event loop, after pending I/O callbacks. */
  immediate(run: () => void): void
}

/** A timer that can be taken back; cancelling twice or after it fired does nothing. */
export interface Timer {
  cancel(): void
}

/** The only source of randomness. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A fresh identifier of at least 96 random bits, of the characters a-z and 0-9. */
  id(): string
}

/** Everything that Metrobus takes from its surroundings. */
export interface Platform {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
}
