/**
 * Where one member reads one partition: the records that were fetched, without those that were settled when the partition was given to it, and whether it is owed a
 * `ready`.
 *
 * Invariants:
 * - R1 No record is answered that was settled at assignment, and none below what a rewind asked for.
 * - R2 `ready` is told at most once between two polls, only after a poll came back short (or none has been made), and only when the next poll answers a record.
 */
import { isMetrobusError } from '../../errors/index.ts'
import type { Record } from '../../event/record.ts'
import type { Acknowledgement } from '../../event/unit.ts'
import type { FetchPartition } from './driver/fetch-partition.ts'
import type { Fetcher } from './driver/fetcher.ts'
import { readRecord } from './foreign-record.ts'
import type { ForeignMapping } from './foreign-record.ts'
import { unreadable } from './unreadable-record.ts'

export interface PartitionReaderOptions {
  readonly fetcher: Fetcher
  /** The topic as the cluster calls it. */
  readonly outside: string
  readonly assignment: Acknowledgement
  readonly mapping: ForeignMapping | undefined
  readonly ready: () => void
}

export class PartitionReader {
  readonly fetched: FetchPartition
  readonly topic: string
  readonly partition: number
  readonly #options: PartitionReaderOptions
  readonly #settled: readonly number[]
  /** The range of `#settled` that is next. */
  #range = 0
  /** Looked at to know whether there is one, and not answered yet. */
  #peeked: Record | undefined
  #isOwed = true

  constructor(options: PartitionReaderOptions) {
    const { topic, partition, watermark, above } = options.assignment
    this.#options = options
    this.topic = topic
    this.partition = partition
    this.#settled = above
    this.fetched = options.fetcher.add(options.outside, partition, watermark)
  }

  poll(recordsMax: number): readonly Record[] {
    const records: Record[] = []
    while (records.length < recordsMax) {
      const record = this.#peeked ?? this.#next()
      this.#peeked = undefined
      if (record === undefined) break
      records.push(record)
    }
    this.#isOwed = records.length < recordsMax
    return records
  }

  rewind(offset: number): void {
    this.#range = 0
    this.#peeked = undefined
    this.#options.fetcher.seek(this.fetched, Math.max(offset, this.#options.assignment.watermark))
  }

  /** Records have come, or the partition was given. */
  tell(): void {
    if (!this.#isOwed) return
    this.#peeked ??= this.#next()
    if (this.#peeked === undefined) return
    this.#isOwed = false
    this.#options.ready()
  }

  close(): void {
    this.#options.fetcher.remove(this.fetched)
  }

  #next(): Record | undefined {
    const { fetched, topic, partition } = this
    for (let cursor = fetched.next(); cursor !== undefined; cursor = fetched.next()) {
      if (this.#isSettled(cursor.offset)) continue
      try {
        return readRecord(cursor, topic, partition, this.#options.mapping)
      } catch (error) {
        if (!isMetrobusError(error) || error.family !== 'park') throw error
        return unreadable(cursor, topic, partition, error)
      }
    }
    return undefined
  }

  #isSettled(offset: number): boolean {
    const settled = this.#settled
    while (this.#range < settled.length && settled[this.#range + 1]! <= offset) this.#range += 2
    return this.#range < settled.length && settled[this.#range]! <= offset
  }
}
