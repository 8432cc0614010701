/** Rides that something has happened to lately, and who waits for it. */
import { Callers } from './callers.ts'

/** So many are remembered at least; of older ones the log tells. */
const countMin = 5_000

export class Rides {
  /** In two sets, of which the older one is let go as a whole: a set from which the oldest is taken again and again walks over all that it has lost. */
  #recent: Set<string> = new Set()
  #before: ReadonlySet<string> = new Set()
  readonly #callers: Callers = new Callers()

  add(ride: string): void {
    this.#recent.add(ride)
    if (this.#recent.size === countMin) {
      this.#before = this.#recent
      this.#recent = new Set()
    }
    if (!this.#callers.isEmpty) this.#callers.happened(ride)
  }

  has(ride: string): boolean {
    return this.#recent.has(ride) || this.#before.has(ride)
  }

  /** Calls back when it happens to this ride; answers what ends the waiting. */
  wait(ride: string, resume: () => void): () => void {
    return this.#callers.wait(ride, resume)
  }
}
