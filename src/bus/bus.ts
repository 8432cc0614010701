import type { Record } from '../event/record.ts'
/**
 * The port to a log or queue: the smallest thing that the runtime needs. An adapter translates and does nothing else: it
 * does not retry, meter, log or guard its own lifecycle; `guarded.ts` does that for all of them.
 *
 * A bus is opened once and then joined by any number of members: one an app, its group being the app's name. Several apps may share
 * one bus instance in a process.
 */
import type { Acknowledgement, CommitUnit, StateChange } from '../event/unit.ts'
import type { Platform } from '../internal/platform/platform.ts'
import type { Capabilities } from './capabilities.ts'
import type { BusMeters } from './meters.ts'

/** A topic as an app declares it. */
export interface TopicSpec {
  readonly name: string
  /** Number of partitions; undefined takes the bus's default. */
  readonly partitions?: number
  /** What may be deleted and when; undefined takes the bus's default. */
  readonly retention?: RetentionSpec
  /** The app writes to it, so it has to take records as large as the bus does. Default false, for one that is only read. */
  readonly isWritten?: boolean
}

/** `consumed` keeps what some group has not settled; `compact` keeps the newest record a key; limits apply to what is not protected so. */
export interface RetentionSpec {
  readonly compact?: boolean
  /** Milliseconds; Infinity never expires by time. */
  readonly timeMs?: number
  /** Bytes a topic; Infinity never expires by size. */
  readonly bytesMax?: number
}

/** A topic that a member reads. */
export interface Subscription {
  readonly topic: string
  /** Where a group without a position begins. Default 'beginning'. */
  readonly from?: 'beginning' | 'now'
}

/** One topic partition. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What a member is told. All calls come from the bus, never from inside a call of the member's own `poll`. They may come from inside `join`, `settle` and `rewind`. */
export interface MemberListener {
  /**
   * These partitions are now the member's, at these committed positions. The member must load what it keeps for them
   * (`Member.load`) before it handles their first record; the bus may have records ready at once.
   */
  assigned(partitions: readonly Assignment[]): void
  /**
   * These partitions are no longer the member's: what is in flight for them will be refused. A unit of rows alone that the member hands over inside this call has ended
   * before the next owner of the partitions is named, unless the member was cut off.
   */
  revoked(partitions: readonly TopicPartition[]): void
  /** `poll` would answer records of this partition. Told again only after a `poll` of it came back short (fewer records than asked for). */
  ready(topic: string, partition: number): void
  /** The bus cannot go on; every later call is refused. */
  failed(error: unknown): void
  /**
   * Entries must wait (true) or may go on (false): the bus is short of space or memory. Settling goes on meanwhile. It is a request to whoever brings events in:
   * a unit that is handed over all the same is taken as ever.
   */
  pressed(pressed: boolean, reason: string): void
}

/** A partition given to a member, with what its group had settled. */
export interface Assignment extends Acknowledgement {
  /** Counts the owners of this partition; a unit of an older owner is refused. */
  readonly generation: number
}

/**
 * How a settle ended. `committed`: visible and durable. `refused`: nothing of it happened and nothing will, and nothing of it was visible, also not ahead;
 * the member is no longer an owner of a partition it acknowledges, or its `epoch` is that of a refused one. `unknown`: either may be true; the runtime settles
 * the same unit again, the same object, and runs no handler; what it handed over behind it waits.
 */
export type Settled = 'committed' | 'refused' | 'unknown'

/** What a poll asks for. */
export interface PollRequest {
  /** At most so many records. */
  readonly recordsMax: number
  /** Also records that are appended but not yet durable: for stops without outside effects. Ignored without `supportsRunAhead`. */
  readonly ahead: boolean
}

