/**
 * The segments of an open journal: which there are, their files for reading, and their indexes.
 *
 * Invariants:
 * - G1 Segments are in the order of their bases; the last one, and no other, is appended to.
 * - G2 At most `filesOpenMax` files and `indexesMax` indexes of sealed segments are held, however many segments there are (I9). A file in use is not closed.
 * - G3 A sealed segment's index is in memory until its file has been written.
 * - G4 No index is written for a segment that is given up: none is begun then, and removing waits for one that is under way.
 */
import { join } from 'node:path'
import { MetrobusError } from '../errors/index.ts'
import type { Disk, DiskFile } from '../internal/platform/disk.ts'
import { encodeIndex, findRide, readIndex, readSummary } from './index-file.ts'
import type { IndexSummary, RideBlocks, SealedIndex } from './index-file.ts'
import type { JournalLog } from './journal.ts'
import { isNoSpace } from './no-space.ts'
import { scanFrames } from './scan.ts'
import { indexName, segmentHeaderBytes, segmentName } from './segment-file.ts'
import { SegmentIndex } from './segment-index.ts'
import type { Contents } from './segment-index.ts'

const filesOpenMax = 32
const indexesMax = 16

/** One segment. */
export interface Segment {
  readonly base: number
  bytes: number
  /** The index while it is appended to, and until its file is written. */
  live: SegmentIndex | undefined
  /** Of a sealed segment: what it holds, loaded with its index. */
  contents: ReadonlyMap<number, Contents>
  lastTime: number
  /** Where rides are looked up in the file of a sealed segment's index; undefined while that is not known. */
  rides: RideBlocks | undefined
}

interface OpenFile {
  readonly file: Promise<DiskFile>
  users: number
  /** Not to be used any more: closed by its last user. */
  forgotten: boolean
}

export class Segments {
  readonly list: Segment[] = []
  rebuilt = 0
  readonly #disk: Disk
  readonly #dir: string
  readonly #readOnly: boolean
  readonly #log: JournalLog
  readonly #files = new Map<string, OpenFile>()
  readonly #indexes = new Map<number, Promise<SealedIndex>>()
  #writingIndex: Promise<void> = Promise.resolve()

  constructor(disk: Disk, dir: string, readOnly: boolean, log: JournalLog) {
    this.#disk = disk
    this.#dir = dir
    this.#readOnly = readOnly
    this.#log = log
  }

  get active(): Segment {
    return this.list.at(-1)!
  }

  /** Bytes of all segments. */
  get bytes(): number {
    return this.list.reduce((sum, segment) => sum + segment.bytes, 0)
  }

