/** Percentiles of durations, exact: every duration is kept. */
export class Durations {
  readonly #values: Float64Array
  #count = 0

  constructor(countMax: number) {
    this.#values = new Float64Array(countMax)
  }

  get count(): number {
    return this.#count
  }

  add(ms: number): void {
    this.#values[this.#count++] = ms
  }

  /** The smallest duration that `share` of all do not exceed; 0 when there is none. */
  percentile(share: number): number {
    if (this.#count === 0) return 0
    const sorted = this.#values.slice(0, this.#count).sort()
    return sorted[Math.max(0, Math.ceil(this.#count * share) - 1)]!
  }
}

/** A figure with as many digits as can be believed. */
export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits))
