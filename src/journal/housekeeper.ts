/**
 * Gives space back: moves the beginnings of partitions by retention, removes segments that hold nothing live, and cleans those that are less
 * than half live, by copying what is live to the end. So sealed segments are at least half live, and the disk holds at most twice the live bytes,
 * the segment that is appended to, and the one that is being cleaned.
 *
 * Invariants:
 * - H1 A segment is whole on the disk before anything is copied from it; its files go only after the log says so durably, and what was copied is durable before
 *   that.
 * - H2 One pass at a time. A crash in it loses nothing; the next pass goes on where the copying ended.
 * - H3 Time never jumps forward here: a wall clock that is set forward by a year deletes nothing early.
 * - H4 A damaged segment is told of and left as it is.
 */
import { isMetrobusError } from '../errors/index.ts'
import type { Clock, Timer } from '../internal/platform/platform.ts'
import { findOvertaken } from './compaction.ts'
import type { Overtaken } from './compaction.ts'
import type { Journal, JournalLog, SegmentInfo } from './journal.ts'
import { copiedBytes } from './maintenance.ts'
import type { StoredEntry, StoredRow } from './maintenance.ts'
import { expired } from './retention.ts'

/** A pass follows the one before after so long; sooner when segments were filled meanwhile or entries wait. */
const everyMs = 60_000
/** While entries wait: what is settled meanwhile may make room for them. */
const everyMsUnderPressure = 1_000
/** Live entries are copied in pieces of about this size, each synced before the next, so that settling hardly waits. */
const pieceBytes = 512 * 1024
/** A segment is read again for judging when it has lost so much of itself since the last time. */
const rejudgeShare = 1 / 16
/** How far the wall clock may run ahead of the passing of time between two passes: slewing, and coarse timers. */
const slackMs = 5_000

/** What a pass has done. */
export interface HousekeepingReport {
  /** Partitions whose beginning moved. */
  readonly begins: number
  /** Segments that held nothing live. */
  readonly removed: number
  /** Segments whose live entries were copied to the end. */
  readonly cleaned: number
  readonly copiedBytes: number
}

export class Housekeeper {
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #log: JournalLog
  readonly #segmentBytesMax: number
  /** For each sealed segment the live bytes that it seemed to have when it was last read and found to be worth keeping. */
  readonly #judged = new Map<number, number>()
  readonly #damaged = new Set<number>()
  readonly #told = new Set<string>()
  /** Entries and keys of the compacted topics when they were last read. */
  #keysAtCompaction = 0
  #nowAtPass: { readonly now: number; readonly monotonic: number }
  #endAtPass = 0
  #timer: Timer | undefined
  #running: Promise<HousekeepingReport> | undefined
  #closed = false

  constructor(
    journal: Journal,
    parts: { readonly clock: Clock; readonly log: JournalLog; readonly segmentBytesMax: number },
  ) {
    this.#journal = journal
    this.#clock = parts.clock
    this.#log = parts.log
    this.#segmentBytesMax = parts.segmentBytesMax
    // Also the first pass is held back: the clock may have been set since.
    this.#nowAtPass = { now: parts.clock.now(), monotonic: parts.clock.monotonic() }
  }

