/**
 * Brings in the lines of a file. Its events are called `<hash>:<line>`, from the second run on `<hash>:<line>:<run>`, so a line is the same event
 * however often it is read, and its position lies in the same commit unit as its events.
 *
 * Invariants:
 * - F1 The identity of an input is its content. A changed file is another input and rides from its first line.
 * - F2 A file that grew by whole lines is the same input: what it was is still its beginning. Only the new lines ride, under the old hash.
 * - F3 Reading ends where the file ended when it was opened, so that what is read is what was hashed; what comes later rides at the next start.
 *
 * Not noticed: bytes that are changed in place between the hash and the reading. Looking at the time of the file would not tell either, where a change and the opening
 * fall into one tick of it; hashing what is read would tell when it has ridden.
 */
import { basename, extname } from 'node:path'
import { MetrobusError } from '../../errors/index.ts'
import type { Disk, DiskFile } from '../../internal/platform/disk.ts'
import { nodePlatform } from '../../internal/platform/node.ts'
import type { Opening, OpenSource, Source, SourceBatch } from '../source.ts'
import { batchesOf } from './batches.ts'
import { CsvFormat } from './csv-format.ts'
import type { CsvOptions } from './csv-format.ts'
import { decodePosition, encodePosition } from './file-position.ts'
import type { FilePosition } from './file-position.ts'
import type { Format } from './format.ts'
import { identify } from './identity.ts'
import type { Identity } from './identity.ts'
import { LineSplitter } from './line-splitter.ts'
import { ndjsonFormat } from './ndjson-format.ts'

/** How lines are read, from a file or a stream. */
export interface LineOptions {
  /** Default: `csv` for a name that ends in `.csv`, else `ndjson`. */
  readonly format?: 'ndjson' | 'csv'
  readonly csv?: CsvOptions
  /** Bytes of a line, and of a row of CSV over several lines; what is longer is a fault, and is not kept in memory. Default: 1 MiB. */
  readonly lineBytesMax?: number
  /** Lines that ride in one commit unit at most. Default: 1,000. */
  readonly batchLinesMax?: number
}

export interface FileSourceOptions extends LineOptions {
  readonly path: string
  /** Default: the real disk. */
  readonly disk?: Disk
}

const lineBytesMaxDefault = 1024 * 1024
const chunkBytes = 256 * 1024

/** Reads NDJSON or CSV from a file, resumable at every line. */
export function fileSource(options: FileSourceOptions): Source {
  const { path, disk = nodePlatform.disk } = options
  const name = basename(path)
  return {
    name,
    async open({ positions, again, signal }): Promise<OpenSource> {
      const file = await openFile(disk, path, name)
      try {
        const known = [...positions]
          .filter(([key]) => hashPattern.test(key))
          .map(([key, text]) => ({ key, position: decodePosition(key, text) }))
        const identity = await identify(
          file,
          name,
          known.map(({ position }) => position.size),
          signal,
        )
        const found = await knownAs(identity, known, file)
        return openedAt({ file, name, options: { ...options, name }, identity, found, again })
      } catch (error) {
        await file.close()
        throw error
      }
    },
  }
}

/** The reader of the lines of one input. */
export function formatOf(options: LineOptions & { readonly name: string }): Format {
  const { name, lineBytesMax = lineBytesMaxDefault, csv = {} } = options
  const format = options.format ?? (extname(name).toLowerCase() === '.csv' ? 'csv' : 'ndjson')
  return format === 'csv' ? new CsvFormat({ ...csv, name, lineBytesMax }) : ndjsonFormat({ lineBytesMax })
}

/** The splitter of one input, from a position on. */
export const splitterOf = (
  { lineBytesMax = lineBytesMaxDefault }: LineOptions,
  { offset, lines }: { readonly offset: number; readonly lines: number },
): LineSplitter => new LineSplitter({ lineBytesMax, offset, lines })

const hashPattern = /^[0-9a-f]{32}$/