/** One app on the bus. */
export interface Member {
  /** No other member of the group has it, now or later. Undefined where a group has one member at a time. */
  readonly name?: string | undefined
  /**
   * Answers the next records of a partition, in offset order, and moves the fetch position behind them. Never waits and never throws for an assigned
   * partition: answers nothing when nothing is at hand, fetches in the background, and calls `ready` later. Settled records
   * (below the watermark or in `above` at assignment) are not answered.
   */
  poll(topic: string, partition: number, request: PollRequest): readonly Record[]
  /**
   * Puts the fetch position of an assigned partition back to `offset`, for records whose unit was refused. What was settled since the assignment
   * is answered again. `ready` follows if the last poll was short and there is something to answer.
   */
  rewind(topic: string, partition: number, offset: number): void
  /**
   * Makes a unit visible and durable, all or nothing, in the order of the calls. Where `supportsRunAhead`, the outputs have their offsets and can be polled `ahead`
   * when the call returns, unless the bus has no room and holds the unit, with all behind it, until it has; the promise resolves when the unit is durable. A record object
   * is appended once: it carries its own offset. Rejects only with a `stop` error, and then nothing of the unit happened.
   */
  settle(unit: CommitUnit): Promise<Settled>
  /**
   * Settles acknowledgements that may move positions anywhere between begin and end, and rows with them, all or nothing. Their partitions are revoked first, so that nothing in flight counts, and assigned again at their new
   * positions. Refused with MB_NO_SPACE, before anything is revoked, while the bus holds units. Undefined where a group is moved only while no member runs.
   */
  readonly seek?:
    | ((acknowledgements: readonly Acknowledgement[], changes: readonly StateChange[]) => Promise<void>)
    | undefined
  /** The rows of a state table of an assigned partition, as of the newest committed unit. */
  load(store: string, partition: number): Promise<ReadonlyMap<string, string>>
  /** Gives the partitions back after the pending settles have ended. */
  leave(): Promise<void>
}

/** What is known of a topic. */
export interface TopicInfo {
  readonly topic: string
  readonly partitions: readonly PartitionInfo[]
  readonly retention: RetentionSpec
  readonly bytes: number
}

/** Offsets are half-open: `begin` is the oldest kept, `end` the next to be given. */
export interface PartitionInfo {
  readonly partition: number
  readonly begin: number
  readonly end: number
}

/** What operators read and do: command line, admin API, tests. */
export interface BusInspector {
  /** Of those whose name is wanted, by default all: a bus that is shared with others is asked about nothing else. */
  topics(isWanted?: (topic: string) => boolean): Promise<readonly TopicInfo[]>
  groups(
    isWanted?: (group: string) => boolean,
  ): Promise<readonly { readonly group: string; readonly positions: readonly Acknowledgement[] }[]>
  /** Committed records of a partition from `offset`, at most `recordsMax`; skips what retention removed. */
  read(topic: string, partition: number, offset: number, recordsMax: number): Promise<readonly Record[]>
  /** The first offset appended at or after `timeMs`, or the end. */
  offsetAt(topic: string, partition: number, timeMs: number): Promise<number>
  /** Every kept record of a ride, with its place, in the order appended. */
  ride(
    ride: string,
  ): Promise<readonly { readonly topic: string; readonly partition: number; readonly record: Record }[]>
  /** Moves a group of which no member is running; refused with MB_GROUP_IN_USE otherwise. Audited by the caller. */
  seek(group: string, position: TopicPartition & { readonly offset: number }): Promise<void>
  /** Rows of a state table of any group, committed. */
  rows(group: string, store: string, partition: number): Promise<ReadonlyMap<string, string>>
}

/** The port. */
export interface Bus {
  /** For messages: `embedded`, `memory`, `kafka`. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Called once, before anything else. Rejects with a `stop` error that says what to change. */
  open(platform: Platform): Promise<void>
  /** Creates what is missing; refuses a partition count that differs from the existing one. */
  ensureTopics(topics: readonly TopicSpec[]): Promise<void>
  /** Joins `group` with its subscriptions; `assigned` follows, possibly before the promise resolves. */
  join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member>
  /** Number of partitions of an ensured topic. */
  partitions(topic: string): number
  readonly inspector: BusInspector
  /** Folder where the apps on this bus listen for the command line, each at `<app>.sock`; undefined when the bus has no place for it. */
  readonly socketFolder?: string | undefined
  /** What an engine in this process measures of itself; undefined for one that others watch. */
  readonly meters?: BusMeters | undefined
  /** Ends every pending settle, then lets go of everything. */
  close(): Promise<void>
}
