/** What one member reads: a reader for each partition that it owns, over one fetcher, and what is done where a log has not got what was to be read. */
import { familyOf, MetrobusError } from '../../errors/index.ts'
import type { Record } from '../../event/record.ts'
import type { Log } from '../../internal/log.ts'
import type { Clock } from '../../internal/platform/platform.ts'
import type { Assignment, MemberListener } from '../bus.ts'
import type { Cluster } from './driver/cluster.ts'
import type { FetchPartition, Halt } from './driver/fetch-partition.ts'
import { Fetcher } from './driver/fetcher.ts'
import type { LogOffsets } from './driver/log-offsets.ts'
import type { ForeignMapping } from './foreign-record.ts'
import { lookingMs } from './log-scan.ts'
import type { Names } from './names.ts'
import { PartitionReader } from './partition-reader.ts'

export interface ReadingOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly log: Log
  readonly logOffsets: LogOffsets
  readonly names: Names
  readonly mappings: Readonly<{ [topic: string]: ForeignMapping }>
  /** Of the fetcher. */
  readonly lane: string
  readonly bytesMax: number
  readonly listener: Pick<MemberListener, 'ready' | 'failed'>
}

const none: readonly Record[] = Object.freeze([])
const pauseMs = 500

export class Reading {
  readonly #options: ReadingOptions
  readonly #fetcher: Fetcher
  readonly #readers = new Map<string, PartitionReader>()
  readonly #readersOf = new Map<FetchPartition, PartitionReader>()

  constructor(options: ReadingOptions) {
    const { cluster, clock, lane, bytesMax, listener } = options
    this.#options = options
    this.#fetcher = new Fetcher({
      cluster,
      clock,
      lane,
      bytesMax,
      listener: {
        ready: (partition) => this.#readersOf.get(partition)?.tell(),
        halted: (partition, halt, at) => this.#halted(partition, halt, at),
        failed: (error) => listener.failed(error),
      },
    })
  }

  /** Reads a partition from where it was assigned. */
  begin(assignment: Assignment): void {
    const { names, mappings, listener } = this.#options
    const { topic, partition } = assignment
    const reader = new PartitionReader({
      fetcher: this.#fetcher,
      outside: names.outside(topic),
      assignment,
      mapping: mappings[topic],
      ready: () => listener.ready(topic, partition),
    })
    this.#readers.set(placeOf(topic, partition), reader)
    this.#readersOf.set(reader.fetched, reader)
  }

  end(topic: string, partition: number): void {
    const place = placeOf(topic, partition)
    const reader = this.#readers.get(place)
    if (reader === undefined) return
    reader.close()
    this.#readers.delete(place)
    this.#readersOf.delete(reader.fetched)
  }

  poll(topic: string, partition: number, recordsMax: number): readonly Record[] {
    return this.#readers.get(placeOf(topic, partition))?.poll(recordsMax) ?? none
  }

  rewind(topic: string, partition: number, offset: number): void {
    this.#readers.get(placeOf(topic, partition))?.rewind(offset)
  }

  close(): void {
    this.#fetcher.close()
  }

  /** What retention deleted is passed over, loudly: a declared topic is kept as it says. A log that has lost what was acknowledged is for an operator to look at. */
  #halted(fetched: FetchPartition, halt: Halt, at: number | undefined): void {
    const { listener } = this.#options
    const { topic, partition, fetchAt } = fetched
    if (halt === 'missing') listener.failed(new MetrobusError('MB_KAFKA_NO_TOPIC', { topic, partition }))
    else if (halt === 'recreated') listener.failed(new MetrobusError('MB_KAFKA_RECREATED', { topic }))
    else if (halt === 'truncated') this.#cut(fetched, at ?? fetchAt)
    else void this.#passOver(fetched)
  }

  async #passOver(fetched: FetchPartition): Promise<void> {
    const { log, listener, logOffsets, clock } = this.#options
    const { topic, partition, fetchAt } = fetched
    try {
      const moments = ['beginning', 'written'] as const
      const bounds = await Promise.all(
        moments.map((moment) => logOffsets.at(topic, [partition], moment, lookingMs).then(([offset]) => offset!)),
      )
      const [begin = 0, end = 0] = bounds
      if (!this.#readersOf.has(fetched)) return
      if (fetchAt > end) return this.#cut(fetched, end)
      if (begin > fetchAt)
        log.error(
          { topic, partition, offset: fetchAt, begin },
          'retention has deleted records before they were read, and reading goes on behind them',
        )
      this.#fetcher.seek(fetched, Math.max(begin, fetchAt))
    } catch (error) {
      if (familyOf(error) !== 'retry') return listener.failed(error)
      clock.timer(pauseMs, () => void this.#passOver(fetched))
    }
  }

  #cut({ topic, partition, fetchAt: offset }: FetchPartition, end: number): void {
    this.#options.listener.failed(new MetrobusError('MB_KAFKA_LOG_CUT', { topic, partition, offset, end }))
  }
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`
