/** What a stop has counted since the app started. Plain numbers, bumped on the hot path. */
import type { StopStats } from './definition.ts'
import { Histogram } from './histogram.ts'

export class StopCounters {
  in = 0
  out = 0
  retried = 0
  dead = 0
  parkedKeys = 0
  inFlight = 0
  readonly dropped: Map<string, number> = new Map()
  readonly duration: Histogram = new Histogram()

  drop(slug: string): void {
    this.dropped.set(slug, (this.dropped.get(slug) ?? 0) + 1)
  }

  snapshot(stop: string): StopStats {
    return {
      stop,
      in: this.in,
      out: this.out,
      dropped: Object.fromEntries(this.dropped),
      retried: this.retried,
      dead: this.dead,
      parkedKeys: this.parkedKeys,
      inFlight: this.inFlight,
      p50Ms: this.duration.quantile(0.5),
      p99Ms: this.duration.quantile(0.99),
    }
  }
}
