/** Reads partitions from an offset to another, committed records only: for tables that are restored, and for who looks at a topic. */
import { familyOf, MetrobusError } from '../../errors/index.ts'
import type { Clock } from '../../internal/platform/platform.ts'
import type { Cluster } from './driver/cluster.ts'
import type { FetchPartition, Halt } from './driver/fetch-partition.ts'
import { Fetcher } from './driver/fetcher.ts'
import { LogOffsets } from './driver/log-offsets.ts'
import { Patience } from './driver/patience.ts'
import type { RecordCursor } from './driver/records-decoder.ts'

export interface ScanOptions {
  readonly cluster: Cluster
  readonly clock: Clock
}

/** What is read of a partition. */
export interface ScanPart {
  readonly topic: string
  readonly partition: number
  readonly from: number
  /** Where transactions are open before it, their ends are waited for. */
  readonly until: number
}

/** Looks at a record; false when no more are wanted of anything. */
export type Visit = (cursor: RecordCursor, topic: string, partition: number) => boolean | void

/** How long leaders are looked for. */
export const lookingMs = 30_000
const bytesMax = 16 * 1024 * 1024

/** Resolves when every part was read to its end, or no more is wanted. Rejects as a fetcher fails, and where a topic is gone. */
export async function scan(options: ScanOptions, parts: readonly ScanPart[], visit: Visit): Promise<void> {
  const wanted = parts.filter(({ from, until }) => from < until)
  if (wanted.length === 0) return
  await refreshed(options, [...new Set(wanted.map(({ topic }) => topic))])
  await new Promise<void>((resolve, reject) => {
    new Scan(options, visit, resolve, reject).begin(wanted)
  })
}

/** Learns the leaders of topics, for as long as leaders are looked for. */
export const refreshed = ({ cluster, clock }: ScanOptions, topics: readonly string[]): Promise<void> =>
  patiently(clock, () => cluster.refresh(topics))

/** Asks again while what is in the way passes, for as long as leaders are looked for. */
export async function patiently<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  const patience = new Patience(clock, lookingMs)
  for (;;)
    try {
      return await ask()
    } catch (error) {
      if (familyOf(error) !== 'retry' || !(await patience.again())) throw error
    }
}

class Scan {
  readonly #options: ScanOptions
  readonly #visit: Visit
  readonly #resolve: () => void
  readonly #reject: (error: unknown) => void
  readonly #fetcher: Fetcher
  readonly #left = new Map<FetchPartition, number>()

  constructor(options: ScanOptions, visit: Visit, resolve: () => void, reject: (error: unknown) => void) {
    this.#options = options
    this.#visit = visit
    this.#resolve = resolve
    this.#reject = reject
    this.#fetcher = new Fetcher({
      ...options,
      bytesMax,
      listener: {
        ready: () => {},
        moved: (partition) => this.#take(partition),
        halted: (partition, halt) => this.#halted(partition, halt),
        failed: (error) => this.#end(() => reject(error)),
      },
    })
  }

  begin(parts: readonly ScanPart[]): void {
    for (const { topic, partition, from, until } of parts)
      this.#left.set(this.#fetcher.add(topic, partition, from), until)
  }

  #take(partition: FetchPartition): void {
    const until = this.#left.get(partition)
    if (until === undefined) return
    try {
      for (let cursor = partition.next(); cursor !== undefined && cursor.offset < until; cursor = partition.next())
        if (this.#visit(cursor, partition.topic, partition.partition) === false) return this.#end(this.#resolve)
    } catch (error) {
      return this.#end(() => this.#reject(error))
    }
    if (partition.fetchAt < until) return
    this.#left.delete(partition)
    if (this.#left.size === 0) this.#end(this.#resolve)
    else this.#fetcher.remove(partition)
  }

  /** What retention removed is skipped. */
  #halted(partition: FetchPartition, halt: Halt): void {
    const { topic, partition: number } = partition
    if (halt !== 'out of range') {
      const error = new MetrobusError('MB_KAFKA_NO_TOPIC', { topic, partition: number })
      return this.#end(() => this.#reject(error))
    }
    const offsets = new LogOffsets(this.#options)
    void offsets.at(topic, [number], 'beginning', lookingMs).then(
      ([begin = 0]) => {
        if (!this.#left.has(partition)) return
        this.#fetcher.seek(partition, begin)
        this.#take(partition)
      },
      (error: unknown) => this.#end(() => this.#reject(error)),
    )
  }

  #end(answer: () => void): void {
    this.#left.clear()
    this.#fetcher.close()
    answer()
  }
}
