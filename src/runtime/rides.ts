/** Rides that something has happened to lately, and who waits for it. */

/** So many are remembered; of an older one the log tells. */
const countMax = 10_000

export class Rides {
  /** Oldest first. */
  readonly #recent: Set<string> = new Set()
  readonly #waiting: Map<string, Set<() => void>> = new Map()

  add(ride: string): void {
    this.#recent.add(ride)
    if (this.#recent.size > countMax) this.#recent.delete(this.#recent.values().next().value!)
    if (this.#waiting.size === 0) return
    for (const resume of this.#waiting.get(ride) ?? []) resume()
  }

  has(ride: string): boolean {
    return this.#recent.has(ride)
  }

  /** Calls back when it happens to this ride; answers what ends the waiting. */
  wait(ride: string, resume: () => void): () => void {
    const waiting = this.#waiting.get(ride) ?? new Set()
    this.#waiting.set(ride, waiting.add(resume))
    return () => {
      waiting.delete(resume)
      if (waiting.size === 0) this.#waiting.delete(ride)
    }
  }
}
