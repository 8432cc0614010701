/**
 * Opens a journal: takes the lock and recovers. One process owns a journal; nothing of it is read or written without the lock.
 */
import { MetrobusError } from '../errors/index.ts'
import type { DiskLock } from '../internal/platform/disk.ts'
import { ofDisk } from './disk-fault.ts'
import { EmbeddedJournal } from './embedded-journal.ts'
import type { Journal, JournalOptions } from './journal.ts'
import { resolveOptions } from './options.ts'
import type { ResolvedOptions } from './options.ts'
import { recover } from './recovery.ts'
import { Segments } from './segments.ts'
import { State } from './state.ts'

/**
 * Opens the journal in a folder, or makes one. Rejects with MB_JOURNAL_LOCKED, MB_JOURNAL_CORRUPT, MB_JOURNAL_NEWER, MB_JOURNAL_MISSING (read-only),
 * MB_BAD_OPTIONS or what the disk answers; nothing was changed then. A new one begins with `initial`.
 */
export async function openJournal(options: JournalOptions, initial: State = new State()): Promise<Journal> {
  const resolved = resolveOptions(options)
  try {
    return await open(resolved, initial)
  } catch (error) {
    throw ofDisk(error, resolved.dir, 'open')
  }
}

async function open(options: ResolvedOptions, initial: State): Promise<Journal> {
  const { dir, platform, readOnly, note } = options
  if (!readOnly) await platform.disk.mkdir(dir)
  else if (!(await platform.disk.exists(dir))) throw new MetrobusError('MB_JOURNAL_MISSING', { dir })
  const lock = await platform.disk.lock(dir, note)
  if (lock === undefined)
    throw new MetrobusError('MB_JOURNAL_LOCKED', {
      dir,
      holder: (await platform.disk.lockNote(dir)) ?? 'another process',
    })
  try {
    return await openLocked(options, lock, initial)
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function openLocked(options: ResolvedOptions, lock: DiskLock, initial: State): Promise<Journal> {
  const { dir, platform, readOnly, log } = options
  const recovered = await recover({ disk: platform.disk, dir, readOnly, log })
  if (recovered === undefined && readOnly) throw new MetrobusError('MB_JOURNAL_MISSING', { dir })
  const segments = new Segments(platform.disk, dir, readOnly, log)
  try {
    for (const [base, bytes] of recovered?.state.sealed ?? []) await segments.adopt(base, bytes)
  } catch (error) {
    await segments.close()
    throw error
  }
  if (recovered !== undefined) segments.resume(recovered.base, recovered.bytes, recovered.index)
  const journal = new EmbeddedJournal(options, lock, segments, recovered, initial)
  try {
    await journal.begin()
  } catch (error) {
    await journal.close()
    throw error
  }
  return journal
}
