import type { MetrobusError } from '../errors/index.ts'
/**
 * The journal: the embedded durable log. One sequence of checksummed frames in segment files, all topics interleaved; a frame is one
 * commit unit, atomic by being one checksum. This file is its surface; `open-journal.ts` opens one.
 *
 * **Positions.** Everything appended has a logical position: the base of its segment plus the offset in the file. Positions only grow.
 * `append` answers the position behind its frame; a unit is durable when `durable >=` that position.
 *
 * **Order.** Units are durable in the order of the calls, always as a prefix: never the second without the first.
 *
 * **What is seen.** `topics`, `positions` and `rows` answer the fold of everything appended, durable or not; who shows it to others waits for
 * `synced()` first. `read`, `ride` and `offsetAt` answer only what is durable.
 *
 * **Errors.** A call that is refused changes nothing. Once poisoned (MB_JOURNAL_POISONED) the journal never takes or acknowledges anything again.
 */
import type { Record } from '../event/record.ts'
import type { Acknowledgement, CommitUnit, StateChange } from '../event/unit.ts'
import type { Platform } from '../internal/platform/platform.ts'
import type { HousekeepingReport } from './housekeeper.ts'
import type { Maintenance } from './maintenance.ts'
import type { JournalMeters } from './meters.ts'

/** When an append counts as durable. The weaker modes say at open what a power cut may lose; a killed process loses nothing written in any of them. */
export type Durability =
  /** After fdatasync. Loses nothing. */
  | { readonly mode: 'fdatasync' }
  /** After the write; fdatasync every `intervalMs`. A power cut loses at most the units of the last interval, never one before a kept one. */
  | { readonly mode: 'interval'; readonly intervalMs: number }
  /** After the write; the operating system syncs when it likes (Linux: about 30 s). */
  | { readonly mode: 'none' }

/** How to open a journal. */
export interface JournalOptions {
  /** Folder of the journal; made when missing. */
  readonly dir: string
  readonly platform: Platform
  /** A segment is closed once so much, and as much as that takes, lies behind the state at its head. Default: 64 MiB; between 4 KiB and 1 GiB. */
  readonly segmentBytesMax?: number
  /** Default: `{ mode: 'fdatasync' }`. */
  readonly durability?: Durability
  /** At this size of all segments entries are to wait (`pressed`). Default: Infinity. */
  readonly diskBytesMax?: number
  /** A file of this size is kept to be given up when the disk is full, so that settling goes on. 0: none. Default: 4 MiB. */
  readonly reserveBytes?: number
  /** Opens under the lock and writes nothing: for tools on a stopped app. Missing is an error. Default: false. */
  readonly readOnly?: boolean
  /** Said about this holder to others that find the journal locked, such as the path of its socket. Default: '', which the real disk takes for the id of the process. */
  readonly note?: string
  /** Told what an operator should know: bytes cut, indexes rebuilt, space gone and back. Default: nowhere. */
  readonly log?: JournalLog
}

/** Where the journal says what an operator should know. Never called on the hot path. */
export type JournalLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts: { readonly [name: string]: unknown },
) => void

/** What may be deleted of a topic, and when. Same meaning as the bus's. */
export interface JournalRetention {
  readonly compact?: boolean
  readonly timeMs?: number
  readonly bytesMax?: number
}

/** A topic to create. */
export interface JournalTopicSpec {
  readonly name: string
  readonly partitions: number
  readonly retention: JournalRetention
}

/** A topic as it is. `begin` is the oldest kept offset, `end` the next to be given; `bytes` counts its entries in all segments. */
export interface JournalTopic {
  readonly name: string
  readonly retention: JournalRetention
  readonly partitions: readonly { readonly partition: number; readonly begin: number; readonly end: number }[]
  readonly bytes: number
}

/** How much a read may bring. It brings at least one record when there is one. */
export interface ReadLimits {
  readonly recordsMax: number
  /** Bytes of entries as they lie in the journal. */
  readonly bytesMax: number
}

/** Where a group is moved to. */
export interface SoughtPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** What is settled above. Default: nothing. */
  readonly above?: readonly number[]
}

/** A record with its place. */
export interface PlacedRecord {
  readonly topic: string
  readonly partition: number
  readonly record: Record
}

/** What a journal tells. Calls come from the group commit, never from inside `append`. */
export interface JournalListener {
  /** Once a group commit: everything below `position` is durable. */
  durable(position: number): void
  /** Once: the journal is poisoned; nothing above `durable` is acknowledged or may be handed on. */
  failed(error: MetrobusError): void
  /** Short of space or memory (true): who brings in events is to wait, so that settling goes on; or not any more (false). It resumes by itself. */
  pressed(pressed: boolean, reason: string): void
}