  /** From now on passes follow each other by themselves. */
  start(): void {
    this.#endAtPass = this.#journal.end
    this.#journal.listen({
      durable: (position) => {
        if (position - this.#endAtPass < this.#segmentBytesMax) return
        this.#endAtPass = position
        this.#soon(0)
      },
      failed: () => this.#timer?.cancel(),
      pressed: (pressed) => {
        if (pressed) this.#soon(0)
      },
    })
    this.#soon(everyMs)
  }

  /** One pass now, or the one that is under way. Resolves early, with what was done, when the journal closes, fails or is full. */
  run(): Promise<HousekeepingReport> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#endAtPass = this.#journal.end
    this.#running ??= this.#pass().finally(() => {
      this.#running = undefined
      this.#soon(this.#journal.pressure === undefined ? everyMs : everyMsUnderPressure)
    })
    return this.#running
  }

  /** Ends the pass that is under way at the next point where it can be left. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    await this.#running
  }

  #soon(delayMs: number): void {
    if (this.#closed || this.#running !== undefined) return
    this.#timer?.cancel()
    this.#timer = this.#clock.timer(delayMs, () => void this.run(), { background: true })
  }

  async #pass(): Promise<HousekeepingReport> {
    const report = { begins: 0, removed: 0, cleaned: 0, copiedBytes: 0 }
    try {
      const now = this.#now()
      const begins = await expired(this.#journal, now, (error) => this.#tellDamage(error))
      report.begins = begins.length
      if (begins.length > 0) this.#journal.maintenance.trim({ begins, removed: [] })
      report.removed = await this.#remove(this.#sealed().filter((segment) => this.#liveBytes(segment) === 0))
      const overtaken = await this.#compaction(now)
      for (const segment of this.#sealed()) {
        if (this.#closed || !this.#journal.maintenance.hasRoom) break
        if (!this.#damaged.has(segment.base)) await this.#tryToClean(segment, overtaken, report)
      }
    } catch (error) {
      this.#ended(error)
    }
    return report
  }

  /** What the journal has told already ends a pass in silence, a failure of the disk that may pass is logged, all else is a bug. */
  #ended(error: unknown): void {
    if (!isMetrobusError(error)) throw error
    const isTold = error.code === 'MB_JOURNAL_POISONED' || error.code === 'MB_JOURNAL_CLOSED'
    if (!isTold) this.#log('warn', 'Housekeeping was left off and is tried again.', { error: error.message })
  }

  /** Those that are whole on the disk: of others, what is not durable yet is not read, and would go with them. */
  #sealed(): readonly SegmentInfo[] {
    const { durable } = this.#journal
    return this.#journal.segments().filter(({ sealed, base, bytes }) => sealed && base + bytes <= durable)
  }

  async #tryToClean(
    segment: SegmentInfo,
    overtaken: Overtaken | undefined,
    report: { removed: number; cleaned: number; copiedBytes: number },
  ): Promise<void> {
    const seeming = this.#liveBytes(segment)
    const judged = this.#judged.get(segment.base) ?? Infinity
    if (overtaken === undefined && (seeming * 2 >= segment.bytes || seeming > judged - segment.bytes * rejudgeShare))
      return
    try {
      const live = await this.#measure(segment.base, overtaken)
      if (live * 2 >= segment.bytes) this.#judged.set(segment.base, seeming)
      else {
        report.copiedBytes += await this.#copy(segment.base, overtaken)
        if (!this.#closed) report[live === 0 ? 'removed' : 'cleaned'] += await this.#remove([segment])
      }
    } catch (error) {
      this.#tellDamage(error)
      this.#damaged.add(segment.base)
    }
  }

  /** H4: once for each place; anything but damage is thrown again. */
  #tellDamage(error: unknown): void {
    if (!isMetrobusError(error, 'MB_JOURNAL_CORRUPT')) throw error
    if (!this.#told.has(error.message)) this.#log('error', 'Damaged space is not given back.', { ...error.facts })
    this.#told.add(error.message)
  }

  /** Live bytes of a segment as copies of its entries would have them. */
  async #measure(base: number, overtaken: Overtaken | undefined): Promise<number> {
    let bytes = 0
    for await (const row of this.#journal.maintenance.rows(base))
      for (const entry of this.#live(row, overtaken)) bytes += copiedBytes(entry)
    return bytes
  }

  async #copy(base: number, overtaken: Overtaken | undefined): Promise<number> {
    let copied = 0
    let bytes = 0
    let rows: StoredRow[] = []
    const flush = async (): Promise<void> => {
      if (rows.length > 0) this.#journal.maintenance.move(rows)
      copied += bytes
      bytes = 0
      rows = []
      await this.#journal.synced()
    }
    for await (const row of this.#journal.maintenance.rows(base)) {
      if (this.#closed) return copied
      const entries = this.#live(row, overtaken)
      if (entries.length > 0) rows.push({ ...row, entries })
      for (const entry of entries) bytes += copiedBytes(entry)
      if (bytes >= pieceBytes) await flush()
    }
    await flush()
    return copied
  }

  #live(row: StoredRow, overtaken: Overtaken | undefined): readonly StoredEntry[] {
    const { topic, partition, entries, copiedTo } = row
    const begin = this.#journal.maintenance.begin(topic, partition)
    return entries.filter(
      ({ view }) => view.offset >= begin && view.offset > copiedTo && overtaken?.has(topic, partition, view) !== true,
    )
  }

  /** Gives up segments whose live entries, if any, are durable elsewhere. */
  async #remove(segments: readonly SegmentInfo[]): Promise<number> {
    if (segments.length === 0) return 0
    const removed = segments.map(({ base }) => base)
    this.#journal.maintenance.trim({ begins: [], removed })
    await this.#journal.synced()
    for (const base of removed) {
      await this.#journal.maintenance.drop(base)
      this.#judged.delete(base)
    }
    return removed.length
  }

  /** Reads the compacted topics anew when they have doubled since the last time. */
  async #compaction(now: number): Promise<Overtaken | undefined> {
    const compacted = new Set(
      this.#journal
        .topics()
        .filter(({ retention }) => retention.compact === true)
        .map(({ name }) => name),
    )
    if (compacted.size === 0) return undefined
    let entries = 0
    for (const { contents } of this.#sealed())
      for (const { topic, count } of contents) if (compacted.has(topic)) entries += count
    if (entries === 0 || entries < this.#keysAtCompaction * 2) return undefined
    try {
      const overtaken = await findOvertaken(this.#journal, compacted, now)
      this.#keysAtCompaction = overtaken.keys
      return overtaken
    } catch (error) {
      // The newest entry of some key may be among what cannot be read: all are kept.
      this.#tellDamage(error)
      return undefined
    }
  }

  /** What a segment seems to hold of what is not given up: by the ranges of its offsets, which is exact for none and for all. */
  #liveBytes({ contents }: SegmentInfo): number {
    let live = 0
    for (const { topic, partition, first, last, bytes } of contents) {
      const begin = this.#journal.maintenance.begin(topic, partition)
      if (last >= begin) live += bytes * Math.min(1, (last + 1 - begin) / (last + 1 - first))
    }
    return live
  }

  /** H3: wall time, held back to the time that has passed since the last pass. */
  #now(): number {
    const wall = this.#clock.now()
    const monotonic = this.#clock.monotonic()
    const last = this.#nowAtPass
    const now = Math.min(wall, last.now + (monotonic - last.monotonic) + slackMs)
    this.#nowAtPass = { now, monotonic }
    return now
  }
}
