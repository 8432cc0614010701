/**
 * An open journal: the parts put together.
 *
 * Invariants:
 * - J1 Nothing is answered as durable that was not synced in the mode that was asked for.
 * - J2 A poisoned, closed or read-only journal takes nothing.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import type { Acknowledgement, CommitUnit, StateChange } from '../event/unit.ts'
import type { DiskLock } from '../internal/platform/disk.ts'
import type { Clock, Timer } from '../internal/platform/platform.ts'
import { Appender } from './appender.ts'
import { ofDisk } from './disk-fault.ts'
import { FrameKind } from './frame.ts'
import { GroupCommit } from './group-commit.ts'
import { Housekeeper } from './housekeeper.ts'
import type { HousekeepingReport } from './housekeeper.ts'
import type {
  Journal,
  JournalListener,
  JournalTopic,
  JournalTopicSpec,
  OpenReport,
  PlacedRecord,
  ReadLimits,
  SegmentInfo,
  SoughtPosition,
} from './journal.ts'
import { makeMaintenance } from './maintenance.ts'
import type { Maintenance } from './maintenance.ts'
import type { JournalMeters } from './meters.ts'
import { isNoSpace } from './no-space.ts'
import type { ResolvedOptions } from './options.ts'
import { Pressure } from './pressure.ts'
import { Reader } from './reader.ts'
import type { Recovered } from './recovery.ts'
import type { Segments } from './segments.ts'
import { State } from './state.ts'
import { Waiters } from './waiters.ts'

/** Entries are asked to wait from so many bytes on that are not on disk, until there are so few again; nothing is taken beyond the third figure. */
const pendingBytes = { pressed: 16 * 1024 * 1024, calm: 4 * 1024 * 1024, max: 48 * 1024 * 1024 }
/** A seal follows the last group after so long. */
const sealAfterMs = 100
/** With a seal goes a checkpoint, when so much has been appended since the last one. */
const checkpointBytes = 1024 * 1024

export class EmbeddedJournal implements Journal {
  readonly dir: string
  readonly opened: OpenReport
  readonly maintenance: Maintenance
  readonly #options: ResolvedOptions
  readonly #clock: Clock
  readonly #lock: DiskLock
  readonly #appender: Appender
  readonly #commit: GroupCommit
  readonly #reader: Reader
  readonly #segments: Segments
  readonly #pressure: Pressure
  readonly #housekeeper: Housekeeper
  readonly #reads: Promise<unknown>[] = []
  readonly #listeners: JournalListener[] = []
  readonly #waiting: Waiters = new Waiters()
  readonly #waitingForDisk: Waiters = new Waiters()
  #sealTimer: Timer | undefined
  #lastGroup = 0
  #checkpointAt: number
  #closing: Promise<void> | undefined

