/** SQLite as Node ships it, loaded when the first database is opened: who uses none loads none, and sees no warning of it on Node 22. */
import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'

/** A prepared statement: the part that stores use. Rows are arrays, in the order of their columns. */
export interface Statement {
  run(...values: readonly SqlValue[]): unknown
  get(...values: readonly SqlValue[]): unknown
  all(...values: readonly SqlValue[]): unknown
}

export type SqlValue = string | number

/** An open database. */
export interface Database {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

/** Opens the database in a file, made with its folder when it is not there. */
export async function openDatabase(path: string): Promise<Database> {
  const { DatabaseSync } = await import('node:sqlite')
  mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  return {
    exec: (sql) => database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql)
      statement.setReturnArrays(true)
      return statement
    },
    close: () => database.close(),
  }
}

/** Removes a database that is closed, with the files beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true })
}
