/** How values are spread over fixed bounds, in constant memory: what Prometheus calls a histogram. Adding allocates nothing, and small values are found first. */
export class Buckets {
  /** Upper bounds, rising; a value that equals one is within it. */
  readonly bounds: readonly number[]
  /** How many values lie within each bound and above the one before; the last counts those above all bounds. */
  readonly counts: Float64Array
  sum = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    const { bounds } = this
    let index = 0
    while (index < bounds.length && value > bounds[index]!) index++
    this.counts[index]!++
    this.sum += value
    this.count++
  }

  /** As it is now, in a unit of so many of what was added. */
  read(unit: number = 1): Pick<Buckets, 'bounds' | 'counts' | 'sum' | 'count'> {
    const bounds = unit === 1 ? this.bounds : this.bounds.map((bound) => bound / unit)
    return { bounds, counts: this.counts.slice(), sum: this.sum / unit, count: this.count }
  }
}
