/**
 * The port to an engine of stores: a table for each partition of each store, on this machine. What a table holds is the fold of its log, a compacted topic; the engine
 * only has to be fast and honest about how far it has come. It may lose anything at any time, as long as it says so: the runtime reads the rest from the log again.
 *
 * All calls but `open` and `close` are synchronous, because handlers are. The runtime calls none while another one runs.
 */
import type { Record } from '../event/record.ts'

/** One row as the engine answers it. */
export interface TableRow {
  readonly key: string
  /** Decoded and frozen. */
  readonly value: unknown
  /** When its last change was appended to the log, in milliseconds since the epoch. */
  readonly at: number
}

/** How far a table has absorbed its log. */
export interface TablePosition {
  /** Every record below it is absorbed; 0 for a table that is new. */
  readonly offset: number
  /** What `absorb` was told about the last absorbed record, to know it again; '' for a table that is new. */
  readonly mark: string
}

/** What a range asks for. */
export interface TableRange {
  /** Keys that begin so. */
  readonly prefix: string
  /** Keys behind this one; '' is before all. */
  readonly after: string
  /** Rows at most. */
  readonly limit: number
}

export interface TableOptions {
  /** `changedBefore` will be asked. */
  readonly expires: boolean
}

/** One partition of one store. Keys are well-formed text, ordered by code points (`compareKeys`). */
export interface StoreTable {
  readonly position: TablePosition
  get(key: string): TableRow | undefined
  /** Rows in the order of their keys. */
  range(range: TableRange): readonly TableRow[]
  /** Keys of rows whose last change was appended before `time`, the oldest first, at most `limit`. */
  changedBefore(time: number, limit: number): readonly string[]
  /**
   * Takes over records of the log, in their order; data null deletes the row. The rows and the position become visible together, and survive together or not at all:
   * what a crash leaves is the fold up to the position that it leaves (I5).
   */
  absorb(records: readonly Record[], position: TablePosition): void
  /** Empties the table, its position too. */
  clear(): void
}

/** What an engine can do. */
export interface StoreCapabilities {
  /** Tables are still there after a restart. Default true. If false: every start reads the whole log. */
  readonly isDurable?: boolean
}

/** The port. */
export interface StoreEngine {
  /** For messages: `memory`, `sqlite`. */
  readonly name: string
  readonly capabilities: StoreCapabilities
  /** Called once, before anything else, with the app's name. Rejects with a `stop` error that says what to change. */
  open(app: string): Promise<void>
  /** The table of a partition, made when it is not there. At most one is in use at a time. Throws what `together` throws. */
  table(store: string, partition: number, options: TableOptions): StoreTable
  /**
   * Calls `change`, which absorbs into some tables: what it does to them survives together or not at all. Every `absorb` and `clear` is inside of one. Throws a `stop` error when
   * that cannot be kept; the engine is not used any more then.
   */
  together(change: () => void): void
  /** Lets go of everything; what was absorbed may be there at the next `open`. */
  close(): Promise<void>
}