/** One segment, as retention and cleaning see it. */
export interface SegmentInfo {
  /** Logical position of its first byte; also its name on disk. */
  readonly base: number
  readonly bytes: number
  /** False for the one that is appended to. */
  readonly sealed: boolean
  /** Highest append time of its entries, in milliseconds since the epoch; 0 without any. */
  readonly lastTime: number
  readonly contents: readonly SegmentContents[]
}

/** What a segment holds of one topic partition: `bytes` are those of its entries, references counted at their own size. */
export interface SegmentContents {
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly last: number
  readonly count: number
  readonly bytes: number
}

/** An open journal. */
export interface Journal {
  readonly dir: string
  /** The position behind everything appended. */
  readonly end: number
  /** Everything below is durable. */
  readonly durable: number
  /** Why the journal is poisoned; undefined while it is well. */
  readonly failure: MetrobusError | undefined
  /** Why entries are to wait just now; undefined when they need not. */
  readonly pressure: string | undefined
  readonly meters: JournalMeters
  /** What opening did: bytes cut off a torn tail and where they are kept, segments whose index was rebuilt, frames replayed. */
  readonly opened: OpenReport

  /** Adds a listener. All are told, in the order added; what one throws is a bug and ends the process. */
  listen(listener: JournalListener): void
  /**
   * Makes topics that are missing and takes over the retention given. Answers the position behind. Refuses a partition count that differs from the
   * existing one (MB_TOPIC_MISMATCH), and then makes none of them.
   */
  createTopics(specs: readonly JournalTopicSpec[]): number
  /**
   * Takes a unit, all or nothing: gives each record `offset`, `appendedAt` and `home`, drops its `unchangedFrom`, moves the group's positions
   * and rows, and answers the position behind. Synchronous; the write starts when the turn of the event loop is over, so that everything appended in it rides in one group commit.
   *
   * Refuses, having changed nothing: MB_NO_SPACE (more than 48 MiB wait for the disk), MB_UNIT_TOO_LARGE, MB_UNKNOWN_TOPIC, MB_POSITION_WENT_BACK, MB_JOURNAL_POISONED, MB_JOURNAL_CLOSED, MB_JOURNAL_READ_ONLY, and whatever
   * JSON.stringify throws on a record that has no `text`.
   */
  append(group: string, unit: CommitUnit): number
  /** Moves positions of a group anywhere between begin and end, and changes rows with them. Answers the position behind. */
  seek(group: string, positions: readonly SoughtPosition[], changes?: readonly StateChange[]): number
  /** Resolves when everything appended before the call is durable; rejects when the journal is poisoned before that. */
  synced(): Promise<void>

  /**
   * Durable records of a partition from the first one at or above `offset`, in offset order; skips what retention or compaction removed. Answers nothing at the end.
   * Data is not decoded. Rejects with MB_JOURNAL_CORRUPT (nothing of the bad frame is served), MB_UNKNOWN_TOPIC, MB_DISK_FAILED.
   */
  read(topic: string, partition: number, offset: number, limits: ReadLimits): Promise<readonly Record[]>
  /** The first durable offset appended at or after `timeMs`, or the end. */
  offsetAt(topic: string, partition: number, timeMs: number): Promise<number>
  /** Every kept durable record of a ride, in the order appended. */
  ride(ride: string): Promise<readonly PlacedRecord[]>
  topics(): readonly JournalTopic[]
  groups(): readonly string[]
  /** What a group has settled, per partition that it ever settled or sought in. */
  positions(group: string): readonly Acknowledgement[]
  /** The rows of a state table. The map is live: copy it to keep it. */
  rows(group: string, store: string, partition: number): ReadonlyMap<string, string>

  /** In the order of their bases; the last is the active one. */
  segments(): readonly SegmentInfo[]
  /** For retention, cleaning and compaction. */
  readonly maintenance: Maintenance
  /**
   * Gives space back now: applies retention, removes segments with nothing live, cleans those less than half live, compacts. It happens by itself
   * within a minute, and when segments fill up or entries wait. Resolves early when the journal closes, fails or is full.
   */
  housekeep(): Promise<HousekeepingReport>
  /**
   * Makes what is pending durable, writes a seal and a checkpoint, lets go of the lock; rejects when the disk fails in that. A journal that is poisoned already
   * only lets go. Twice is fine.
   */
  close(): Promise<void>
}

/** What opening did. */
export interface OpenReport {
  /** Bytes behind the last whole frame that were cut off; 0 for a clean end. */
  readonly cutBytes: number
  /** Where they are kept; undefined when there were none, or nothing but zeros. */
  readonly cutFile: string | undefined
  readonly framesReplayed: number
  readonly indexesRebuilt: number
}
