/** One partition of a store in memory. Rows that expire are in the order of their last changes; keys are put in order when a range is first asked for. */
import type { Record } from '../../event/record.ts'
import { compareKeys } from '../key-order.ts'
import type { StoreTable, TableOptions, TablePosition, TableRange, TableRow } from '../store.ts'
import { SortedKeys } from './sorted-keys.ts'

const nowhere: TablePosition = { offset: 0, mark: '' }

export class MemoryTable implements StoreTable {
  position: TablePosition = nowhere
  readonly #expires: boolean
  readonly #rows: Map<string, TableRow> = new Map()
  #sorted: SortedKeys | undefined

  constructor({ expires }: TableOptions) {
    this.#expires = expires
  }

  get(key: string): TableRow | undefined {
    return this.#rows.get(key)
  }

  range({ prefix, after, limit }: TableRange): readonly TableRow[] {
    this.#sorted ??= new SortedKeys(this.#rows.keys())
    const rows: TableRow[] = []
    for (const key of this.#sorted.from(compareKeys(after, prefix) > 0 ? after : prefix)) {
      if (!key.startsWith(prefix) || rows.length >= limit) break
      if (key !== after) rows.push(this.#rows.get(key)!)
    }
    return rows
  }

  changedBefore(time: number, limit: number): readonly string[] {
    const keys: string[] = []
    for (const { key, at } of this.#rows.values()) {
      if (at >= time || keys.length >= limit) break
      keys.push(key)
    }
    return keys
  }

  absorb(records: readonly Record[], position: TablePosition): void {
    for (const { key, data, appendedAt } of records) {
      if (key === null) continue
      if (data === null || this.#expires) this.#rows.delete(key)
      if (data !== null) this.#rows.set(key, { key, value: data, at: appendedAt })
      if (data === null) this.#sorted?.delete(key)
      else this.#sorted?.add(key)
    }
    this.position = position
  }

  clear(): void {
    this.#rows.clear()
    this.#sorted = undefined
    this.position = nowhere
  }
}
