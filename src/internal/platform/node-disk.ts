/**
 * The real disk. Three choices are made for the journal's group commit:
 *
 * - A small write goes into the page cache at once, on the calling thread: copying 16 KiB takes a few µs, a trip through the thread pool
 *   costs more than that and doubles the latency of a write followed by a sync. Large writes go through the pool, so that the loop goes on.
 * - Whole pages of a large write pass the page cache by (`O_DIRECT`), where the file system can: on a virtual machine, whose free memory is not
 *   backed before it is touched, copying a megabyte into fresh pages takes 3 ms and the disk 0.4 ms. What is left at both ends goes through the cache.
 * - The sync always goes through the pool, as an fdatasync of its own: it waits for the device.
 */
import * as fs from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Disk, DiskFile } from './disk.ts'
import { lockFolder, readNote } from './node-lock.ts'
import { cutAtPages, pageBuffer } from './page-buffer.ts'

/** Writes of at most so many bytes are made on the calling thread. */
const promptWriteBytesMax = 16 * 1024

/** From so many bytes of whole pages on, the disk is faster than the page cache. */
const pagesWriteBytesMin = 64 * 1024

export const nodeDisk: Disk = {
  async open(path, options = {}) {
    const access = options.readOnly === true ? fs.constants.O_RDONLY : fs.constants.O_RDWR
    const create = options.create === true || options.exclusive === true ? fs.constants.O_CREAT : 0
    const exclusive = options.exclusive === true ? fs.constants.O_EXCL : 0
    const fd = await call<number>((done) => fs.open(path, access | create | exclusive, 0o600, done))
    return new NodeFile(fd)
  },
  rename: (from, to) => call((done) => fs.rename(from, to, done)),
  unlink: (path) => call((done) => fs.unlink(path, done)),
  async mkdir(relative) {
    // Above a relative path there is no end: the parent of "." is ".".
    const path = resolve(relative)
    const first = await call<string | undefined>((done) => fs.mkdir(path, { recursive: true, mode: 0o700 }, done))
    // The names of new folders must be as durable as what will be written into them.
    if (first === undefined) return
    for (let folder = path; folder.length >= first.length; folder = dirname(folder))
      await this.syncFolder(dirname(folder))
  },
  async list(path) {
    const names = await call<string[]>((done) => fs.readdir(path, done))
    return names.sort()
  },
  async exists(path) {
    try {
      await call((done) => fs.access(path, done))
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
      throw error
    }
  },
  async syncFolder(path) {
    // Windows cannot open a folder; it writes names through.
    if (process.platform === 'win32') return
    const fd = await call<number>((done) => fs.open(path, fs.constants.O_RDONLY, done))
    try {
      await call((done) => fs.fsync(fd, done))
    } finally {
      fs.closeSync(fd)
    }
  },
  buffer: pageBuffer,
  async freeBytes(path) {
    const stats = await call<fs.StatsFs>((done) => fs.statfs(path, done))
    return stats.bavail * stats.bsize
  },
  lock: (path, note) => lockFolder(path, note),
  lockNote: async (path) => readNote(path),
}

class NodeFile implements DiskFile {
  /** `closed` once it is: by then the number may be that of another file, into which no write that is under way must go on. */
  #fd: number
  /** The same file for whole pages; undefined before the first, null where that cannot be done. */
  #pagesFd: number | null | undefined = fs.constants.O_DIRECT === undefined ? null : undefined

  constructor(fd: number) {
    this.#fd = fd
  }

  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number> {
    return call((done) => fs.read(this.#fd, buffer, offset, length, position, done))
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    if (this.#pagesFd === null || sizeOf(buffers) < pagesWriteBytesMin) return this.#writeThrough(buffers, position)
    for (const part of cutAtPages(buffers, position, pagesWriteBytesMin)) {
      const written = part.isPages ? await this.#writePages(part.buffers[0]!, part.position) : 0
      const rest = skip(part.buffers, written)
      // Without a wait, so that the pages behind are on their way when this call returns.
      if (sizeOf(rest) <= promptWriteBytesMax) this.#writePromptly(rest, part.position + written)
      else await this.#writeThrough(rest, part.position + written)
    }
  }

  /** Answers how many bytes were written; the rest, if any, is to go through the page cache. */
  async #writePages(bytes: Uint8Array, position: number): Promise<number> {
    const fd = this.#pagesFd === undefined ? await this.#openPages() : this.#pagesFd
    if (fd === null) return 0
    try {
      return await call<number>((done) => fs.write(fd, bytes, 0, bytes.length, position, done))
    } catch (error) {
      // The ways in which file systems say that they do not do this. Any other error is one of the write.
      if (!cannotBeDirect.has((error as NodeJS.ErrnoException).code)) throw error
      await this.#closePages()
      return 0
    }
  }

  /** Whatever is in the way of it - no descriptor is left, rights were given up, there is no `/proc` - the page cache takes the write. */
  async #openPages(): Promise<number | null> {
    const flags = fs.constants.O_WRONLY | fs.constants.O_DIRECT
    // By the open file and not by its name, which may mean another file by now.
    const opening = call<number>((done) => fs.open(`/proc/self/fd/${this.#fd}`, flags, done))
    const fd = await opening.catch(() => null)
    if (fd === null || this.#fd !== closed) return (this.#pagesFd = fd)
    await call((done) => fs.close(fd, done))
    return null
  }

  async #writeThrough(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let left = buffers
    let at = position
    while (sizeOf(left) > promptWriteBytesMax) {
      const written = await call<number>((done) => fs.writev(this.#fd, left, at, done))
      at += written
      left = skip(left, written)
    }
    this.#writePromptly(left, at)
  }

  #writePromptly(buffers: readonly Uint8Array[], position: number): void {
    let left = buffers
    let at = position
    while (sizeOf(left) > 0) {
      const written = fs.writevSync(this.#fd, left, at)
      at += written
      left = skip(left, written)
    }
  }

  sync(): Promise<void> {
    return call((done) => fs.fdatasync(this.#fd, done))
  }

  truncate(size: number): Promise<void> {
    return call((done) => fs.ftruncate(this.#fd, size, done))
  }

  async size(): Promise<number> {
    const stats = await call<fs.Stats>((done) => fs.fstat(this.#fd, done))
    return stats.size
  }

  async close(): Promise<void> {
    const fd = this.#fd
    this.#fd = closed
    await this.#closePages()
    await call((done) => fs.close(fd, done))
  }

  async #closePages(): Promise<void> {
    const fd = this.#pagesFd
    this.#pagesFd = null
    if (typeof fd === 'number') await call((done) => fs.close(fd, done))
  }
}

/** No descriptor; every call refuses it. */
const closed = -1

const cannotBeDirect: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'])

function sizeOf(buffers: readonly Uint8Array[]): number {
  let size = 0
  for (const buffer of buffers) size += buffer.length
  return size
}

/** What is left of `buffers` behind the first `count` bytes: a write may be short. */
function skip(buffers: readonly Uint8Array[], count: number): readonly Uint8Array[] {
  const left: Uint8Array[] = []
  let done = count
  for (const buffer of buffers) {
    if (done >= buffer.length) done -= buffer.length
    else {
      left.push(done === 0 ? buffer : buffer.subarray(done))
      done = 0
    }
  }
  return left
}

type Done<Value> = (error: Error | null, value?: Value) => void

/** A callback of `fs` as a promise: fewer objects than `fs.promises`, and plain file descriptors. */
function call<Value = void>(run: (done: Done<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    run((error, value) => (error === null ? resolve(value as Value) : reject(error)))
  })
}
