/**
 * Reads an archive back: which rides it holds, and where its end is.
 *
 * What lies below the highest `durable` was synced, so a line that cannot be read there is damage, and the file is refused. From there on is the last
 * group, which nobody may have been told of: it ends before the first line that is not whole.
 */
import { MetrobusError } from '../../errors/index.ts'
import type { DiskFile } from '../../internal/platform/disk.ts'
import { textOf } from './format.ts'
import { LineSplitter } from './line-splitter.ts'
import type { Line } from './line-splitter.ts'

/** What an archive holds. `end`: behind the last whole line. */
export interface ArchiveContent {
  readonly rides: number
  readonly end: number
  readonly size: number
}

const chunkBytes = 1024 * 1024

/** Hands every id to `keep`. Throws MB_ARCHIVE_DAMAGED. */
export async function readArchive(file: DiskFile, path: string, keep: (id: string) => void): Promise<ArchiveContent> {
  const size = await file.size()
  const synced = await readSynced(file, path, size, keep)
  const last = await readLast(file, path, size, synced.durable, keep)
  return { rides: synced.rides + last.rides, end: last.end, size }
}

/** Everything below the last group, whose lines need only a look at their beginning. */
async function readSynced(
  file: DiskFile,
  path: string,
  size: number,
  keep: (id: string) => void,
): Promise<{ readonly durable: number; readonly rides: number }> {
  let durable = 0
  let rides = 0
  let start = 0
  /** Ids of the group at hand: synced, once another group has come. */
  let group: string[] = []
  let damaged: { readonly line: number; readonly offset: number } | undefined
  for await (const line of linesOf(file, 0, size)) {
    const head = headOf(line)
    if (head === undefined) damaged ??= { line: line.number, offset: start }
    else {
      if (head.durable !== undefined && head.durable > durable) {
        durable = head.durable
        if (damaged !== undefined && damaged.offset < durable)
          throw new MetrobusError('MB_ARCHIVE_DAMAGED', { path, ...damaged })
        for (const id of group) keep(id)
        rides += group.length
        group = []
      }
      group.push(head.id)
    }
    start = line.end
  }
  return { durable, rides }
}

/** The last group, line by line, until one is not whole. */
async function readLast(
  file: DiskFile,
  path: string,
  size: number,
  from: number,
  keep: (id: string) => void,
): Promise<{ readonly end: number; readonly rides: number }> {
  let end = from
  let rides = 0
  for await (const line of linesOf(file, from, size)) {
    const head = headOf(line)
    if (head === undefined || !isJson(line)) break
    keep(head.id)
    rides++
    end = line.end
  }
  // Somebody else's file is not cut.
  if (end === 0 && size > 0 && !(await beginsAsArchive(file)))
    throw new MetrobusError('MB_ARCHIVE_DAMAGED', { path, line: 1, offset: 0 })
  return { end, rides }
}

/** Lines that ended: a line end is written with its line. */
async function* linesOf(file: DiskFile, from: number, to: number): AsyncGenerator<Line> {
  const splitter = new LineSplitter({ lineBytesMax: Infinity, offset: from, lines: 0 })
  for (let at = from; at < to;) {
    const buffer = new Uint8Array(Math.min(chunkBytes, to - at))
    const read = await file.read(buffer, 0, buffer.length, at)
    if (read === 0) return
    at += read
    yield* splitter.push(buffer.subarray(0, read))
  }
}

const decoder = new TextDecoder()
const headPattern = /^\{(?:"durable":(\d+),)?"ride":("(?:[^"\\]|\\.)*"),"data":/
/** A usual id fits into the first; one of 1,000 characters, each of at most 6 bytes in JSON, into the second. */
const headBytes = [192, 6_144]

function headOf({ bytes }: Line): { readonly id: string; readonly durable: number | undefined } | undefined {
  if (bytes === undefined || bytes.at(-1) !== closingBrace) return undefined
  for (const length of headBytes) {
    const match = headPattern.exec(decoder.decode(bytes.subarray(0, length)))
    if (match !== null) return readHead(match[1], match[2]!)
  }
  return undefined
}

function readHead(durable: string | undefined, id: string): ReturnType<typeof headOf> {
  try {
    return { id: JSON.parse(id) as string, durable: durable === undefined ? undefined : Number(durable) }
  } catch {
    return undefined
  }
}

const closingBrace = 125

function isJson({ bytes }: Line): boolean {
  const text = bytes === undefined ? undefined : textOf(bytes)
  if (text === undefined) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const beginning = Buffer.from('{"durable":0,"ride":"')

/** True also for what is left of a first write that was torn: a part of a beginning, zeros in the place of the rest. */
async function beginsAsArchive(file: DiskFile): Promise<boolean> {
  const bytes = new Uint8Array(beginning.length)
  const read = await file.read(bytes, 0, bytes.length, 0)
  return bytes.subarray(0, read).every((byte, index) => byte === 0 || byte === beginning[index])
}