async function openFile(disk: Disk, path: string, name: string): Promise<DiskFile> {
  try {
    return await disk.open(path, { readOnly: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? `there is no file ${path}` : `it cannot be opened (${String(code)})`
    throw new MetrobusError('MB_INPUT_UNREADABLE', { input: name, reason }, { cause: error })
  }
}

interface Known {
  readonly key: string
  readonly position: FilePosition
}

/** The row of this content, or of the longest beginning of it that rode before (F2). */
async function knownAs(identity: Identity, known: readonly Known[], file: DiskFile): Promise<Known | undefined> {
  const same = known.find(({ position }) => position.size === identity.size && position.hash === identity.hash)
  if (same !== undefined) return same
  const beginnings = known
    .filter(({ position }) => identity.prefixes.get(position.size) === position.hash)
    .sort((a, b) => b.position.size - a.position.size)
  for (const beginning of beginnings) {
    const last = new Uint8Array(1)
    await file.read(last, 0, 1, beginning.position.size - 1)
    // Without a line end there, what follows changed a line that may have ridden.
    if (last[0] === newline) return beginning
  }
  return undefined
}

const newline = 10

function openedAt(facts: {
  readonly file: DiskFile
  readonly name: string
  readonly options: LineOptions & { readonly name: string }
  readonly identity: Identity
  readonly found: Known | undefined
  readonly again: boolean
}): OpenSource {
  const { file, name, options, identity, found, again } = facts
  const { hash, size } = identity
  const key = found?.key ?? hash
  const run = (found?.position.run ?? 1) + (again && found !== undefined ? 1 : 0)
  const { offset, lines } = again || found === undefined ? { offset: 0, lines: 0 } : found.position
  const suffix = run === 1 ? '' : `:${run}`
  const opening: Opening = { key, state: stateOf(found, again, size), lines, run, bytes: size }
  let isClosed = false
  return {
    ...opening,
    async *batches(): AsyncGenerator<SourceBatch> {
      if (opening.state === 'rode-already') return
      const format = formatOf(options)
      if (offset > 0 && format.needsHeader) await readHeader(format, file, size, options)
      const splitter = splitterOf(options, { offset, lines })
      const chunks = readChunks(file, name, { from: offset, to: size, splitter, isClosed: () => isClosed })
      yield* batchesOf(chunks, {
        format,
        splitter,
        idOf: (line) => `${key}:${line}${suffix}`,
        placeOf: (line) => `${name}:${line}`,
        positionOf: (end, read) => encodePosition({ version: 1, hash, size, run, offset: end, lines: read }),
        linesBefore: lines,
        linesMax: options.batchLinesMax,
        isClosed: () => isClosed,
      })
    },
    async close() {
      isClosed = true
      await file.close()
    },
  }
}

function stateOf(found: Known | undefined, again: boolean, size: number): Opening['state'] {
  if (found === undefined || again) return 'new'
  return found.position.offset >= size ? 'rode-already' : 'goes-on'
}

async function* readChunks(
  file: DiskFile,
  name: string,
  {
    from,
    to,
    splitter,
    isClosed,
  }: { readonly from: number; readonly to: number; readonly splitter: LineSplitter; readonly isClosed: () => boolean },
): AsyncGenerator<Uint8Array> {
  let buffer: Uint8Array | undefined
  for (let at = from; at < to && !isClosed();) {
    // Lines share the memory of their chunk, so each chunk has its own; one that is passed over gives it to the next.
    if (buffer === undefined || splitter.isChunkKept) buffer = new Uint8Array(Math.min(chunkBytes, to - at))
    const read = await file.read(buffer, 0, Math.min(buffer.length, to - at), at)
    if (read === 0)
      throw new MetrobusError('MB_INPUT_UNREADABLE', { input: name, reason: 'it became shorter while it was read' })
    at += read
    yield buffer.subarray(0, read)
  }
}

/** Where reading goes on in the middle, the header is read again from the beginning. */
async function readHeader(
  format: Format,
  file: DiskFile,
  size: number,
  options: LineOptions & { readonly name: string },
): Promise<void> {
  const splitter = splitterOf(options, { offset: 0, lines: 0 })
  for await (const chunk of readChunks(file, options.name, { from: 0, to: size, splitter, isClosed: () => false }))
    for (const line of splitter.push(chunk)) {
      format.read([line], false)
      if (!format.needsHeader) return
    }
}
