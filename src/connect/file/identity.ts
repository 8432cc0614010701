/**
 * Which input a file is: the SHA-256 of its content, its first 32 hexadecimal digits. A name can be given to another file, and an inode to another name;
 * only the content says whether a position still fits. It is read once from end to end, at the speed of the disk or of the hash.
 */
import { createHash } from 'node:crypto'
import { MetrobusError } from '../../errors/index.ts'
import type { DiskFile } from '../../internal/platform/disk.ts'

/** The identity of a content, and of some of its beginnings. */
export interface Identity {
  readonly hash: string
  readonly size: number
  /** The hash of the first n bytes, for each n asked for that the file has. */
  readonly prefixes: ReadonlyMap<number, string>
}

const chunkBytes = 1024 * 1024
const digits = 32

/** Hashes a file, and on the way its first `sizes` bytes: so a file that has grown is known by what it was. */
export async function identify(
  file: DiskFile,
  name: string,
  sizes: Iterable<number>,
  signal: AbortSignal,
): Promise<Identity> {
  const size = await file.size()
  const wanted = [...new Set(sizes)].filter((prefix) => prefix > 0 && prefix < size).sort((a, b) => a - b)
  const hash = createHash('sha256')
  const prefixes = new Map<number, string>()
  const buffer = new Uint8Array(Math.min(chunkBytes, size))
  let at = 0
  while (at < size) {
    signal.throwIfAborted()
    const stop = wanted[prefixes.size] ?? size
    const read = await file.read(buffer, 0, Math.min(buffer.length, stop - at), at)
    if (read === 0)
      throw new MetrobusError('MB_INPUT_UNREADABLE', { input: name, reason: 'it became shorter while it was read' })
    hash.update(buffer.subarray(0, read))
    at += read
    if (at === stop && stop < size) prefixes.set(stop, digestOf(hash.copy()))
  }
  return { hash: digestOf(hash), size, prefixes }
}

const digestOf = (hash: ReturnType<typeof createHash>): string => hash.digest('hex').slice(0, digits)
