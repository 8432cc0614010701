/** What a stop has counted since the app started. Plain numbers, bumped on the hot path and read when somebody looks (`readings.ts`). */
import { otherLabel } from '../telemetry/signals.ts'
import type { StopStats } from './definition.ts'
import { Histogram } from './histogram.ts'

/** Different reasons that a stop counts one by one: slugs and codes are few, unless somebody puts data into them. */
const reasonsMax = 100

export class StopCounters {
  in = 0
  /** Forwarded, or done with. */
  out = 0
  /** Of those the ones whose ride ended here. */
  done = 0
  split = 0
  retried = 0
  /** Found too early by `wait()`. */
  waited = 0
  dead = 0
  parkedKeys = 0
  inFlight = 0
  /** By slug. */
  readonly dropped: Map<string, number> = new Map()
  /** By reason. */
  readonly retries: Map<string, number> = new Map()
  /** By reason. */
  readonly deaths: Map<string, number> = new Map()
  readonly duration: Histogram = new Histogram()

  drop(slug: string): void {
    bump(this.dropped, slug)
  }

  retry(reason: string): void {
    this.retried++
    bump(this.retries, reason)
  }

  die(reason: string): void {
    this.dead++
    bump(this.deaths, reason)
  }

  snapshot(stop: string, state: StopStats['state']): StopStats {
    return {
      stop,
      state,
      in: this.in,
      out: this.out,
      dropped: Object.fromEntries(this.dropped),
      retried: this.retried,
      waited: this.waited,
      dead: this.dead,
      parkedKeys: this.parkedKeys,
      inFlight: this.inFlight,
      p50Ms: this.duration.quantile(0.5),
      p95Ms: this.duration.quantile(0.95),
      p99Ms: this.duration.quantile(0.99),
    }
  }
}

function bump(counts: Map<string, number>, reason: string): void {
  const before = counts.get(reason)
  const name = before !== undefined || counts.size < reasonsMax ? reason : otherLabel
  counts.set(name, (before ?? counts.get(name) ?? 0) + 1)
}
