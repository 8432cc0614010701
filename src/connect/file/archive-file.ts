/**
 * A sink that keeps every ride once, as a line of JSON in a file that only grows:
 *
 *     {"durable":0,"ride":"<id>","data":{...}}
 *     {"ride":"<id>","data":{...}}
 *
 * What is put while a write is under way goes out with the next: one write and one fdatasync for all of it. The first line of such a group
 * says in `durable` how much of the file was synced before it.
 *
 * Invariants:
 * - A1 A put resolves only after the sync of its line, and then the id is there for ever. What is found in the file is synced, too, before it counts: a process that
 *   was killed leaves lines that are not.
 * - A2 One group is under way at a time, so what is not synced is the end of the file, from the last `durable` on.
 * - A3 After a failed write the file is read again before the next one; after a failed sync, or EIO while it is opened, nothing is written ever again, for nobody
 *   knows what is on the disk.
 * - A4 One writer has the file, by a lock in `<path>.lock`: two would write over each other.
 */
import { dirname } from 'node:path'
import { MetrobusError } from '../../errors/index.ts'
import type { Disk, DiskFile, DiskLock } from '../../internal/platform/disk.ts'
import { nodePlatform } from '../../internal/platform/node.ts'
import { pagePhase } from '../../internal/platform/page-buffer.ts'
import type { Random } from '../../internal/platform/platform.ts'
import type { Sink } from '../sink.ts'
import { readArchive } from './archive-reader.ts'
import { IdSet } from './id-set.ts'

export interface ArchiveFileOptions {
  /** Made with its folder when it is not there. */
  readonly path: string
  /**
   * Rides that one file takes; beyond, puts fail with MB_ARCHIVE_FULL. The ids are known in memory, in 22 to 43 bytes each. Default: 3,000,000, at most 64 MiB.
   */
  readonly ridesMax?: number
  /** Default: the real ones. */
  readonly disk?: Disk
  readonly random?: Random
}

/** An archive, and what is in it. */
export interface Archive extends Sink {
  readonly path: string
  /** Reads back what the file has. The first put does it, too. Answers how many bytes of an unfinished write were cut off its end. */
  open(): Promise<{ readonly cutBytes: number }>
  /** Rides that are durable; 0 until it is open. */
  readonly size: number
}

/** An archive in a file. Nothing is opened before the first put. */
export function archiveFile(options: ArchiveFileOptions): Archive {
  return new ArchiveFile(options)
}

const ridesMaxDefault = 3_000_000

const groupBytes = 1024 * 1024
/** While one group is written the next one is gathered. */
const sparesMax = 2

/** Puts that share a write, and the promise that all of them were given. */
class Group {
  readonly done: PromiseWithResolvers<void> = Promise.withResolvers()
  /** Where it goes in the file. */
  readonly offset: number
  rides = 0
  #buffer: Buffer
  /** As far behind a page's border as in the file, so that the disk can take whole pages. */
  readonly #start: number
  #end: number

  constructor(offset: number, buffer: Buffer) {
    this.offset = offset
    this.#buffer = buffer
    this.#start = this.#end = pagePhase(offset)
    // Each put has its own eyes on it; a group that nobody awaits must not end the process.
    this.done.promise.catch(() => {})
  }

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  /** To be used again, when nothing more is to be done with the group. */
  get buffer(): Buffer {
    return this.#buffer
  }

  add(id: string, body: string): void {
    const head = `${this.rides === 0 ? `{"durable":${this.offset},` : '{'}"ride":${JSON.stringify(id)},"data":`
    this.#need((head.length + body.length) * utf8BytesMax + 2)
    const buffer = this.#buffer
    let end = this.#end
    end += buffer.write(head, end)
    end += buffer.write(body, end)
    buffer[end] = brace
    buffer[end + 1] = newline
    this.#end = end + 2
    this.rides++
  }

  #need(bytes: number): void {
    if (this.#end + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow((this.#end + bytes) * 2)
    this.#buffer.copy(larger, 0, 0, this.#end)
    this.#buffer = larger
  }
}

/** What ends a line. */
const brace = 125
const newline = 10

/** Of one UTF-16 unit. */
const utf8BytesMax = 3

class ArchiveFile implements Archive {
  readonly path: string
  readonly #disk: Disk
  readonly #ridesMax: number
  readonly #seed: number
  #lock: DiskLock | undefined
  #file: DiskFile | undefined
  #opening: Promise<{ readonly cutBytes: number }> | undefined
  #ids: IdSet
  /** Bytes that are synced. */
  #durable = 0
  #rides = 0
  #next: Group | undefined
  #writing: Group | undefined
  /** Buffers of groups, to be used again: fresh memory costs more than what is written into it, and the collector is called for it. */
  readonly #spare: Buffer[] = []
  #failure: MetrobusError | undefined

  constructor({
    path,
    ridesMax = ridesMaxDefault,
    disk = nodePlatform.disk,
    random = nodePlatform.random,
  }: ArchiveFileOptions) {
    this.path = path
    this.#disk = disk
    this.#ridesMax = ridesMax
    this.#seed = Math.floor(random.next() * 2 ** 32)
    this.#ids = new IdSet(this.#seed)
  }

  get size(): number {
    return this.#rides
  }

