/** Bytes from outside that are no file on a disk: standard input, pipes and devices. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import process from 'node:process'
import type { Readable } from 'node:stream'

/** Standard input as bytes. */
export const standardInput = (): Readable => process.stdin

/** A pipe or device by its path. */
export const pipeAt = (path: string): Readable => createReadStream(path)

/** True for what has no end to be known and cannot be read twice. A path that is not there is none. */
export async function isPipe(path: string): Promise<boolean> {
  try {
    const stats = await stat(path)
    return !stats.isFile() && !stats.isDirectory()
  } catch {
    return false
  }
}
