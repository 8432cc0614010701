/**
 * Brings pending frames to the disk: everything that is pending goes out in one write and is durable after one fdatasync; what comes meanwhile is the
 * next group. A group lies in one segment.
 *
 * Invariants:
 * - C1 `durable` only grows, group by group in the order appended (I1, I4).
 * - C2 `synced` is what an fdatasync that succeeded has covered; it is the witness, and never more than that.
 * - C3 No space: the file is cut back to the last whole group, the group stays first in the queue and is tried again. Nothing is voided.
 * - C4 Any other failure of a write, any failure of a sync or of cutting back poisons: `durable` never moves again.
 * - C5 A new segment is begun only after the one before is synced, and counts only once its name is durable.
 * - C6 A segment's file is set to a size ahead of what is in it, by small groups: a sync behind a write that grows its file waits for the inode as well. What is
 *   ahead is zeros. It is cut off before the next segment is begun, and at a clean close.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Disk, DiskFile } from '../internal/platform/disk.ts'
import type { Clock, Timer } from '../internal/platform/platform.ts'
import { writeCheckpoint } from './checkpoint.ts'
import type { Durability } from './journal.ts'
import { JournalMeters } from './meters.ts'
import { isNoSpace } from './no-space.ts'
import type { Pending, Run } from './pending.ts'
import type { Pressure } from './pressure.ts'
import { segmentName } from './segment-file.ts'
import type { Segments } from './segments.ts'

const retryMs = 500
/** So far ahead of what is written a file's size is set, unless segments are smaller, by groups of at most so many bytes: for a large one the inode does not count. */
const ahead = { bytesMax: 1024 * 1024, groupBytesMax: 64 * 1024 }

/** What is much, at most. */
const promptBytesMax = 256 * 1024

/** What the group commit tells the journal. */
export interface CommitListener {
  durable(position: number, synced: number): void
  failed(error: MetrobusError): void
}

/** The file that groups go to. */
interface OpenSegment {
  readonly base: number
  readonly handle: DiskFile
  /** Its name is not durable yet. */
  isNew: boolean
  /** Behind what was written. */
  end: number
  /** What was set ahead; 0 while nothing is. */
  size: number
}

export class GroupCommit {
  durable: number
  synced: number
  failure: MetrobusError | undefined
  readonly meters: JournalMeters = new JournalMeters()
  readonly #disk: Disk
  readonly #dir: string
  readonly #clock: Clock
  readonly #durability: Durability
  readonly #pending: Pending
  readonly #segments: Segments
  readonly #pressure: Pressure
  readonly #listener: CommitListener
  readonly #aheadBytes: number
  #file: OpenSegment | undefined
  /** A group is on its way to the disk. */
  #isCommitting = false
  /** From so many pending bytes on, a group begins in the middle of a turn. Less rides with all that the turn still brings. */
  readonly #promptBytes: number
  /** One begins when the turn of the loop is over. */
  #isWaiting = false
  #syncDue = false
  #mayWait = false
  #timer: Timer | undefined
  #retry: Timer | undefined
  #idle: (() => void)[] = []
  #background: Promise<void> = Promise.resolve()

  constructor(parts: {
    readonly disk: Disk
    readonly dir: string
    readonly clock: Clock
    readonly durability: Durability
    readonly pending: Pending
    readonly segments: Segments
    readonly pressure: Pressure
    readonly listener: CommitListener
    readonly segmentBytesMax: number
    readonly durable: number
  }) {
    this.#disk = parts.disk
    this.#dir = parts.dir
    this.#clock = parts.clock
    this.#durability = parts.durability
    // A part of a segment where segments are small, so that what is simulated goes both ways.
    this.#promptBytes = Math.min(promptBytesMax, parts.segmentBytesMax / 4)
    this.#pending = parts.pending
    this.#segments = parts.segments
    this.#pressure = parts.pressure
    this.#listener = parts.listener
    this.#aheadBytes = Math.min(ahead.bytesMax, parts.segmentBytesMax)
    this.durable = this.synced = parts.durable
  }

