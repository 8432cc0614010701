/**
 * All tables of one app in one SQLite file, so that what one unit changes is one transaction.
 *
 * The file is no source of truth: it says how far it has absorbed each log, and whatever it has lost is read from there again. So its write-ahead log is synced only when
 * it is moved into the database (`synchronous=NORMAL`): a crash may take the newest transactions, never half of one. A file of another layout, and one that SQLite calls
 * damaged, is removed.
 */
import { join } from 'node:path'
import { MetrobusError } from '../../errors/index.ts'
import { openDatabase, removeDatabase } from '../../internal/platform/sqlite.ts'
import type { Database } from '../../internal/platform/sqlite.ts'
import type { StoreEngine, StoreTable, TableOptions } from '../store.ts'
import { prepareRows, SqliteTable } from './sqlite-table.ts'
import type { RowStatements } from './sqlite-table.ts'

/** Raised when the layout changes. */
const layout = 1

const schema = `
  CREATE TABLE places (
    place INTEGER PRIMARY KEY, store TEXT NOT NULL, partition INTEGER NOT NULL, expires INTEGER NOT NULL,
    position INTEGER NOT NULL, mark TEXT NOT NULL, UNIQUE (store, partition, expires)
  );
  CREATE TABLE rows (place INTEGER, key TEXT, value TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (place, key)) WITHOUT ROWID;
  CREATE TABLE mortal_rows (place INTEGER, key TEXT, value TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (place, key)) WITHOUT ROWID;
  CREATE INDEX mortal_rows_by_age ON mortal_rows (place, at);
  PRAGMA user_version = ${layout};
`

interface Open {
  readonly path: string
  readonly database: Database
  readonly lasting: RowStatements
  readonly mortal: RowStatements
}

export class SqliteEngine implements StoreEngine {
  readonly name = 'sqlite'
  readonly capabilities = { isDurable: true }
  readonly #dir: string
  #open: Open | undefined

  constructor(dir: string) {
    this.#dir = dir
  }

  async open(app: string): Promise<void> {
    const path = join(this.#dir, `${app}.sqlite`)
    const database = await openOrReplace(path)
    this.#open = {
      path,
      database,
      lasting: prepareRows(database, 'rows'),
      mortal: prepareRows(database, 'mortal_rows'),
    }
  }

  table(store: string, partition: number, { expires }: TableOptions): StoreTable {
    const { database, lasting, mortal } = this.#opened
    const failed = (error: unknown): never => this.#failed(error)
    try {
      const [place, offset, mark] = placeOf(database, [store, partition, Number(expires)])
      return new SqliteTable(place, { offset, mark }, expires ? mortal : lasting, failed)
    } catch (error) {
      return failed(error)
    }
  }

  together(change: () => void): void {
    const { database } = this.#opened
    try {
      database.exec('BEGIN')
      change()
      database.exec('COMMIT')
    } catch (error) {
      this.#failed(error)
    }
  }

  close(): Promise<void> {
    this.#open?.database.close()
    this.#open = undefined
    return Promise.resolve()
  }

  /** Nothing that is open may be believed any more. What is damaged is removed, so that the next start reads the logs. */
  #failed(cause: unknown): never {
    const { path, database } = this.#opened
    this.#open = undefined
    database.close()
    if (isDamage(cause)) removeDatabase(path)
    throw failure(path, cause)
  }

  get #opened(): Open {
    if (this.#open === undefined)
      throw new MetrobusError('MB_STORE_FAILED', { path: this.#dir, reason: 'it is not open' })
    return this.#open
  }
}

type Place = readonly [place: number, offset: number, mark: string]

/** Where the rows of a table are and how far they have come; a new one begins at 0. */
function placeOf(database: Database, wanted: readonly [store: string, partition: number, expires: number]): Place {
  const find = database.prepare(
    'SELECT place, position, mark FROM places WHERE store = ? AND partition = ? AND expires = ?',
  )
  const found = find.get(...wanted) as Place | undefined
  if (found !== undefined) return found
  database
    .prepare("INSERT INTO places (store, partition, expires, position, mark) VALUES (?, ?, ?, 0, '')")
    .run(...wanted)
  return find.get(...wanted) as Place
}

async function openOrReplace(path: string): Promise<Database> {
  try {
    return await prepared(path)
  } catch (error) {
    if (!isDamage(error)) throw failure(path, error)
    removeDatabase(path)
    return await prepared(path)
  }
}

/** Opens the file for this process alone, and makes its tables. */
async function prepared(path: string): Promise<Database> {
  let database = await openDatabase(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    const version = versionOf(database)
    if (version !== 0 && version !== layout) {
      database.close()
      removeDatabase(path)
      database = await openDatabase(path)
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    }
    if (versionOf(database) === 0) database.exec(`BEGIN; ${schema} COMMIT`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function versionOf(database: Database): number {
  const [version] = database.prepare('PRAGMA user_version').get() as readonly [number]
  return version
}

/** SQLite's numbers for a damaged file and for one that is no database. */
const damage: readonly unknown[] = [11, 26]

function isDamage(error: unknown): boolean {
  const { errcode } = error as { readonly errcode?: number }
  return errcode !== undefined && damage.includes(errcode & 0xff)
}

function failure(path: string, cause: unknown): MetrobusError<'MB_STORE_FAILED'> {
  return new MetrobusError('MB_STORE_FAILED', { path, reason: (cause as Error).message }, { cause })
}
