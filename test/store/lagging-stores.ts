/** A durable engine for simulated machines: what survives a crash is the tables as they were after some earlier change, or nothing, as the seed says. */
import type { Record } from '../../src/event/record.ts'
import { MemoryTable } from '../../src/store/memory/memory-table.ts'
import type { StoreEngine, StoreTable, TablePosition, TableRange, TableRow } from '../../src/store/store.ts'
import type { SeededRandom } from '../../src/testing/index.ts'

type Change = (tables: Map<string, MemoryTable>) => void

/** Changes that a crash may take, at most. */
const lostMax = 20

/** The files of one machine, over the lives of its processes. */
export class LaggingFiles {
  readonly #random: SeededRandom
  /** What is surely there. */
  #kept = new Map<string, MemoryTable>()
  /** What a crash may take, each together or not at all. */
  #late: Change[][] = []
  #isClean = true
  /** Starts that found less than was absorbed. */
  behind = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** An engine for the next process. */
  engine(): StoreEngine {
    this.#crash()
    this.#isClean = false
    const tables = new Map([...this.#kept].map(([name, table]) => [name, copyOf(table)]))
    let unit: Change[] | undefined
    const write = (changes: Change[]): void => this.#write(changes)
    const closed = (): void => void (this.#isClean = true)
    return {
      name: 'lagging',
      capabilities: {},
      open: () => Promise.resolve(),
      table(store, partition): StoreTable {
        const name = `${store}/${partition}`
        return new LaggingTable(
          () => tableIn(tables, name),
          (change) => {
            if (unit === undefined) throw new Error('a table is changed outside of together()')
            change(tableIn(tables, name))
            unit.push((others) => change(tableIn(others, name)))
          },
        )
      },
      together(change) {
        unit = []
        change()
        write(unit)
        unit = undefined
      },
      close() {
        closed()
        return Promise.resolve()
      },
    }
  }

  #write(unit: Change[]): void {
    this.#late.push(unit)
    if (this.#late.length > lostMax) for (const change of this.#late.shift()!) change(this.#kept)
  }

  #crash(): void {
    const survive = this.#isClean ? this.#late.length : this.#random.below(this.#late.length + 1)
    if (survive < this.#late.length) this.behind++
    for (const unit of this.#late.splice(0).slice(0, survive)) for (const change of unit) change(this.#kept)
    if (!this.#isClean && this.#random.chance(0.1)) this.#kept = new Map()
  }
}

class LaggingTable implements StoreTable {
  readonly #table: () => MemoryTable
  readonly #change: (change: (table: MemoryTable) => void) => void

  constructor(table: () => MemoryTable, change: (change: (table: MemoryTable) => void) => void) {
    this.#table = table
    this.#change = change
  }

  get position(): TablePosition {
    return this.#table().position
  }

  get(key: string): TableRow | undefined {
    return this.#table().get(key)
  }

  range(range: TableRange): readonly TableRow[] {
    return this.#table().range(range)
  }

  changedBefore(time: number, limit: number): readonly string[] {
    return this.#table().changedBefore(time, limit)
  }

  absorb(records: readonly Record[], position: TablePosition): void {
    this.#change((table) => table.absorb(records, position))
  }

  clear(): void {
    this.#change((table) => table.clear())
  }
}

function tableIn(tables: Map<string, MemoryTable>, name: string): MemoryTable {
  const table = tables.get(name) ?? new MemoryTable({ expires: true })
  tables.set(name, table)
  return table
}

function copyOf(table: MemoryTable): MemoryTable {
  const copy = new MemoryTable({ expires: true })
  for (const { key, value, at } of table.range({ prefix: '', after: '', limit: Infinity }))
    copy.absorb([{ key, data: value, appendedAt: at } as Record], table.position)
  // The order of the last changes is not copied, and no test of expiry runs on it.
  copy.absorb([], table.position)
  return copy
}
