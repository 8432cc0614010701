/** What an app counts beside its stops: once a committed unit, never once an event on its way. */
import type { CommitUnit } from '../event/unit.ts'
import { Buckets } from '../internal/buckets.ts'
import { lineOfSlip } from '../itinerary/slip.ts'
import { otherLabel, rideBounds } from '../telemetry/signals.ts'

/** Lines whose rides are timed one by one: more than an app has, unless foreign slips make names up. */
const linesMax = 500

/** How a ride can end; a split does not end it, for its children go on. */
export type RideEnd = 'done' | 'dropped' | 'dead' | 'discarded'

export class AppCounters {
  /** Records made durable, by topic. */
  readonly produced: Map<string, number> = new Map()
  /** In milliseconds, by line and by end. */
  readonly rides: Map<string, Map<RideEnd, Buckets>> = new Map()
  rebalances = 0
  readonly #endedTopic: string
  readonly #boundsMs: readonly number[]

  /** `withinMs` are times that objectives speak of: each becomes a bound, so that a share is exact. */
  constructor(endedTopic: string, withinMs: readonly number[]) {
    this.#endedTopic = endedTopic
    const bounds = new Set([...rideBounds.map((seconds) => seconds * 1000), ...withinMs])
    this.#boundsMs = [...bounds].toSorted((a, b) => a - b)
  }

  /** A unit has become durable. */
  committed({ outputs }: CommitUnit, now: number): void {
    for (let index = 0; index < outputs.length; index++) {
      const { topic, records } = outputs[index]!
      this.produced.set(topic, (this.produced.get(topic) ?? 0) + records.length)
      if (topic !== this.#endedTopic) continue
      for (let place = 0; place < records.length; place++) {
        const { slip, headers, time } = records[place]!
        const end = endOf(headers['ended'])
        if (slip !== '' && end !== undefined) this.#ridesOf(lineOfSlip(slip), end).add(Math.max(0, now - time))
      }
    }
  }

  #ridesOf(line: string, end: RideEnd): Buckets {
    const name = this.rides.has(line) || this.rides.size < linesMax ? line : otherLabel
    let ends = this.rides.get(name)
    if (ends === undefined) this.rides.set(name, (ends = new Map()))
    let buckets = ends.get(end)
    if (buckets === undefined) ends.set(end, (buckets = new Buckets(this.#boundsMs)))
    return buckets
  }
}

function endOf(how: string | undefined): RideEnd | undefined {
  if (how === undefined || how.startsWith('split')) return undefined
  if (how.startsWith('dropped')) return 'dropped'
  if (how.startsWith('discarded')) return 'discarded'
  return how === 'dead' ? 'dead' : 'done'
}
