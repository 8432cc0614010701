/**
 * The lock of a folder: a file lock of the operating system, taken through SQLite because Node has no call for it. The kernel releases it when
 * the process ends, however it ends.
 *
 * Invariants:
 * - L1 The lock file is touched by nothing but SQLite: on POSIX, closing any other descriptor of it would drop the lock.
 * - L2 The lock file is never removed: a lock on a removed file guards nothing.
 * - L3 The note is advisory. It is written after the lock is taken and read by those who did not get it.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { DiskLock } from './disk.ts'

const lockName = 'lock'
const noteName = 'lock.note'
/** SQLITE_BUSY, the low byte of its extended codes: somebody else has it. */
const busy = 5

/** Takes the lock, or answers undefined while somebody else has it. Without a note others are told the id of this process. */
export async function lockFolder(folder: string, note: string): Promise<DiskLock | undefined> {
  const { DatabaseSync } = await loadSqlite()
  // No waiting: who is refused is told at once by whom.
  const database = new DatabaseSync(join(folder, lockName), { timeout: 0 })
  try {
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (((error as { errcode?: number }).errcode ?? 0) % 256 === busy) return undefined
    throw error
  }
  const held = (text: string): void => fs.writeFileSync(join(folder, noteName), text, { mode: 0o600 })
  try {
    held(note === '' ? `process ${process.pid}` : note)
  } catch (error) {
    // On a full disk: a lock that nobody holds any more would refuse the next try of this very process.
    database.close()
    throw error
  }
  return {
    release: async () => {
      if (!database.isOpen) return
      try {
        held('')
      } catch {
        // Nobody reads a note without a holder, and the next one writes its own.
      }
      database.close()
    },
  }
}

/** What the holder wrote about itself; undefined when there is nothing. */
export function readNote(folder: string): string | undefined {
  try {
    const note = fs.readFileSync(join(folder, noteName), 'utf8')
    return note === '' ? undefined : note
  } catch {
    return undefined
  }
}

/** Older Nodes print a warning when the module is loaded; what is used here has not changed since it came. */
async function loadSqlite(): Promise<typeof import('node:sqlite')> {
  const emitWarning = process.emitWarning.bind(process)
  process.emitWarning = () => undefined
  try {
    return await import('node:sqlite')
  } finally {
    process.emitWarning = emitWarning
  }
}