  /** Something was appended: a group begins when this turn of the loop is over, or at once when there is much; or when the running one has returned. */
  wake(): void {
    if (this.#isCommitting || !this.#hasWork) return
    if (this.#hasMuch) void this.#commit()
    else this.#commitLater()
  }

  /** What is pending is synced in every mode: with its group, or behind it. */
  sync(): void {
    this.#syncDue = true
    this.wake()
  }

  /** Brings the head of a new journal to the disk; from then on a group that finds no space waits for it. */
  async begin(): Promise<void> {
    await this.#flush()
    this.#mayWait = true
  }

  /** Brings what is pending to the disk, with a checkpoint, and lets go. What finds no space now is not acknowledged: the journal ends poisoned. */
  async close(): Promise<void> {
    this.#mayWait = false
    this.#timer?.cancel()
    this.#retry?.cancel()
    this.#retry = undefined
    await this.#flush()
    if (this.#file !== undefined) this.checkpoint()
    await this.#background
    if (this.#file !== undefined && this.failure === undefined) await this.#cutAhead(this.#file)
    await this.#file?.handle.close()
    this.#file = undefined
  }

  async #flush(): Promise<void> {
    this.sync()
    await this.#whenIdle()
    await this.#background
  }

  /** Writes the checkpoint after what is running; without space for it the journal does without. */
  checkpoint(): void {
    this.#inBackground(() => writeCheckpoint(this.#disk, this.#dir, { durable: this.synced }))
  }

  get #hasWork(): boolean {
    return this.failure === undefined && this.#retry === undefined && (this.#pending.bytes > 0 || this.#syncDue)
  }

  /** So much that the disk is to begin with it while the handlers go on with the rest. */
  get #hasMuch(): boolean {
    return this.#pending.bytes >= this.#promptBytes
  }

  /**
   * In one turn of the loop an event goes through all the stops that run ahead of the disk. A small group that began before would leave them to the next one, and the
   * event would wait for one sync more.
   */
  #commitLater(): void {
    if (this.#isWaiting) return
    this.#isWaiting = true
    this.#clock.immediate(() => {
      this.#isWaiting = false
      if (this.#isCommitting) return
      if (this.#hasWork) void this.#commit()
      else this.#rest()
    })
  }

  /** One group. Its write is on its way when the call returns. */
  async #commit(): Promise<void> {
    this.#isCommitting = true
    const end = await this.#group()
    this.#isCommitting = false
    if (end !== undefined) {
      this.durable = end
      const { synced } = this
      // Before anybody is told, who may have much to do: the disk does not wait for it.
      if (this.#hasWork && this.#hasMuch) void this.#commit()
      this.#listener.durable(end, synced)
    }
    if (this.#isCommitting) return
    if (this.#hasWork) this.#commitLater()
    else this.#rest()
  }

  /** Brings what is pending to the disk; answers what is durable now, or nothing when it has to be tried again or the journal is poisoned. */
  async #group(): Promise<number | undefined> {
    const runs = this.#pending.take()
    const last = runs.at(-1)
    const end = last === undefined ? this.durable : last.segment + last.offset + last.bytes.length
    if (last !== undefined && !(await this.#write(runs))) return undefined
    if (this.#durability.mode === 'fdatasync' || this.#syncDue) {
      if (!(await this.#sync())) return undefined
      this.synced = end
    } else if (this.#durability.mode === 'interval') this.#syncLater(this.#durability.intervalMs)
    // Poisoned meanwhile by what runs beside: C4 holds for this group too.
    if (this.failure !== undefined) return undefined
    this.#pending.written(runs.length)
    return end
  }

  /** Nothing is on its way and nothing is to be done. */
  #rest(): void {
    if (this.#retry === undefined) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** True when all runs are in the file; false when they have to wait or the journal is poisoned. */
  async #write(runs: readonly Run[]): Promise<boolean> {
    const first = runs[0]!
    try {
      const file = this.#file?.base === first.segment ? this.#file : await this.#nextFile(first)
      if (file === undefined) return false
      const last = runs.at(-1)!
      file.end = last.offset + last.bytes.length
      // No wait for a large one, so that it is on its way when the call returns.
      if (file.end - first.offset <= ahead.groupBytesMax) await this.#growAhead(file)
      await file.handle.write(
        runs.map((run) => run.bytes),
        first.offset,
      )
    } catch (error) {
      await this.#cutBack(first, error)
      return false
    }
    for (const { bytes } of runs) this.meters.writtenBytes += bytes.length
    this.#pressure.set('space', undefined)
    return true
  }

  async #growAhead(file: OpenSegment): Promise<void> {
    if (this.#durability.mode !== 'fdatasync' || file.end <= file.size) return
    try {
      await file.handle.truncate(file.end + this.#aheadBytes)
      file.size = file.end + this.#aheadBytes
    } catch (error) {
      // What is to be written may find space where so much more does not: the file then grows with it.
      if (!isNoSpace(error)) throw error
    }
  }

  /** Ends the file where what is in it ends. False when the journal is poisoned. */
  async #cutAhead(file: OpenSegment): Promise<boolean> {
    if (file.size <= file.end) return true
    try {
      await file.handle.truncate(file.end)
      return true
    } catch (error) {
      this.poison('truncate', segmentName(file.base), error)
      return false
    }
  }

  async #sync(): Promise<boolean> {
    this.#syncDue = false
    const file = this.#file
    if (file === undefined) return true
    try {
      const begun = this.#clock.monotonic()
      await file.handle.sync()
      this.meters.syncs.add(this.#clock.monotonic() - begun)
      if (file.isNew) {
        await this.#disk.syncFolder(this.#dir)
        file.isNew = false
      }
      return true
    } catch (error) {
      this.poison('sync', segmentName(file.base), error)
      return false
    }
  }

  /** The file of another segment than before, which is synced and closed first. */
  async #nextFile({ segment: base, offset }: Run): Promise<OpenSegment | undefined> {
    const before = this.#file
    if (before !== undefined) {
      if (!(await this.#cutAhead(before)) || !(await this.#sync())) return undefined
      this.synced = this.durable
      await before.handle.close()
      this.#file = undefined
      this.#sealed(before.base)
    }
    const handle = await this.#disk.open(this.#segments.path(segmentName(base)), { create: true })
    this.#file = { base, handle, isNew: offset === 0, end: offset, size: 0 }
    return this.#file
  }

  async #cutBack(run: Run, error: unknown): Promise<void> {
    const name = segmentName(run.segment)
    if (!isNoSpace(error)) {
      this.poison('write', name, error)
      return
    }
    try {
      const file = this.#file
      if (file?.base === run.segment) {
        await file.handle.truncate(run.offset)
        file.end = run.offset
        file.size = 0
      }
    } catch (failure) {
      this.poison('truncate', name, failure)
      return
    }
    // Space given up by the reserve is for what is pending; it is tried at once.
    this.#pressure.set('space', 'the disk is full')
    if (await this.#pressure.giveUpReserve()) return
    if (!this.#mayWait) {
      this.poison('write', name, error)
      return
    }
    this.#retry = this.#clock.timer(retryMs, () => {
      this.#retry = undefined
      this.wake()
    })
  }

  /** For good: nothing ahead is acknowledged any more. */
  poison(call: string, file: string, cause: unknown): void {
    if (this.failure !== undefined) return
    const error = (cause as { code?: string }).code ?? String(cause)
    this.failure = new MetrobusError('MB_JOURNAL_POISONED', { file: this.#segments.path(file), call, error }, { cause })
    this.#timer?.cancel()
    this.#retry?.cancel()
    this.#listener.failed(this.failure)
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #syncLater(intervalMs: number): void {
    this.#timer ??= this.#clock.timer(intervalMs, () => {
      this.#timer = undefined
      this.sync()
    })
  }

  /** A segment is whole on the disk: write its index and a checkpoint beside the next groups. */
  #sealed(base: number): void {
    const segment = this.#segments.at(base)
    if (segment !== undefined) this.#inBackground(() => this.#segments.writeIndex(segment))
    this.checkpoint()
  }

  #inBackground(work: () => Promise<void>): void {
    this.#background = this.#background.then(async () => {
      if (this.failure !== undefined) return
      try {
        await work()
      } catch (error) {
        if (!isNoSpace(error)) this.poison('write', 'checkpoint', error)
      }
    })
  }

  #whenIdle(): Promise<void> {
    const isResting = !this.#isCommitting && !this.#isWaiting && this.#retry === undefined && this.#pending.bytes === 0
    if (this.failure !== undefined || isResting) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }
}
