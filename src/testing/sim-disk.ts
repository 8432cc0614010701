import type { Disk, DiskFile, DiskLock } from '../internal/platform/disk.ts'
/**
 * A disk in memory that forgets, fails and fills up on command. It behaves as POSIX promises and no better: what was not synced is lost, or
 * not, or in part, at a crash (`crashImages`), and any call may fail (`fail`).
 *
 * ```ts
 * const disk = new SimDisk()
 * disk.fail(atCall(7, { error: 'EIO' }))         // the 7th call fails
 * for (const image of crashImages(disk)) await reopen(image.mount())
 * ```
 *
 * Calls take effect at once and resolve in a later microtask; with a `clock` in a later turn of the event loop, as calls of Node do, or after the
 * `delayMs` of a fault.
 */
import type { Clock } from '../internal/platform/platform.ts'
import { DiskError } from './disk-error.ts'
import type { DiskErrorCode } from './disk-error.ts'
import { DiskState, folderOf, nothing } from './disk-state.ts'
import type { DiskOperation } from './disk-state.ts'

/** The calls of a disk. `create` is an `open` that makes the file. */
export type DiskCallName = keyof Disk | Exclude<keyof DiskFile, 'size' | 'close'> | 'create' | 'size' | 'close'

/** One call, for a fault to choose by. Numbers count from 1. */
export interface DiskCall {
  readonly name: DiskCallName
  readonly path: string
  /** Among all calls. */
  readonly number: number
  /** Among the calls of this name. */
  readonly numberOfName: number
  /** Bytes asked for by a read or a write; 0 for others. */
  readonly bytes: number
}

/** What happens to a call instead. */
export interface DiskFault {
  /** Rejects with this code. */
  readonly error?: DiskErrorCode
  /** A write that fails has taken so many bytes before; a read without `error` brings at most so many. Default: none, and all. */
  readonly bytes?: number
  /** The process dies in this call: neither it nor any later one ever returns. */
  readonly halt?: boolean
  /** The call takes so long. Needs a clock. */
  readonly delayMs?: number
}

/** Asked before every call; answers what goes wrong with it, if anything. */
export type DiskFaults = (call: DiskCall) => DiskFault | undefined

/** How a simulated disk is made. */
export interface SimDiskOptions {
  /** Bytes that all files together may have. Default: Infinity. */
  readonly capacityBytes?: number
  /** Times the answers. Default: none, answers come in the next microtask. */
  readonly clock?: Clock
  /** Keeps the log of operations, with a copy of every byte written. Default: true. */
  readonly log?: boolean
}

/** A fault at the n-th call, counted from 1. */
export const atCall =
  (number: number, fault: DiskFault): DiskFaults =>
  (call) =>
    call.number === number ? fault : undefined

/** A fault at the n-th call of one name, counted from 1. */
export const atCallOf =
  (name: DiskCallName, number: number, fault: DiskFault): DiskFaults =>
  (call) =>
    call.name === name && call.numberOfName === number ? fault : undefined

/** A simulated disk, as one process has it mounted. */
export class SimDisk implements Disk {
  /** Room for all files together; may be changed at any time. */
  capacityBytes: number
  readonly #state: DiskState
  readonly #base: DiskState | undefined
  readonly #log: DiskOperation[] = []
  readonly #clock: Clock | undefined
  readonly #locks: Map<string, string> = new Map()
  readonly #calls: Map<DiskCallName, number> = new Map()
  #callCount = 0
  #nextFile: number
  #faults: DiskFaults | undefined
  #halted = false

  constructor(options: SimDiskOptions = {}, state: DiskState = new DiskState()) {
    this.capacityBytes = options.capacityBytes ?? Infinity
    this.#clock = options.clock
    this.#state = state
    this.#base = (options.log ?? true) ? state.copy() : undefined
    this.#nextFile = state.nextFile
  }

  /** Puts a plan of faults in the place of the one before; undefined ends all faults. */
  fail(faults: DiskFaults | undefined): void {
    this.#faults = faults
  }

  /** How many calls were made, of one name or in all. */
  callCount(name?: DiskCallName): number {
    return name === undefined ? this.#callCount : (this.#calls.get(name) ?? 0)
  }

