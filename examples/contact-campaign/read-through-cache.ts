/** Remembers what a slow look-up has answered, the misses too, and forgets what was not asked for the longest. */
export class ReadThroughCache<Value> {
  readonly #lookUp: (key: string, options: { readonly signal: AbortSignal }) => Promise<Value | undefined>
  readonly #entriesMax: number
  /** In the order of use: a Map keeps the order of insertion, so what is used is taken out and put in again. */
  readonly #entries: Map<string, Value | undefined> = new Map()
  /** Look-ups under way, so that two events of one key ask once. */
  readonly #pending: Map<string, Promise<Value | undefined>> = new Map()
  hits = 0
  misses = 0

  constructor(
    lookUp: (key: string, options: { readonly signal: AbortSignal }) => Promise<Value | undefined>,
    { entriesMax }: { readonly entriesMax: number },
  ) {
    this.#lookUp = lookUp
    this.#entriesMax = entriesMax
  }

  get size(): number {
    return this.#entries.size
  }

  /** Synchronous on a hit, so that a hit costs no promise. */
  get(key: string, options: { readonly signal: AbortSignal }): Value | undefined | Promise<Value | undefined> {
    if (this.#entries.has(key)) {
      this.hits++
      const value = this.#entries.get(key)
      this.#entries.delete(key)
      this.#entries.set(key, value)
      return value
    }
    const pending = this.#pending.get(key)
    if (pending !== undefined) {
      this.hits++
      return pending
    }
    this.misses++
    const asked = this.#ask(key, options)
    this.#pending.set(key, asked)
    return asked
  }

  /** Forgets everything, for when what is looked up has changed. */
  clear(): void {
    this.#entries.clear()
  }

  /** A failed look-up is not remembered: the next attempt asks again. */
  async #ask(key: string, options: { readonly signal: AbortSignal }): Promise<Value | undefined> {
    try {
      const value = await this.#lookUp(key, options)
      this.#entries.set(key, value)
      if (this.#entries.size > this.#entriesMax) {
        const [oldest] = this.#entries.keys()
        if (oldest !== undefined) this.#entries.delete(oldest)
      }
      return value
    } finally {
      this.#pending.delete(key)
    }
  }
}
