/** One partition of a store in memory. Rows are in the order of their last changes; their keys are put in order when a range is first asked for. */
import type { Record } from '../../event/record.ts'
import { compareKeys } from '../key-order.ts'
import type { StoreTable, TablePosition, TableRange, TableRow } from '../store.ts'
import { SortedKeys } from './sorted-keys.ts'

const nowhere: TablePosition = { offset: 0, mark: '' }

export class MemoryTable implements StoreTable {
  position: TablePosition = nowhere
  readonly #rows: Map<string, TableRow> = new Map()
  #sorted: SortedKeys | undefined

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
      const wasThere = this.#rows.delete(key)
      if (data !== null) {
        this.#rows.set(key, { key, value: data, at: appendedAt })
        if (!wasThere) this.#sorted?.add(key)
      } else if (wasThere) this.#sorted?.delete(key)
    }
    this.position = position
  }

  clear(): void {
    this.#rows.clear()
    this.#sorted = undefined
    this.position = nowhere
  }
}