  constructor(
    options: ResolvedOptions,
    lock: DiskLock,
    segments: Segments,
    recovered: Recovered | undefined,
    initial: State,
  ) {
    const { dir, platform, durability, reserveBytes, segmentBytesMax } = options
    const { clock, disk } = platform
    this.dir = dir
    this.#options = options
    this.#clock = clock
    this.#lock = lock
    this.#segments = segments
    const state = recovered?.state ?? initial
    const durable = recovered === undefined ? 0 : recovered.base + recovered.bytes
    const tail = { sequence: 0, crc: 0, time: 0, ...recovered?.last }
    this.#appender = new Appender(state, segments, tail, platform, segmentBytesMax)
    this.#appender.synced = durable
    this.#checkpointAt = durable
    this.#pressure = new Pressure(
      disk,
      dir,
      clock,
      reserveBytes,
      (pressed, reason) => this.#tellPressed(pressed, reason),
      (error) => this.#commit.poison('write', 'reserve', error),
    )
    const listener = {
      durable: (position: number, synced: number) => this.#durable(position, synced),
      failed: (error: MetrobusError) => this.#failed(error),
    }
    this.#commit = new GroupCommit({
      disk,
      dir,
      clock,
      durability,
      pending: this.#appender.pending,
      segments,
      pressure: this.#pressure,
      listener,
      segmentBytesMax,
      durable,
    })
    this.#reader = new Reader(segments, state, this.#appender, () => this.#commit.durable)
    this.maintenance = makeMaintenance({
      appender: this.#appender,
      reader: this.#reader,
      segments,
      appended: (append) => {
        this.#mayAppend()
        return this.#appended(append())
      },
      io: (call, work) => this.#io(call, work),
      onDisk: () => this.#onDisk(),
      readsOver: () => Promise.allSettled(this.#reads),
      hasRoom: () => !this.#pressure.hasAnyOf('space', 'reserve', 'memory'),
    })
    this.#housekeeper = new Housekeeper(this, { clock, log: options.log, segmentBytesMax })
    this.opened = {
      cutBytes: recovered?.cutBytes ?? 0,
      cutFile: recovered?.cutFile,
      framesReplayed: recovered?.frames ?? 0,
      indexesRebuilt: segments.rebuilt,
    }
  }

  /** Makes the head of a new journal durable, and the reserve. */
  async begin(): Promise<void> {
    if (this.#options.readOnly) return
    await this.#pressure.makeReserve()
    this.#checkBound()
    await this.#commit.begin()
    const { failure } = this.#commit
    if (failure !== undefined && isNoSpace(failure.cause))
      throw new MetrobusError('MB_NO_SPACE', { dir: this.dir, reason: 'the disk is full' })
    if (failure !== undefined) throw failure
    this.#tellLossWindow()
    this.#housekeeper.start()
  }

  get end(): number {
    return this.#appender.end
  }

  get durable(): number {
    return this.#commit.durable
  }

  get meters(): JournalMeters {
    return this.#commit.meters
  }

  get failure(): MetrobusError | undefined {
    return this.#commit.failure
  }

  get pressure(): string | undefined {
    return this.#pressure.reason
  }

  listen(listener: JournalListener): void {
    this.#listeners.push(listener)
  }

  createTopics(specs: readonly JournalTopicSpec[]): number {
    this.#mayAppend()
    return this.#appended(this.#appender.createTopics(specs))
  }

  append(group: string, unit: CommitUnit): number {
    this.#mayAppend()
    if (this.#appender.pending.bytes > pendingBytes.max)
      throw new MetrobusError('MB_NO_SPACE', {
        dir: this.dir,
        reason: this.#pressure.reason ?? 'too much waits for the disk',
      })
    return this.#appended(this.#appender.append(group, unit))
  }

  seek(group: string, positions: readonly SoughtPosition[], changes: readonly StateChange[] = []): number {
    this.#mayAppend()
    const acks = positions.map(({ topic: name, partition, offset, above = [] }) => {
      const topic = this.#appender.topic(name, partition)
      const watermark = Math.min(Math.max(offset, topic.begins[partition]!), topic.ends[partition]!)
      return { topic: topic.number, partition, watermark, above }
    })
    return this.#appended(this.#appender.seek(group, acks, changes))
  }

  synced(): Promise<void> {
    return this.#reached(this.durable, this.#waiting)
  }

  /** As `synced`, and in every mode behind an fdatasync. */
  #onDisk(): Promise<void> {
    const reached = this.#reached(this.#commit.synced, this.#waitingForDisk)
    if (!this.#waitingForDisk.isEmpty) this.#commit.sync()
    return reached
  }

  #reached(position: number, waiters: Waiters): Promise<void> {
    if (this.#commit.failure !== undefined) return Promise.reject(this.#commit.failure)
    return position >= this.end ? Promise.resolve() : waiters.wait(this.end)
  }

  async read(topic: string, partition: number, offset: number, limits: ReadLimits): Promise<readonly Record[]> {
    const state = this.#appender.topic(topic, partition)
    const from = Math.max(offset, state.begins[partition]!)
    return this.#read(() => this.#reader.read(state.number, partition, from, limits))
  }

  async offsetAt(topic: string, partition: number, timeMs: number): Promise<number> {
    const state = this.#appender.topic(topic, partition)
    const found = await this.#read(() =>
      this.#reader.offsetAt(state.number, partition, state.begins[partition]!, timeMs),
    )
    return found ?? state.ends[partition]!
  }

  ride(ride: string): Promise<readonly PlacedRecord[]> {
    return this.#read(() => this.#reader.ride(ride))
  }

  topics(): readonly JournalTopic[] {
    const bytes = this.#segments.bytesByTopic
    return [...this.#appender.state.topics.values()].map(({ number, name, retention, begins, ends }) => ({
      name,
      retention,
      partitions: ends.map((end, partition) => ({ partition, begin: begins[partition]!, end })),
      bytes: bytes.get(number) ?? 0,
    }))
  }

  groups(): readonly string[] {
    return [...this.#appender.state.groups.keys()]
  }

  positions(group: string): readonly Acknowledgement[] {
    return [...(this.#appender.state.groups.get(group)?.positions.values() ?? [])]
  }

  rows(group: string, store: string, partition: number): ReadonlyMap<string, string> {
    return this.#appender.state.rows(group, store, partition)
  }

  segments(): readonly SegmentInfo[] {
    const { state } = this.#appender
    return this.#segments.list.map((segment) => ({
      base: segment.base,
      bytes: segment.bytes,
      sealed: segment !== this.#segments.active,
      lastTime: segment.live?.lastTime ?? segment.lastTime,
      contents: [...segment.contents.values()].map((contents) => ({
        ...contents,
        topic: state.topicByNumber(contents.topic)!.name,
      })),
    }))
  }

  async housekeep(): Promise<HousekeepingReport> {
    this.#mayAppend()
    return this.#housekeeper.run()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#sealTimer?.cancel()
    const kept = this.#housekeeper.close()
    const isWritable = !this.#options.readOnly && this.#commit.failure === undefined
    if (isWritable) this.#appender.sealForGood(this.pressure === undefined)
    this.#pressure.close()
    try {
      await this.#commit.close()
      await kept
      await this.#segments.close()
    } catch (error) {
      throw ofDisk(error, this.dir, 'close')
    } finally {
      await this.#lock.release()
    }
    // A disk that is merely full has told those who wait; nothing else is missing but the seal.
    const { failure } = this.#commit
    if (isWritable && failure !== undefined && !isNoSpace(failure.cause)) throw failure
  }

  #mayAppend(): void {
    if (this.#commit.failure !== undefined) throw this.#commit.failure
    if (this.#closing !== undefined) throw new MetrobusError('MB_JOURNAL_CLOSED', { dir: this.dir })
    if (this.#options.readOnly) throw new MetrobusError('MB_JOURNAL_READ_ONLY', { dir: this.dir })
  }

  #appended(position: number): number {
    if (this.#appender.pending.bytes > pendingBytes.pressed)
      this.#pressure.set('memory', 'more waits for the disk than it takes')
    this.#commit.wake()
    return position
  }

  #durable(position: number, synced: number): void {
    this.#appender.synced = synced
    this.#lastGroup = this.#clock.monotonic()
    if (this.#appender.pending.bytes < pendingBytes.calm) this.#pressure.set('memory', undefined)
    this.#checkBound()
    for (const listener of this.#listeners) listener.durable(position)
    this.#waiting.reached(position)
    this.#waitingForDisk.reached(synced)
    // What they wait for may have come into a later group than the one that was to be synced.
    if (!this.#waitingForDisk.isEmpty) this.#commit.sync()
    this.#sealTimer ??= this.#clock.timer(sealAfterMs, () => this.#sealWhenIdle(), { background: true })
  }

  /** The last group has no witness until something follows it: a seal does. */
  #sealWhenIdle(): void {
    this.#sealTimer = undefined
    if (this.#closing !== undefined || this.failure !== undefined || this.#appender.lastKind === FrameKind.seal) return
    const idle = this.#clock.monotonic() - this.#lastGroup
    if (idle < sealAfterMs - 1 || this.#appender.pending.bytes > 0) {
      this.#sealTimer = this.#clock.timer(sealAfterMs, () => this.#sealWhenIdle(), { background: true })
      return
    }
    this.#appended(this.#appender.seal())
    if (this.end - this.#checkpointAt < checkpointBytes) return
    this.#checkpointAt = this.end
    this.#commit.checkpoint()
  }

  #failed(error: MetrobusError): void {
    for (const listener of this.#listeners) listener.failed(error)
    for (const waiters of [this.#waiting, this.#waitingForDisk]) waiters.failed(error)
  }

  #tellLossWindow(): void {
    const { durability, log } = this.#options
    const facts = { dir: this.dir, durability }
    if (durability.mode === 'interval')
      log('warn', `A power cut loses what was acknowledged in the last ${durability.intervalMs} ms.`, facts)
    if (durability.mode === 'none')
      log('warn', 'A power cut loses what the operating system has not written yet, about 30 s on Linux.', facts)
  }

  #tellPressed(pressed: boolean, reason: string): void {
    this.#options.log(
      pressed ? 'warn' : 'info',
      pressed ? 'The journal takes no new events.' : 'The journal takes new events again.',
      { dir: this.dir, reason },
    )
    for (const listener of this.#listeners) listener.pressed(pressed, reason)
  }

  #checkBound(): void {
    const { diskBytesMax } = this.#options
    if (diskBytesMax === Infinity) return
    const full = this.#segments.bytes >= diskBytesMax
    this.#pressure.set('bound', full ? `it has reached its bound of ${diskBytesMax} bytes` : undefined)
  }

  /** Files of a segment are removed only when the reads that may have found it are over. They stand in an array: a set keeps what it has let go (`internal/roster.ts`). */
  async #read<Value>(work: () => Promise<Value>): Promise<Value> {
    const reading = this.#io('read', work)
    this.#reads.push(reading)
    try {
      return await reading
    } finally {
      void this.#reads.splice(this.#reads.indexOf(reading), 1)
    }
  }

  /** A disk that cannot read is not to be written to either (EIO); any other failure may pass. */
  async #io<Value>(call: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof MetrobusError) throw error
      const code = (error as { code?: string }).code
      if (code === undefined) throw error
      if (code === 'EIO') {
        this.#commit.poison(call, '', error)
        throw this.#commit.failure
      }
      throw ofDisk(error, this.dir, call)
    }
  }
}
