/** Folders for a run: inside the repository, because a temporary folder is often kept in memory, where a sync costs nothing. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, statfsSync } from 'node:fs'
import { join } from 'node:path'

const parent = join(import.meta.dirname, '..', 'data')
const tmpfs = 0x01021994

/** Gives `use` a fresh folder on a real disk and removes it; after a failure it is kept, and the message names it. */
export async function inFolder<Result>(use: (dir: string) => Promise<Result>): Promise<Result> {
  mkdirSync(parent, { recursive: true })
  if (statfsSync(parent).type === tmpfs)
    throw new Error(
      `${parent} is kept in memory: the figures would be worth nothing. Check the repository out on a disk.`,
    )
  const dir = mkdtempSync(join(parent, 'bench-'))
  try {
    const result = await use(dir)
    rmSync(dir, { recursive: true })
    return result
  } catch (error) {
    throw new Error(`The run failed; what it left is in ${dir}`, { cause: error })
  }
}

/** Bytes of all files in a folder, 0 when it does not exist. */
export function bytesOf(dir: string): number {
  let bytes = 0
  for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0
  return bytes
}
