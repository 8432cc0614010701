/** The engine in memory: the fastest, and read from the log anew at each start. The default. */
import type { StoreEngine } from '../store.ts'
import { MemoryTable } from './memory-table.ts'

/** Makes the engine in memory. */
export function memoryStores(): StoreEngine {
  const tables = new Map<string, MemoryTable>()
  return {
    name: 'memory',
    capabilities: { isDurable: false },
    open: () => Promise.resolve(),
    table(store, partition, options) {
      const name = `${store}/${partition}`
      const table = tables.get(name) ?? new MemoryTable(options)
      tables.set(name, table)
      return table
    },
    together: (change) => change(),
    close() {
      tables.clear()
      return Promise.resolve()
    },
  }
}
