/** The durable engine of stores, published as `metrobus/sqlite`: SQLite as Node ships it. */
import { MetrobusError } from '../../errors/index.ts'
import type { StoreEngine } from '../store.ts'
import { SqliteEngine } from './sqlite-engine.ts'

export interface SqliteOptions {
  /** Folder of the file, `<app>.sqlite`; made when it is not there. One process at a time uses it. */
  readonly dir: string
}

/**
 * Keeps stores in a file: `start({ bus, stores: sqlite({ dir: './data' }) })`. They may be larger than memory, and a start reads only what the file has not absorbed. The file can
 * be deleted at any time while the app is stopped: it is made anew from the logs of the stores.
 */
export function sqlite({ dir }: SqliteOptions): StoreEngine {
  if (typeof dir !== 'string' || dir === '')
    throw new MetrobusError('MB_BAD_OPTIONS', { what: 'sqlite()', faults: ['dir must name a folder'] })
  return new SqliteEngine(dir)
}

export type {
  StoreCapabilities,
  StoreEngine,
  StoreTable,
  TableOptions,
  TablePosition,
  TableRange,
  TableRow,
} from '../store.ts'
