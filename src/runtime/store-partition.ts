/**
 * One partition of a store while an app runs: what is committed, in the engine's table, and over it what is decided and not settled yet.
 *
 * Invariants:
 * - T1 The table holds only what is committed: it absorbs a change when the unit that holds it is (I4, I5).
 * - T2 The overlay holds the newest change of each key that is decided and not absorbed; it is dropped when units were refused.
 */
import type { Record } from '../event/record.ts'
import type { StoreDefinition } from '../stop/store.ts'
import { compareKeys } from '../store/key-order.ts'
import type { StoreTable, TableRange, TableRow } from '../store/store.ts'
import type { OutputQueue } from './outbox.ts'

/** Rows read from a table at once, at least and at most: who asks for all of them is given page after page. */
const pageMin = 16
const pageMax = 1_024

/** A change that a table has not absorbed: a value, or null where the row is deleted. */
export interface Change {
  readonly value: unknown
}

/** Attempts of several stops that use the rows of one key at the same time. */
export class RowUsers {
  readonly #byKey: Map<string, Set<{ isStale: boolean }>> = new Map()

  add(key: string, user: { isStale: boolean }): void {
    const users = this.#byKey.get(key) ?? new Set()
    this.#byKey.set(key, users.add(user))
  }

  delete(key: string, user: { isStale: boolean }): void {
    const users = this.#byKey.get(key)
    users?.delete(user)
    if (users?.size === 0) this.#byKey.delete(key)
  }

  /** Who still uses the rows has read what is no longer so. */
  changed(key: string): void {
    for (const user of this.#byKey.get(key) ?? []) user.isStale = true
  }
}

export class StorePartition {
  readonly definition: StoreDefinition
  readonly partition: number
  /** Leads to the store's log. */
  readonly queue: OutputQueue
  readonly table: StoreTable
  /** CloudEvents source of its changes. */
  readonly source: string
  /** Only where several stops share the store: within one, events of a key come one at a time. */
  readonly users: RowUsers | undefined
  readonly #overlay: Map<string, Record> = new Map()

  constructor(app: string, definition: StoreDefinition, queue: OutputQueue, table: StoreTable, isShared: boolean) {
    this.users = isShared ? new RowUsers() : undefined
    this.source = `/${app}/${definition.name}`
    this.definition = definition
    this.partition = queue.partition
    this.queue = queue
    this.table = table
  }

  /** What the next event sees: the value, or undefined. */
  get(key: string, now: number): unknown {
    const change = this.#overlay.get(key)
    if (change !== undefined) return change.data ?? undefined
    return this.committed(key, now)
  }

  /** What others see: what is committed. */
  committed(key: string, now: number): unknown {
    const row = this.table.get(key)
    return row === undefined || this.#isOver(row, now) ? undefined : row.value
  }

  /** Committed rows that have not expired. */
  committedRange(range: TableRange, now: number): readonly TableRow[] {
    return this.#rows(range, [], now)
  }

  /** Rows as the next event sees them, with `changes` over them. */
  range(range: TableRange, changes: ReadonlyMap<string, Change>, now: number): readonly TableRow[] {
    const over = new Map<string, unknown>()
    for (const [key, { data }] of this.#overlay) if (isWithin(key, range)) over.set(key, data)
    for (const [key, { value }] of changes) if (isWithin(key, range)) over.set(key, value)
    const rows = [...over].map(([key, value]) => ({ key, value, at: now }))
    return this.#rows(
      range,
      rows.sort((one, other) => compareKeys(one.key, other.key)),
      now,
    )
  }

  /** When the row that was changed longest ago expires, in milliseconds since the epoch; Infinity when none does. */
  get nextExpiry(): number {
    const { ttlMs } = this.definition
    const [key] = ttlMs === Infinity ? [] : this.table.changedBefore(Infinity, 1)
    return key === undefined ? Infinity : this.table.get(key)!.at + ttlMs
  }

  /** Keys of rows that have expired, the oldest first. */
  expired(now: number, limit: number): readonly string[] {
    return this.table.changedBefore(now - this.definition.ttlMs + 1, limit)
  }

  /** A newer change of the row is on its way. */
  isChanging(key: string): boolean {
    return this.#overlay.has(key)
  }

  /** A change is on its way to the log. */
  decide(record: Record): void {
    this.#overlay.set(record.key!, record)
  }

  /** These records are committed. What was read from the log already is not absorbed again. */
  absorb(records: readonly Record[]): void {
    const { offset } = this.table.position
    const fresh =
      records.length > 0 && records[0]!.offset >= offset ? records : records.filter((r) => r.offset >= offset)
    const last = fresh.at(-1)
    if (last !== undefined) this.table.absorb(fresh, { offset: last.offset + 1, mark: markOf(last) })
    for (const record of records) if (this.#overlay.get(record.key!) === record) this.#overlay.delete(record.key!)
  }

  /** What was decided and not committed is void. */
  void(): void {
    this.#overlay.clear()
  }

  /** The table's rows, page by page, with changes laid over them: `over` is in order, and null deletes. */
  #rows({ prefix, after, limit }: TableRange, over: readonly TableRow[], now: number): readonly TableRow[] {
    const rows: TableRow[] = []
    let next = 0
    const layOver = (before: string | undefined): void => {
      for (; next < over.length && rows.length < limit; next++) {
        if (before !== undefined && compareKeys(over[next]!.key, before) > 0) return
        if (over[next]!.value !== null) rows.push(over[next]!)
      }
    }
    const page = Math.min(pageMax, Math.max(pageMin, Math.ceil(limit)))
    for (let from = after; rows.length < limit;) {
      const found = this.table.range({ prefix, after: from, limit: page })
      for (const row of found) {
        layOver(row.key)
        const isChanged = next > 0 && over[next - 1]!.key === row.key
        if (!isChanged && !this.#isOver(row, now) && rows.length < limit) rows.push(row)
      }
      if (found.length < page) {
        layOver(undefined)
        break
      }
      from = found.at(-1)!.key
    }
    return rows
  }

  #isOver({ at }: TableRow, now: number): boolean {
    return at + this.definition.ttlMs <= now
  }
}

/** Tells a record of a log from any other at the same offset. */
export function markOf({ ride, hop, key, appendedAt }: Record): string {
  return `${appendedAt} ${hop} ${ride} ${key}`
}

function isWithin(key: string, { prefix, after }: TableRange): boolean {
  return key.startsWith(prefix) && compareKeys(key, after) > 0
}
