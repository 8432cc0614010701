import type { LogOffsets } from './driver/log-offsets.ts'
/**
 * Where partitions end for who reads events: behind the last record. Kafka's own end is behind the markers of transactions, too, which nobody is given, and who waits until all is
 * read would wait for them. What a transaction has written is waited for until it is decided: what was committed before the call counts.
 */
import { lookingMs, scan } from './log-scan.ts'
import type { ScanOptions } from './log-scan.ts'

export interface Bounds {
  readonly partition: number
  readonly begin: number
  readonly end: number
}

export interface VisibleEndsOptions extends ScanOptions {
  readonly logOffsets: LogOffsets
}

/** A unit ends with one marker a partition; so many offsets from the end there is mostly a record. */
const tailFirst = 32

export class VisibleEnds {
  readonly #options: VisibleEndsOptions
  /** By partition, of the end that it had when somebody looked last. */
  readonly #known = new Map<string, { readonly end: number; readonly visible: number }>()

  constructor(options: VisibleEndsOptions) {
    this.#options = options
  }

  /** The bounds of every partition of some topics, which the cluster has been asked for. */
  async of(
    topics: readonly { readonly outside: string; readonly partitions: number }[],
  ): Promise<Map<string, Bounds[]>> {
    const { logOffsets } = this.#options
    const bounds = new Map<string, Bounds[]>()
    await Promise.all(
      topics.map(async ({ outside, partitions }) => {
        const numbers = Array.from({ length: partitions }, (_, partition) => partition)
        const [begins, ends] = await Promise.all([
          logOffsets.at(outside, numbers, 'beginning', lookingMs),
          logOffsets.at(outside, numbers, 'written', lookingMs),
        ])
        bounds.set(
          outside,
          numbers.map((partition) => ({ partition, begin: begins[partition]!, end: ends[partition]! })),
        )
      }),
    )
    await this.#look(bounds, tailFirst)
    return new Map(
      [...bounds].map(([outside, some]) => [
        outside,
        some.map(({ partition, begin }) => ({
          partition,
          begin,
          end: Math.max(begin, this.#known.get(`${outside}/${partition}`)?.visible ?? begin),
        })),
      ]),
    )
  }

  /** Reads the tails of those that have moved; longer ones where a tail has no record. */
  async #look(bounds: ReadonlyMap<string, readonly Bounds[]>, tail: number): Promise<void> {
    const parts = [...bounds].flatMap(([topic, some]) =>
      some
        .filter(({ partition, begin, end }) => begin < end && this.#known.get(`${topic}/${partition}`)?.end !== end)
        .map(({ partition, begin, end }) => ({
          topic,
          partition,
          begin,
          from: Math.max(begin, end - tail),
          until: end,
        })),
    )
    if (parts.length === 0) return
    const found = new Map<string, number>()
    await scan(this.#options, parts, (cursor, topic, partition) => {
      found.set(`${topic}/${partition}`, cursor.offset + 1)
    })
    for (const { topic, partition, begin, from, until } of parts) {
      const place = `${topic}/${partition}`
      const visible = found.get(place)
      if (visible !== undefined || from === begin) this.#known.set(place, { end: until, visible: visible ?? begin })
    }
    await this.#look(bounds, tail * 16)
  }
}