  put(id: string, data: unknown, text?: string): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#file === undefined) return this.open().then(() => this.put(id, data, text))
    if (this.#ids.has(id)) return this.#lastGroup()
    if (this.#ids.size >= this.#ridesMax)
      return Promise.reject(new MetrobusError('MB_ARCHIVE_FULL', { path: this.path, rides: this.#ridesMax }))
    const group = (this.#next ??= this.#newGroup())
    group.add(id, text ?? JSON.stringify(data ?? null))
    this.#ids.add(id)
    return group.done.promise
  }

  open(): Promise<{ readonly cutBytes: number }> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.#opening ??= this.#read().catch((error: unknown) => {
      this.#opening = undefined
      // A disk that cannot read or sync its folder may say the next time that all is well.
      if ((error as NodeJS.ErrnoException).code === 'EIO') throw this.#fail('open', error as NodeJS.ErrnoException)
      throw error
    })
    return this.#opening
  }

  async close(): Promise<void> {
    // What waits for the opening is put still.
    if (this.#opening !== undefined) await this.#opening.catch(() => {})
    // Nothing more comes behind the last group, which would be written while the file is closed.
    this.#failure ??= new MetrobusError('MB_ARCHIVE_CLOSED', { path: this.path })
    // A failed group has told those who put; closing has nothing to add.
    await this.#lastGroup().catch(() => {})
    const file = this.#file
    this.#file = undefined
    try {
      await file?.close()
    } finally {
      await this.#release()
    }
  }

  async #read(): Promise<{ readonly cutBytes: number }> {
    await this.#disk.mkdir(dirname(this.path))
    await this.#acquire()
    const file = await this.#disk.open(this.path, { create: true })
    try {
      await this.#disk.syncFolder(dirname(this.path))
      const ids = new IdSet(this.#seed)
      const { rides, end, size } = await readArchive(file, this.path, (id) => ids.add(id))
      if (end < size) await this.#cut(file, end, size)
      if (size > 0) await this.#sync(file)
      this.#ids = ids
      this.#rides = rides
      this.#durable = end
      this.#file = file
      return { cutBytes: size - end }
    } catch (error) {
      await file.close()
      await this.#release()
      throw error
    }
  }

  /** A4: it is held until the archive is closed, also while the file is not open. */
  async #acquire(): Promise<void> {
    if (this.#lock !== undefined) return
    const folder = `${this.path}.lock`
    await this.#disk.mkdir(folder)
    this.#lock = await this.#disk.lock(folder, 'an archive')
    if (this.#lock === undefined) throw new MetrobusError('MB_ARCHIVE_LOCKED', { path: this.path })
  }

  async #release(): Promise<void> {
    const lock = this.#lock
    this.#lock = undefined
    await lock?.release()
  }

  /** What was never acknowledged is kept beside, for whoever wants to look at it. */
  async #cut(file: DiskFile, end: number, size: number): Promise<void> {
    const bytes = new Uint8Array(size - end)
    await file.read(bytes, 0, bytes.length, end)
    const beside = await this.#disk.open(`${this.path}.cut`, { create: true })
    await beside.truncate(0)
    await beside.write([bytes], 0)
    await beside.close()
    await file.truncate(end)
  }

  /** A1. What a sync has failed for may be forgotten by the next one. */
  async #sync(file: DiskFile): Promise<void> {
    try {
      await file.sync()
    } catch (error) {
      throw this.#fail('fdatasync', error as NodeJS.ErrnoException)
    }
  }

  #newGroup(): Group {
    // Whatever is put in this turn goes into the group; while another is being written, all that comes until then.
    if (this.#writing === undefined) queueMicrotask(() => void this.#write())
    const buffer = this.#spare.pop() ?? this.#disk.buffer(groupBytes)
    return new Group(this.#durable + (this.#writing?.bytes.length ?? 0), buffer)
  }

  /** The group behind which everything put so far is durable. */
  #lastGroup(): Promise<void> {
    return (this.#next ?? this.#writing)?.done.promise ?? Promise.resolve()
  }

  async #write(): Promise<void> {
    const group = this.#next
    const file = this.#file
    if (group === undefined || file === undefined) return
    this.#next = undefined
    this.#writing = group
    const { bytes } = group
    try {
      await file.write([bytes], group.offset)
    } catch (error) {
      return this.#writeFailed(error as NodeJS.ErrnoException)
    }
    try {
      await file.sync()
    } catch (error) {
      return this.#syncFailed('fdatasync', error as NodeJS.ErrnoException)
    }
    this.#durable += bytes.length
    this.#rides += group.rides
    this.#writing = undefined
    if (group.buffer.length === groupBytes && this.#spare.length < sparesMax) this.#spare.push(group.buffer)
    group.done.resolve()
    if (this.#next !== undefined) void this.#write()
  }

  /** A3: whoever put may put again; the file is read before. */
  async #writeFailed(cause: NodeJS.ErrnoException): Promise<void> {
    if (cause.code !== 'ENOSPC' && cause.code !== 'EDQUOT') return this.#syncFailed('write', cause)
    const file = this.#file
    this.#file = undefined
    this.#opening = undefined
    this.#reject(new MetrobusError('MB_DISK_FAILED', { file: this.path, call: 'write', error: cause.code }, { cause }))
    await file?.close().catch(() => {})
  }

  async #syncFailed(call: string, cause: NodeJS.ErrnoException): Promise<void> {
    this.#reject(this.#fail(call, cause))
  }

  /** For good. */
  #fail(call: string, cause: NodeJS.ErrnoException): MetrobusError {
    const facts = { path: this.path, call, error: cause.code ?? cause.message }
    return (this.#failure = new MetrobusError('MB_ARCHIVE_FAILED', facts, { cause }))
  }

  #reject(error: MetrobusError): void {
    const groups = [this.#writing, this.#next]
    this.#writing = undefined
    this.#next = undefined
    for (const group of groups) group?.done.reject(error)
  }
}
