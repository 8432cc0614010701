/** Those who wait until the log has come to a position, in the order of the positions. */
export class Waiters {
  readonly #waiting: {
    readonly position: number
    readonly resolve: () => void
    readonly reject: (error: unknown) => void
  }[] = []

  get isEmpty(): boolean {
    return this.#waiting.length === 0
  }

  /** Resolves when `position` is reached; call with positions that never go back. */
  wait(position: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiting.push({ position, resolve, reject }))
  }

  /** The log has come so far. */
  reached(position: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.position <= position) this.#waiting.shift()!.resolve()
  }

  /** It will come no further. */
  failed(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}