  /** Everything that changed this disk since it was mounted. Its length, taken when something is acknowledged, says how much had been done by then. */
  get operations(): readonly DiskOperation[] {
    return this.#log
  }

  /** The disk as it was mounted: what `operations` starts from. */
  get base(): DiskState {
    return (this.#base ?? this.#state).copy()
  }

  /** The disk as it is. */
  get state(): DiskState {
    return this.#state
  }

  /** True after a fault with `halt`, or `halt()`. */
  get halted(): boolean {
    return this.#halted
  }

  /** The process that has this disk mounted dies: none of its calls ever returns. */
  halt(): void {
    this.#halted = true
  }

  /** Mounts the disk for the next process after the death of this one, without a power cut: all that was written is there. This one is halted. */
  remount(options: SimDiskOptions = {}): SimDisk {
    this.halt()
    return new SimDisk({ capacityBytes: this.capacityBytes, ...options }, this.#state.copy())
  }

  /** Mounts the disk after a power cut that took everything that was not synced; `crashImages` has the other ways. This one is halted. */
  powerCut(options: SimDiskOptions = {}): SimDisk {
    this.halt()
    return new SimDisk({ capacityBytes: this.capacityBytes, ...options }, this.#state.image(nothing))
  }

  /** Paths and sizes of all files. */
  files(): readonly { readonly path: string; readonly size: number }[] {
    return [...this.#state.names]
      .map(([path, file]) => ({ path, size: this.#state.bytes(file).size }))
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** A copy of a file's bytes. */
  contents(path: string): Uint8Array {
    const bytes = this.#state.bytes(this.#find('read', path))
    const contents = new Uint8Array(bytes.size)
    bytes.read(contents, 0)
    return contents
  }

  /** Gives a file other bytes behind the back of the process, as a failing disk or an operator does. */
  replace(path: string, bytes: Uint8Array): void {
    this.#state.replace(path, bytes)
  }

  /** Turns one bit of a file over; `bit` counts from 0 through all bits of the file. */
  flipBit(path: string, bit: number): void {
    const bytes = this.contents(path)
    bytes[bit >> 3]! ^= 1 << (bit & 7)
    this.replace(path, bytes)
  }

  async open(path: string, options: Parameters<Disk['open']>[1] = {}): Promise<DiskFile> {
    const isNew = !this.#state.names.has(path) && (options.create === true || options.exclusive === true)
    await this.#call(isNew ? 'create' : 'open', path)
    if (options.exclusive === true && this.#state.names.has(path)) throw new DiskError('EEXIST', 'open', path)
    if (this.#state.hasFolder(path)) throw new DiskError('EISDIR', 'open', path)
    if (!isNew) return this.#file(path, this.#find('open', path), options.readOnly === true)
    this.#needFolder('open', folderOf(path))
    const file = this.#nextFile++
    this.#do({ kind: 'create', path, file })
    return this.#file(path, file, options.readOnly === true)
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call('rename', from)
    this.#find('rename', from)
    this.#needFolder('rename', folderOf(to))
    if (from !== to) this.#do({ kind: 'rename', path: from, to })
  }

  async unlink(path: string): Promise<void> {
    await this.#call('unlink', path)
    this.#find('unlink', path)
    this.#do({ kind: 'unlink', path })
  }

  async mkdir(path: string): Promise<void> {
    await this.#call('mkdir', path)
    if (this.#state.names.has(path)) throw new DiskError('EEXIST', 'mkdir', path)
    const missing: string[] = []
    for (let folder = path; !this.#state.hasFolder(folder); folder = folderOf(folder)) missing.push(folder)
    for (const folder of missing.toReversed()) this.#do({ kind: 'mkdir', path: folder })
  }

  async list(path: string): Promise<readonly string[]> {
    await this.#call('list', path)
    this.#needFolder('scandir', path)
    return this.#state.list(path)
  }

  async exists(path: string): Promise<boolean> {
    await this.#call('exists', path)
    return this.#state.names.has(path) || this.#state.hasFolder(path)
  }

  async syncFolder(path: string): Promise<void> {
    await this.#call('syncFolder', path, 0, () => this.#do({ kind: 'syncFolder', path, failed: true }))
    this.#needFolder('fsync', path)
    this.#do({ kind: 'syncFolder', path, failed: false })
  }

  buffer(bytes: number): Buffer {
    return Buffer.allocUnsafeSlow(bytes)
  }

  async freeBytes(path: string): Promise<number> {
    await this.#call('freeBytes', path)
    return Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, this.capacityBytes - this.#state.size))
  }

  async lock(path: string, note: string): Promise<DiskLock | undefined> {
    await this.#call('lock', path)
    this.#needFolder('lock', path)
    if (this.#locks.has(path)) return undefined
    this.#locks.set(path, note)
    let released = false
    return {
      release: async () => {
        if (!released) this.#locks.delete(path)
        released = true
      },
    }
  }

  async lockNote(path: string): Promise<string | undefined> {
    await this.#call('lockNote', path)
    return this.#locks.get(path)
  }

  #file(path: string, file: number, readOnly: boolean): DiskFile {
    let closed = false
    const enter = async (
      name: DiskCallName,
      bytes = 0,
      onError?: (taken: number) => void,
    ): Promise<DiskFault | undefined> => {
      const fault = await this.#call(name, path, bytes, onError)
      if (closed || (readOnly && (name === 'write' || name === 'truncate'))) throw new DiskError('EBADF', name, path)
      return fault
    }
    return {
      read: async (buffer, offset, length, position) => {
        const fault = await enter('read', length)
        const most = Math.min(length, fault?.bytes ?? length)
        return this.#state.bytes(file).read(buffer.subarray(offset, offset + most), position)
      },
      write: async (buffers, position) => {
        const bytes = Buffer.concat(buffers)
        const take = (count: number): void => {
          if (count > 0) this.#do({ kind: 'write', path, file, position, bytes: bytes.subarray(0, count) })
        }
        await enter('write', bytes.length, take)
        const room = this.capacityBytes - this.#state.size + this.#state.bytes(file).size - position
        take(Math.max(0, Math.min(bytes.length, room)))
        if (room < bytes.length) throw new DiskError('ENOSPC', 'write', path)
      },
      sync: async () => {
        await enter('sync', 0, () => this.#do({ kind: 'sync', path, file, failed: true }))
        this.#do({ kind: 'sync', path, file, failed: false })
      },
      truncate: async (size) => {
        await enter('truncate')
        this.#do({ kind: 'truncate', path, file, size })
      },
      size: async () => {
        await enter('size')
        return this.#state.bytes(file).size
      },
      close: async () => {
        await enter('close')
        closed = true
      },
    }
  }

  /** Every call comes through here: counts it, and lets happen to it what the plan says. `onError`: what a failing call does all the same. */
  async #call(
    name: DiskCallName,
    path: string,
    bytes = 0,
    onError?: (taken: number) => void,
  ): Promise<DiskFault | undefined> {
    if (this.#halted) return never()
    const numberOfName = this.callCount(name) + 1
    this.#calls.set(name, numberOfName)
    const number = ++this.#callCount
    const fault = this.#faults?.({ name, path, number, numberOfName, bytes })
    if (fault?.halt === true) {
      // The kernel goes on with what it has: a sync has neither failed nor ended.
      if (name === 'write') onError?.(fault.bytes ?? 0)
      this.halt()
      return never()
    }
    await this.#time(fault)
    if (this.#halted) return never()
    if (fault?.error === undefined) return fault
    onError?.(fault.bytes ?? 0)
    throw new DiskError(fault.error, name, path)
  }

  #time(fault: DiskFault | undefined): Promise<void> | undefined {
    const clock = this.#clock
    if (clock === undefined) return undefined
    const delayMs = fault?.delayMs
    return new Promise((resolve) => {
      if (delayMs === undefined) clock.immediate(resolve)
      else clock.timer(delayMs, resolve)
    })
  }

  #do(operation: DiskOperation): void {
    this.#state.apply(operation)
    if (this.#base !== undefined) this.#log.push(operation)
  }

  #find(syscall: string, path: string): number {
    const file = this.#state.names.get(path)
    if (file === undefined) throw new DiskError('ENOENT', syscall, path)
    return file
  }

  #needFolder(syscall: string, path: string): void {
    if (!this.#state.hasFolder(path)) throw new DiskError('ENOENT', syscall, path)
  }
}

/** What the calls of a dead process give: each its own, for one promise for all would hold on to all that ever waited for it. */
const never = (): Promise<never> => new Promise(() => undefined)
