/** Rides that something has happened to lately, and who waits for it. */
import { Callers } from './callers.ts'

/** So many are remembered; of an older one the log tells. */
const countMax = 10_000

export class Rides {
  /** Oldest first. */
  readonly #recent: Set<string> = new Set()
  readonly #callers: Callers = new Callers()

  add(ride: string): void {
    this.#recent.add(ride)
    if (this.#recent.size > countMax) this.#recent.delete(this.#recent.values().next().value!)
    if (!this.#callers.isEmpty) this.#callers.happened(ride)
  }

  has(ride: string): boolean {
    return this.#recent.has(ride)
  }

  /** Calls back when it happens to this ride; answers what ends the waiting. */
  wait(ride: string, resume: () => void): () => void {
    return this.#callers.wait(ride, resume)
  }
}
