/**
 * The tables of a group: rows that the runtime writes with its units. All tables of partition n are in partition n of one compacted topic, so that who owns the
 * partition has them all, and a unit that speaks for a partition writes to one place.
 *
 * Invariants:
 * - S1 A kept partition holds what is committed, all of it and nothing else: it was read to the end after the offsets of its owner before were stable, and takes
 *   in each unit when it is committed.
 * - S2 What is not kept is read from the topic each time.
 */
import type { StateChange } from '../../event/unit.ts'
import type { LogOffsets } from './driver/log-offsets.ts'
import type { RecordCursor } from './driver/records-decoder.ts'
import { keyOf, valueOf } from './kafka-record.ts'
import { lookingMs, scan } from './log-scan.ts'
import type { ScanOptions } from './log-scan.ts'

type Table = Map<string, string>
type Tables = Map<string, Table>

export interface StateTablesOptions extends ScanOptions {
  readonly offsets: LogOffsets
  /** The topic, as the cluster calls it. */
  readonly topic: string
  readonly partitions: number
}

export class StateTables {
  readonly #options: StateTablesOptions
  readonly #kept = new Map<number, Tables>()

  constructor(options: StateTablesOptions) {
    this.#options = options
  }

  /** The partition of the topic that has the rows of a table's partition. */
  home(partition: number): number {
    return partition % this.#options.partitions
  }

  /** Keeps these partitions from now on (S1), without those that are no longer owned when they are read. */
  async restore(homes: readonly number[], isOwned: (home: number) => boolean): Promise<void> {
    const read = await this.#read(homes)
    for (const [home, tables] of read) if (isOwned(home)) this.#kept.set(home, tables)
  }

  forget(home: number): void {
    this.#kept.delete(home)
  }

  /** A unit is committed. */
  absorb(changes: readonly StateChange[]): void {
    for (const change of changes) {
      const tables = this.#kept.get(this.home(change.partition))
      if (tables !== undefined) put(tables, nameOf(change.store, change.partition), change.key, change.value)
    }
  }

  /** A row of a kept partition. */
  row(store: string, partition: number, key: string): string | undefined {
    return this.#kept.get(this.home(partition))?.get(nameOf(store, partition))?.get(key)
  }

  /** The rows of a table, as of the newest committed unit. */
  async load(store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    const home = this.home(partition)
    const tables = this.#kept.get(home) ?? (await this.#read([home])).get(home)
    return new Map(tables?.get(nameOf(store, partition)))
  }

  async #read(homes: readonly number[]): Promise<Map<number, Tables>> {
    const { offsets, topic } = this.#options
    const read = new Map(homes.map((home): [number, Tables] => [home, new Map()]))
    const [begins, ends] = await Promise.all([
      offsets.at(topic, homes, 'beginning', lookingMs),
      offsets.at(topic, homes, 'written', lookingMs),
    ])
    const parts = homes.map((partition, index) => ({ topic, partition, from: begins[index]!, until: ends[index]! }))
    await scan(this.#options, parts, (cursor, _topic, partition) => putRecord(read.get(partition)!, cursor))
    return read
  }
}

/** The key of a row's record. */
export const rowKey = ({ store, partition, key }: StateChange): string => JSON.stringify([store, partition, key])

const nameOf = (store: string, partition: number): string => `${partition}/${store}`

function putRecord(tables: Tables, cursor: RecordCursor): void {
  const key = keyOf(cursor)
  if (key === null) return
  const [store, partition, row] = JSON.parse(key) as [string, number, string]
  put(tables, nameOf(store, partition), row, valueOf(cursor) ?? null)
}

function put(tables: Tables, name: string, key: string, value: string | null): void {
  let table = tables.get(name)
  if (table === undefined) tables.set(name, (table = new Map()))
  if (value === null) table.delete(key)
  else table.set(key, value)
}
