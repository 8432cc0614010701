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

/** What the group commit tells the journal. */
export interface CommitListener {
  durable(position: number, synced: number): void
  failed(error: MetrobusError): void
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
  #file: { readonly base: number; readonly handle: DiskFile; readonly isNew: boolean } | undefined
  #running = false
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
    readonly durable: number
  }) {
    this.#disk = parts.disk
    this.#dir = parts.dir
    this.#clock = parts.clock
    this.#durability = parts.durability
    this.#pending = parts.pending
    this.#segments = parts.segments
    this.#pressure = parts.pressure
    this.#listener = parts.listener
    this.durable = this.synced = parts.durable
  }

  /** Something was appended: a group begins when this turn of the loop is over, or when the running one has returned. */
  wake(): void {
    if (this.#running || this.#retry !== undefined || this.failure !== undefined) return
    void this.#run()
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

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    while (this.#hasWork) {
      await this.#turnIsOver()
      if (this.#hasWork) await this.#commit()
    }
    this.#running = false
    if (this.#retry === undefined) for (const resolve of this.#idle.splice(0)) resolve()
  }

  get #hasWork(): boolean {
    return this.failure === undefined && this.#retry === undefined && (this.#pending.bytes > 0 || this.#syncDue)
  }

  /**
   * In one turn of the loop an event goes through all the stops that run ahead of the disk. A group that began before would leave them to the next one, and the
   * event would wait for one sync more.
   */
  #turnIsOver(): Promise<void> {
    return new Promise((resolve) => this.#clock.immediate(resolve))
  }

  async #commit(): Promise<void> {
    const runs = this.#pending.take()
    const last = runs.at(-1)
    const end = last === undefined ? this.durable : last.segment + last.offset + last.bytes.length
    if (last !== undefined && !(await this.#write(runs))) return
    if (this.#durability.mode === 'fdatasync' || this.#syncDue) {
      if (!(await this.#sync())) return
      this.synced = end
    } else if (this.#durability.mode === 'interval') this.#syncLater(this.#durability.intervalMs)
    // Poisoned meanwhile by what runs beside: C4 holds for this group too.
    if (this.failure !== undefined) return
    this.#pending.written(runs.length)
    this.durable = end
    this.#listener.durable(end, this.synced)
  }

  /** True when all runs are in the file; false when they have to wait or the journal is poisoned. */
  async #write(runs: readonly Run[]): Promise<boolean> {
    const first = runs[0]!
    try {
      const file = await this.#fileOf(first)
      if (file === undefined) return false
      await file.write(
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
        this.#file = { ...file, isNew: false }
      }
      return true
    } catch (error) {
      this.poison('sync', segmentName(file.base), error)
      return false
    }
  }

  /** The file of a segment; the one before is synced and closed first. */
  async #fileOf({ segment: base, offset }: Run): Promise<DiskFile | undefined> {
    if (this.#file?.base === base) return this.#file.handle
    const before = this.#file
    if (before !== undefined) {
      if (!(await this.#sync())) return undefined
      this.synced = this.durable
      await before.handle.close()
      this.#file = undefined
      this.#sealed(before.base)
    }
    const handle = await this.#disk.open(this.#segments.path(segmentName(base)), { create: true })
    this.#file = { base, handle, isNew: offset === 0 }
    return handle
  }

  async #cutBack(run: Run, error: unknown): Promise<void> {
    const name = segmentName(run.segment)
    if (!isNoSpace(error)) {
      this.poison('write', name, error)
      return
    }
    try {
      if (this.#file?.base === run.segment) await this.#file.handle.truncate(run.offset)
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
      void this.#run()
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
    if (this.failure !== undefined || (!this.#running && this.#retry === undefined && this.#pending.bytes === 0))
      return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }
}