  path(name: string): string {
    return join(this.#dir, name)
  }

  at(base: number): Segment | undefined {
    return this.list.find((segment) => segment.base === base)
  }

  /** Adds the segment that is appended to from now on. */
  begin(base: number): Segment {
    const index = new SegmentIndex()
    const segment: Segment = { base, bytes: 0, live: index, contents: index.contents, lastTime: 0, rides: undefined }
    this.list.push(segment)
    return segment
  }

  /** Adds the segment that recovery found last; it is appended to. */
  resume(base: number, bytes: number, index: SegmentIndex): void {
    this.list.push({ base, bytes, live: index, contents: index.contents, lastTime: index.lastTime, rides: undefined })
  }

  /** Bytes of the entries of each topic, by its number. */
  get bytesByTopic(): ReadonlyMap<number, number> {
    const bytes = new Map<number, number>()
    for (const segment of this.list)
      for (const contents of segment.contents.values())
        bytes.set(contents.topic, (bytes.get(contents.topic) ?? 0) + contents.bytes)
    return bytes
  }

  /** Adds a sealed segment at open: what it holds is known when the head of its index has been read. */
  async adopt(base: number, bytes: number): Promise<void> {
    const segment: Segment = { base, bytes, live: undefined, contents: new Map(), lastTime: 0, rides: undefined }
    this.list.push(segment)
    const summary = await this.#summary(segment)
    segment.rides = summary
    const { contents, lastTime } = summary ?? (await this.#load(segment)).index
    segment.contents = contents
    segment.lastTime = lastTime
  }

  /** The index of a segment: rows, chunks and contents. */
  async index(segment: Segment): Promise<SegmentIndex> {
    return segment.live ?? (await this.#load(segment)).index
  }

  /** Frames of a segment that may hold entries of a ride. */
  async ridesIn(segment: Segment, hash: number): Promise<readonly number[]> {
    const inMemory = (): readonly number[] | undefined => segment.live?.rides.find(hash)
    const found = inMemory()
    if (found !== undefined) return found
    const blocks = (segment.rides ??= await this.#summary(segment)) ?? (await this.#load(segment))
    const onDisk = (): Promise<readonly number[] | undefined> =>
      this.use(indexName(segment.base), (file) => findRide(file, blocks, hash)).catch(absent)
    // One that was made again just now and could not be written is in memory alone.
    return inMemory() ?? (await onDisk()) ?? (await this.#rebuild(segment)).rides.find(hash)
  }

  /** Calls `work` with a file that is open for reading. */
  async use<Value>(name: string, work: (file: DiskFile) => Promise<Value>): Promise<Value> {
    let entry = this.#files.get(name)
    if (entry === undefined)
      entry = { file: this.#disk.open(this.path(name), { readOnly: true }), users: 0, forgotten: false }
    // Taken out and put back: the map is in the order of use.
    this.#files.delete(name)
    this.#files.set(name, entry)
    entry.users++
    entry.file.catch(() => this.#files.delete(name))
    try {
      return await work(await entry.file)
    } finally {
      entry.users--
      if (entry.forgotten) await close(entry)
      else await this.#closeSpare()
    }
  }

  /** Writes the index of a sealed segment whose frames are all on disk. Without space for it the segment does without. */
  async writeIndex(segment: Segment): Promise<void> {
    const writing = this.#writeIndex(segment)
    this.#writingIndex = writing.catch(() => undefined)
    await writing
  }

  async #writeIndex(segment: Segment): Promise<void> {
    const index = segment.live
    if (index === undefined || this.at(segment.base) === undefined) return
    segment.contents = index.contents
    segment.lastTime = index.lastTime
    if (!(await this.#store(segment, index))) return
    const sealed = await this.use(indexName(segment.base), (file) => readIndex(file, segment.base, segment.bytes))
    if (sealed === undefined) return
    this.#keep(segment.base, Promise.resolve(sealed))
    segment.live = undefined
  }

  /** Nobody who begins to read from now on finds the segment. */
  hide(base: number): void {
    const at = this.list.findIndex((segment) => segment.base === base)
    if (at !== -1) this.list.splice(at, 1)
  }

  /** Forgets a segment and removes its files. */
  async remove(base: number): Promise<void> {
    this.hide(base)
    await this.#writingIndex
    this.#indexes.delete(base)
    for (const name of [indexName(base), segmentName(base)]) {
      await this.#forget(name)
      if (await this.#disk.exists(this.path(name))) await this.#disk.unlink(this.path(name))
    }
    await this.#disk.syncFolder(this.#dir)
  }

  async close(): Promise<void> {
    for (const name of this.#files.keys()) await this.#forget(name)
  }

  #summary({ base, bytes }: Segment): Promise<IndexSummary | undefined> {
    return this.use(indexName(base), (file) => readSummary(file, base, bytes)).catch(absent)
  }

  async #load(segment: Segment): Promise<SealedIndex> {
    const known = this.#indexes.get(segment.base)
    if (known !== undefined) {
      this.#keep(segment.base, known)
      return known
    }
    const loading = this.#read(segment)
    this.#keep(segment.base, loading)
    loading.catch(() => this.#indexes.delete(segment.base))
    return loading
  }

  async #read(segment: Segment): Promise<SealedIndex> {
    const found = await this.use(indexName(segment.base), (file) => readIndex(file, segment.base, segment.bytes)).catch(
      absent,
    )
    if (found !== undefined) return found
    const index = await this.#rebuild(segment)
    const written = await this.use(indexName(segment.base), (file) =>
      readIndex(file, segment.base, segment.bytes),
    ).catch(absent)
    if (written !== undefined) return written
    // It could not be written: keep what was made, rides included.
    segment.live = index
    return { index, firstHashes: [], ridesAt: 0 }
  }

  /** Makes the index again from the frames, and writes it when it may. */
  async #rebuild(segment: Segment): Promise<SegmentIndex> {
    this.#log('warn', 'The index of a segment is missing or damaged and is made again.', { segment: segment.base })
    this.rebuilt++
    segment.rides = undefined
    const index = new SegmentIndex()
    const name = segmentName(segment.base)
    const { base, bytes } = segment
    const end = await this.use(name, (file) =>
      scanFrames(file, { base, from: segmentHeaderBytes, to: bytes }, (frame) =>
        index.add(frame, frame.position - base),
      ),
    )
    if (end.fault !== undefined) {
      const facts = { file: this.path(name), offset: end.offset, range: bytes - end.offset, detail: end.fault }
      throw new MetrobusError('MB_JOURNAL_CORRUPT', facts)
    }
    await this.#forget(indexName(base))
    if (!this.#readOnly) await this.#store(segment, index)
    return index
  }

  /** Not synced: it has checksums, and one that was torn is made again. */
  async #store(segment: Segment, index: SegmentIndex): Promise<boolean> {
    try {
      const file = await this.#disk.open(this.path(indexName(segment.base)), { create: true })
      try {
        await file.truncate(0)
        await file.write([encodeIndex(index, segment.base, segment.bytes)], 0)
      } finally {
        await file.close()
      }
      return true
    } catch (error) {
      if (!isNoSpace(error)) throw error
      this.#log('warn', 'There is no space for the index of a segment; it stays in memory.', {
        segment: segment.base,
        error: String(error),
      })
      return false
    }
  }

  #keep(base: number, index: Promise<SealedIndex>): void {
    this.#indexes.delete(base)
    this.#indexes.set(base, index)
    for (const oldest of this.#indexes.keys()) {
      if (this.#indexes.size <= indexesMax) break
      this.#indexes.delete(oldest)
    }
  }

  async #closeSpare(): Promise<void> {
    if (this.#files.size <= filesOpenMax) return
    for (const [name, entry] of this.#files) {
      if (entry.users > 0) continue
      await this.#forget(name)
      return
    }
  }

  async #forget(name: string): Promise<void> {
    const entry = this.#files.get(name)
    if (entry === undefined) return
    this.#files.delete(name)
    entry.forgotten = true
    await close(entry)
  }
}

async function close(entry: OpenFile): Promise<void> {
  if (entry.users > 0) return
  const file = await entry.file.catch(() => undefined)
  await file?.close()
}

/** A missing file is as good as a damaged one; every other failure is told. */
function absent(error: unknown): undefined {
  if ((error as { code?: string }).code === 'ENOENT') return undefined
  throw error
}
