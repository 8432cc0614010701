/**
 * What the admin routes answer, as JSON. These shapes are public: scripts read them with `--json`, so a field is added, never renamed.
 * Times are RFC 3339 in UTC, durations milliseconds, and what is unbounded is null.
 */
import type { AppStats, Health } from '../runtime/definition.ts'
import type { ItineraryView } from '../stop/definition.ts'

/** Which process answers. */
export interface AppAnswer {
  readonly app: string
  readonly pid: number
  readonly node: string
}

/** `/livez` and `/readyz`. */
export interface HealthAnswer {
  readonly status: 'ok' | 'unavailable'
  /** One sentence each; empty when all is well. */
  readonly reasons: readonly string[]
  /** What operators hold back, one sentence each; absent when nothing is. */
  readonly paused?: readonly string[]
}

/** Something that operators hold back. */
export interface PausedAnswer {
  readonly kind: 'stop' | 'line' | 'entry'
  readonly name: string
  readonly since: string
  readonly reason?: string
}

/** One look at a running app, as a stream gives one a second. */
export interface LiveAnswer {
  readonly at: string
  readonly health: Health
  readonly stats: AppStats
  /** Of the app's own group, most behind first. */
  readonly lag: readonly Pick<LagAnswer, 'topic' | 'behind' | 'oldestMs'>[]
  /** Dead letters that wait for an operator; stops without any are left out. */
  readonly dead: readonly { readonly stop: string; readonly waiting: number }[]
}

/** What the code says of a stop, or of an entry that reads a topic. */
export interface StopAnswer {
  readonly stop: string
  /** Where it was declared; null where no stack tells. */
  readonly source: { readonly file: string; readonly line: number } | null
  /** False when it promises to change nothing outside. */
  readonly effects: boolean
  readonly policy: {
    readonly attempts: number
    readonly backoffFirstMs: number
    readonly backoffFactor: number
    readonly backoffMaxMs: number
    readonly deadlineMs: number
    readonly whenDeadLettered: 'goOn' | 'holdKey'
  }
  /** Handlers at once in one partition. */
  readonly concurrency: number
  readonly limits: readonly string[]
}

/** A topic with its partitions; offsets are half-open. */
export interface TopicAnswer {
  readonly topic: string
  readonly records: number
  readonly bytes: number
  readonly retention: { readonly compact: boolean; readonly timeMs: number | null; readonly bytesMax: number | null }
  readonly partitions: readonly { readonly partition: number; readonly begin: number; readonly end: number }[]
}

/** How far a group is behind the end of a topic that it reads. */
export interface LagAnswer {
  readonly group: string
  readonly topic: string
  /** An operator has paused whoever reads it; absent when not, or when nobody runs. */
  readonly paused?: boolean
  /** Records not settled yet, over all partitions. */
  readonly behind: number
  /** Age of the oldest record not settled, in milliseconds; 0 when nothing waits. */
  readonly oldestMs: number
  readonly partitions: readonly {
    readonly partition: number
    readonly watermark: number
    readonly end: number
    readonly behind: number
    readonly oldestMs: number
  }[]
}

/** One record, by CloudEvents names where they exist. */
export interface RecordAnswer {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly appended: string
  readonly id: string
  readonly ride: string
  readonly type: string
  readonly source: string
  readonly time: string
  readonly key: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly correlationid: string | null
  readonly causationid: string | null
  readonly replay: number
  readonly itinerary: ItineraryView | null
  /** Null where it was cut. */
  readonly data: unknown
  /** Set where the data is longer than was asked for: its size, and how its text begins. */
  readonly cut?: { readonly bytes: number; readonly begins: string }
}

/** What a search says: each match, how far it is, and last where it has ended. */
export type SearchAnswer =
  | { readonly match: RecordAnswer }
  | { readonly progress: { readonly scanned: number; readonly total: number; readonly matched: number } }
  | {
      readonly end: {
        readonly scanned: number
        readonly matched: number
        /** The `after` of a search that goes on; null when nothing is left. */
        readonly next: string | null
      }
    }

/** An event to be sent: what `SendOptions` says, with the data. */
export interface SentEvent {
  readonly data: unknown
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly time?: number
  readonly source?: string
  readonly type?: string
}

/** One a sent event, in the same order. */
export type SendAnswer = { readonly id: string; readonly duplicate: boolean } | { readonly error: ErrorAnswer }

/** A row of a store. */
export interface StoreRowAnswer {
  readonly key: string
  readonly value: unknown
}

/** Rows of a store in the order of their keys, and the key behind which more follow. */
export interface StorePageAnswer {
  readonly rows: readonly StoreRowAnswer[]
  readonly next: string | null
}

/** What went wrong, in every answer that is not one of success, and as the last line of a stream that broke. */
export interface ErrorAnswer {
  readonly code: string
  readonly message: string
}

/** One visit of a ride, or one that is to come. */
export interface HopAnswer {
  /** Undefined where a declared topic carried the event. */
  readonly stop: string | null
  readonly app: string | null
  /** Where its record lies; null when retention has taken it. */
  readonly place: { readonly topic: string; readonly partition: number; readonly offset: number } | null
  readonly arrived: string | null
  /** Tries until the outcome; null while there is none. */
  readonly attempts: number | null
  /** Time of the last try, in milliseconds; null while there is no outcome. */
  readonly durationMs: number | null
  /** `forward`, `done`, `dropped:<slug>`, `split:<count>`, `dead`; without an outcome `waiting` or `parked`; `published` for a declared topic. */
  readonly outcome: string
  /** How often an operator had replayed the event. */
  readonly replay: number
}

/** A ride from its entry to its last outcome, with the rides that it caused. */
export interface RideAnswer {
  readonly ride: string
  /** `riding` while an outcome is missing, also of a child. */
  readonly state: 'riding' | 'ended'
  readonly line: string | null
  readonly key: string | null
  readonly correlationid: string | null
  readonly causationid: string | null
  readonly entered: string
  readonly ended: string | null
  /** From the first append to the last. */
  readonly durationMs: number
  readonly hops: readonly HopAnswer[]
  readonly children: readonly RideAnswer[]
  /** Children that are not shown, because there are too many. */
  readonly childrenHidden: number
}
