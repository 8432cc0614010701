/**
 * An app as the runtime sees it: entries, declared topics, and through them every stop. Made by `app.ts`.
 */
import type { Router } from '../itinerary/router.ts'
import type { StandardSchema } from '../schema/standard.ts'

/** Where events come in. */
export interface EntryDefinition {
  readonly kind: 'entry'
  readonly name: string
  /** Undefined for an entry that reads a declared topic: the topic's schema counts. */
  readonly inSchema: StandardSchema | undefined
  readonly key: ((data: never) => string | null) | undefined
  readonly router: Router
  /** The declared topic that feeds it, and where a new group begins. */
  readonly from: { readonly topic: TopicDefinition; readonly start: 'now' | 'beginning' } | undefined
  /** How many given ids `send` remembers, so that one id is one event. */
  readonly dedupe: { readonly countMax: number; readonly timeMs: number }
}

/** A published stream of one event type, owned by one app. */
export interface TopicDefinition {
  readonly kind: 'topic'
  readonly name: string
  readonly schema: StandardSchema
  readonly key: ((data: never) => string | null) | undefined
  readonly partitions: number | undefined
  readonly retention: { readonly compact?: boolean; readonly timeMs?: number; readonly bytesMax?: number } | undefined
}

/** A whole app. */
export interface AppDefinition {
  readonly name: string
  readonly entries: readonly EntryDefinition[]
  /** Topics that this app owns and may publish to. */
  readonly publishes: readonly TopicDefinition[]
  /** For dead letters: which code gave an event up. */
  readonly codeVersion: string
  /** What rides of a line are expected to reach, by the line's name. */
  readonly objectives?: Readonly<Record<string, Objective>>
}

/** A service-level objective: so large a share of a line's rides ends within the time, and none of those as a dead letter. */
export interface Objective {
  readonly withinMs: number
  /** From 0 to 1, neither included. */
  readonly share: number
}

/** What a sender may say besides the data. */
export interface SendOptions {
  /** The event id, which is the ride id. Given twice within the declared window it is one event. Made when absent. */
  readonly id?: string
  readonly headers?: Readonly<Record<string, string>>
  /** CloudEvents `time`, milliseconds since the epoch. Default: now. */
  readonly time?: number
  /** CloudEvents `source`. Default: `/<app>/<entry>`. */
  readonly source?: string
  /** CloudEvents `type`. Default: the entry's name. */
  readonly type?: string
}

/** The answer of `send`: the event is durable. */
export interface Receipt {
  readonly id: string
  /** True when this id had been sent within the window, and this call added nothing. */
  readonly duplicate: boolean
}

/** A batch that a source brings in: its events and its new position ride in one commit unit. */
export interface IngestBatch {
  readonly items: readonly IngestItem[]
  /** Kept in the state table `source/<entry>`, row `key`. */
  readonly position?: { readonly key: string; readonly value: string }
}

/** One event of a source, or a fault to be written to the error log in the same unit. */
export type IngestItem =
  | {
      readonly id: string
      readonly data: unknown
      readonly headers?: Readonly<Record<string, string>>
      readonly place?: string
    }
  | { readonly fault: string; readonly place: string }

/** Counters and latency of one stop since start; all monotonic but the gauges. */
export interface StopStats {
  readonly stop: string
  /** `paused` by an operator: what comes waits in the log. `draining` when the app is about to stop. */
  readonly state: 'running' | 'paused' | 'draining'
  readonly in: number
  readonly out: number
  /** By slug. */
  readonly dropped: Readonly<Record<string, number>>
  readonly retried: number
  /** How often it answered `wait()`. */
  readonly waited: number
  readonly dead: number
  readonly parkedKeys: number
  readonly inFlight: number
  /** Handler time in milliseconds. */
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
}

/** A metric of the app's own with one set of label values. */
export interface Measured {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** How many values there were, of a histogram or summary. */
  readonly count?: number
}

/** What an app has done since start. */
export interface AppStats {
  readonly accepted: number
  readonly duplicates: number
  readonly refused: number
  readonly faults: number
  readonly stops: readonly StopStats[]
  /** The metrics of the app's own: the value of a counter or gauge, the sum and count of the others. Absent when it declares none. */
  readonly measured?: readonly Measured[]
}

/** One sentence a reason; empty reasons mean healthy. */
export interface Health {
  readonly live: boolean
  readonly ready: boolean
  /** The start has succeeded: what an earlier run left is taken over, and events are handled. Stays true. */
  readonly started: boolean
  readonly reasons: readonly string[]
  /** What operators hold back, one sentence each; absent when nothing is. An app with paused parts is ready: it does what it was told. */
  readonly paused?: readonly string[]
}
