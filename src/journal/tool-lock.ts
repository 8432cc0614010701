/** Tools work on a journal that nobody has open, under its lock. */
import { MetrobusError } from '../errors/index.ts'
import type { Disk, DiskLock } from '../internal/platform/disk.ts'

/** Takes the lock, or rejects with MB_JOURNAL_MISSING or MB_JOURNAL_LOCKED. */
export async function lockForTool(disk: Disk, dir: string): Promise<DiskLock> {
  if (!(await disk.exists(dir))) throw new MetrobusError('MB_JOURNAL_MISSING', { dir })
  const lock = await disk.lock(dir, 'a tool')
  if (lock !== undefined) return lock
  throw new MetrobusError('MB_JOURNAL_LOCKED', { dir, holder: (await disk.lockNote(dir)) ?? 'another process' })
}

/** Does the work under the lock. */
export async function withLock<Result>(disk: Disk, dir: string, work: () => Promise<Result>): Promise<Result> {
  const lock = await lockForTool(disk, dir)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}
