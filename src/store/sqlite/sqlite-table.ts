/**
 * One partition of a store in SQLite. Rows are JSON text; those that were used last are kept decoded, for reading a row costs as much as some events.
 */
import { freezeDeep } from '../../event/record.ts'
import type { Record } from '../../event/record.ts'
import type { Database, Statement } from '../../internal/platform/sqlite.ts'
import type { StoreTable, TablePosition, TableRange, TableRow } from '../store.ts'

/** Rows kept decoded, and the longest text of one. */
const cachedMax = 2_048
const cachedTextMax = 4_096

const nowhere: TablePosition = { offset: 0, mark: '' }

type Row = readonly [key: string, value: string, at: number]

/** The statements for rows, of those that expire or of those that do not. */
export interface RowStatements {
  readonly get: Statement
  readonly put: Statement
  readonly delete: Statement
  readonly range: Statement
  readonly changedBefore: Statement
  readonly clear: Statement
  readonly position: Statement
}

export function prepareRows(database: Database, rows: string): RowStatements {
  return {
    get: database.prepare(`SELECT key, value, at FROM ${rows} WHERE place = ? AND key = ?`),
    put: database.prepare(
      `INSERT INTO ${rows} VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, at = excluded.at`,
    ),
    delete: database.prepare(`DELETE FROM ${rows} WHERE place = ? AND key = ?`),
    range: database.prepare(
      `SELECT key, value, at FROM ${rows} WHERE place = ? AND key > ? AND key >= ? ORDER BY key LIMIT ?`,
    ),
    changedBefore: database.prepare(`SELECT key FROM ${rows} WHERE place = ? AND at < ? ORDER BY at LIMIT ?`),
    clear: database.prepare(`DELETE FROM ${rows} WHERE place = ?`),
    position: database.prepare('UPDATE places SET position = ?, mark = ? WHERE place = ?'),
  }
}

export class SqliteTable implements StoreTable {
  position: TablePosition
  readonly #place: number
  readonly #statements: RowStatements
  /** Ends the use of the engine: what cannot be read cannot be answered. */
  readonly #failed: (error: unknown) => never
  readonly #cache: Map<string, TableRow> = new Map()

  constructor(place: number, position: TablePosition, statements: RowStatements, failed: (error: unknown) => never) {
    this.#failed = failed
    this.#place = place
    this.position = position
    this.#statements = statements
  }

  get(key: string): TableRow | undefined {
    const cached = this.#cache.get(key)
    if (cached !== undefined) return cached
    const found = this.#read(({ get }) => get.get(this.#place, key) as Row | undefined)
    if (found === undefined) return undefined
    const row = decoded(found)
    this.#keep(row, found[1])
    return row
  }

  range({ prefix, after, limit }: TableRange): readonly TableRow[] {
    const found = this.#read((read) => read.range.all(this.#place, after, prefix, limit) as readonly Row[])
    const end = found.findIndex(([key]) => !key.startsWith(prefix))
    return (end < 0 ? found : found.slice(0, end)).map(decoded)
  }

  changedBefore(time: number, limit: number): readonly string[] {
    const found = this.#read((read) => read.changedBefore.all(this.#place, time, limit))
    return (found as readonly (readonly [string])[]).map(([key]) => key)
  }

  absorb(records: readonly Record[], position: TablePosition): void {
    const { put, delete: remove } = this.#statements
    for (const { key, data, text, appendedAt } of records) {
      if (key === null) continue
      if (data === null) {
        remove.run(this.#place, key)
        this.#cache.delete(key)
      } else {
        const value = text ?? JSON.stringify(data)
        put.run(this.#place, key, value, appendedAt)
        this.#keep({ key, value: data, at: appendedAt }, value)
      }
    }
    this.#move(position)
  }

  clear(): void {
    this.#statements.clear.run(this.#place)
    this.#cache.clear()
    this.#move(nowhere)
  }

  #read<T>(read: (statements: RowStatements) => T): T {
    try {
      return read(this.#statements)
    } catch (error) {
      return this.#failed(error)
    }
  }

  #move(position: TablePosition): void {
    this.#statements.position.run(position.offset, position.mark, this.#place)
    this.position = position
  }

  #keep(row: TableRow, text: string): void {
    if (text.length > cachedTextMax) {
      this.#cache.delete(row.key)
      return
    }
    this.#cache.set(row.key, row)
    if (this.#cache.size > cachedMax) this.#cache.delete(this.#cache.keys().next().value!)
  }
}

function decoded([key, text, at]: Row): TableRow {
  return { key, value: freezeDeep(JSON.parse(text)), at }
}
