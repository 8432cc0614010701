/** Small files that are read and replaced whole. */
import { dirname } from 'node:path'
import type { Disk } from '../internal/platform/disk.ts'

/** The text of a file; undefined when there is none. */
export async function readTextFile(disk: Disk, path: string): Promise<string | undefined> {
  if (!(await disk.exists(path))) return undefined
  const file = await disk.open(path, { readOnly: true })
  try {
    const bytes = Buffer.alloc(await file.size())
    for (let at = 0; at < bytes.length;) {
      const read = await file.read(bytes, at, bytes.length - at, at)
      if (read === 0) return bytes.toString('utf8', 0, at)
      at += read
    }
    return bytes.toString()
  } finally {
    await file.close()
  }
}

/** Replaces a file, or makes it, for this user alone: whoever reads it sees the old text or the new one. Durable when it resolves. */
export async function replaceTextFile(disk: Disk, path: string, text: string): Promise<void> {
  const made = `${path}.new`
  if (await disk.exists(made)) await disk.unlink(made)
  const file = await disk.open(made, { exclusive: true })
  try {
    await file.write([Buffer.from(text)], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(made, path)
  await disk.syncFolder(dirname(path))
}
