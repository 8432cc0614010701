/**
 * The checkpoint: how far the journal was known durable, in a file of its own. It is a witness only; the state itself is at the head of each
 * segment, inside the log, so that a lost checkpoint costs nothing but the witness. Written beside and renamed: there is always a whole one or none.
 *
 *     one line: CRC-32 of the rest in 8 hex digits, a space, { "version": 1, "durable": position }
 */
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Disk } from '../internal/platform/disk.ts'
import { readFully } from './read-fully.ts'

const name = 'checkpoint'
const temporary = 'checkpoint.new'
const bytesMax = 1024 * 1024

/** What a checkpoint says. */
export interface Checkpoint {
  /** Everything below was durable. */
  readonly durable: number
}

export async function writeCheckpoint(disk: Disk, dir: string, checkpoint: Checkpoint): Promise<void> {
  const body = JSON.stringify({ version: 1, durable: checkpoint.durable })
  const bytes = Buffer.from(`${crc32(body).toString(16).padStart(8, '0')} ${body}\n`)
  const path = join(dir, temporary)
  const file = await disk.open(path, { create: true })
  try {
    await file.truncate(0)
    await file.write([bytes], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(path, join(dir, name))
  await disk.syncFolder(dir)
}

/** The checkpoint, or undefined when there is no whole one. */
export async function readCheckpoint(disk: Disk, dir: string): Promise<Checkpoint | undefined> {
  const path = join(dir, name)
  if (!(await disk.exists(path))) return undefined
  const file = await disk.open(path, { readOnly: true })
  try {
    const buffer = Buffer.alloc(Math.min(await file.size(), bytesMax))
    const text = buffer.toString('utf8', 0, await readFully(file, buffer, 0))
    const body = text.slice(9).trimEnd()
    if (text.slice(0, 8) !== crc32(body).toString(16).padStart(8, '0')) return undefined
    return { durable: (JSON.parse(body) as Checkpoint).durable }
  } finally {
    await file.close()
  }
}
