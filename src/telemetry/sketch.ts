/**
 * Quantiles of the last minutes in bounded memory: values are counted in buckets whose bounds grow by 2 %, so what is told is off by at most 1 %. Two periods are kept, the
 * present and the one before; an old value is forgotten with its period.
 */
import type { Quantiles } from './reading.ts'

const accuracy = 0.01
const growth = (1 + accuracy) / (1 - accuracy)
const logGrowth = Math.log(growth)
/** Beyond these a value counts as the one that is named: 2,400 buckets at most. */
const [leastValue, mostValue] = [1e-9, 1e12]
const periodMs = 300_000

export class Sketch {
  sum = 0
  count = 0
  #present: Map<number, number> = new Map()
  #before: Map<number, number> = new Map()
  #since: number

  /** Times are monotonic milliseconds. */
  constructor(now: number) {
    this.#since = now
  }

  add(value: number, now: number): void {
    this.#turn(now)
    const bucket = Math.ceil(Math.log(Math.min(mostValue, Math.max(leastValue, value))) / logGrowth)
    this.#present.set(bucket, (this.#present.get(bucket) ?? 0) + 1)
    this.sum += value
    this.count++
  }

  read(shares: readonly number[], now: number): Quantiles {
    this.#turn(now)
    const counts = new Map(this.#before)
    for (const [bucket, count] of this.#present) counts.set(bucket, (counts.get(bucket) ?? 0) + count)
    const sorted = [...counts].toSorted(([a], [b]) => a - b)
    const total = sorted.reduce((sum, [, count]) => sum + count, 0)
    return {
      quantiles: shares.map((share) => [share, quantile(sorted, share * total)]),
      sum: this.sum,
      count: this.count,
    }
  }

  #turn(now: number): void {
    const periods = Math.floor((now - this.#since) / periodMs)
    if (periods === 0) return
    this.#before = periods === 1 ? this.#present : new Map()
    this.#present = new Map()
    this.#since += periods * periodMs
  }
}

function quantile(sorted: readonly (readonly [bucket: number, count: number])[], rank: number): number {
  let seen = 0
  for (const [bucket, count] of sorted) {
    seen += count
    // The middle of the bucket, which is as far from one end as from the other.
    if (seen >= rank) return (2 * growth ** bucket) / (growth + 1)
  }
  return NaN
}
