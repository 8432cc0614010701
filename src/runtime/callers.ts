/** Who waits for something to happen to a ride, or to a row, by its name. */
export class Callers {
  readonly #waiting: Map<string, Set<() => void>> = new Map()

  /** Calls back each time that it happens; answers what ends the waiting. */
  wait(name: string, resume: () => void): () => void {
    const waiting = this.#waiting.get(name) ?? new Set()
    this.#waiting.set(name, waiting.add(resume))
    return () => {
      waiting.delete(resume)
      if (waiting.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name)
    }
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  happened(name: string): void {
    for (const resume of this.#waiting.get(name) ?? []) resume()
  }
}
