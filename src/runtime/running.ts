/** A started app, as code, the command line and the admin socket use it. */
import type { BusInspector } from '../bus/bus.ts'
import type { Store } from '../stop/store.ts'
import type { Controls } from './controls.ts'
import type { AppDefinition, AppStats, Health, IngestBatch, Receipt, SendOptions } from './definition.ts'
import type { StoreView } from './store-view.ts'

/** The untyped face of a started app; `app.ts` types `send` by the entries. */
export interface RunningApp {
  readonly name: string
  /** What was put together: for the map. */
  readonly definition: AppDefinition
  /** Resolves when the event is durable. `data` belongs to the bus from then on, and is frozen. Waits while the app is pressed. Refuses with MB_INVALID_EVENT, MB_UNKNOWN_ENTRY, MB_STOPPING, MB_NO_SPACE. */
  send(entry: string, data: unknown, options?: SendOptions): Promise<Receipt>
  /** A source's batch: events, faults and position in one commit unit. Resolves when durable. */
  ingest(entry: string, batch: IngestBatch): Promise<{ readonly accepted: number; readonly refused: number }>
  /** The positions that `ingest` has committed for an entry, by key. */
  positions(entry: string): Promise<ReadonlyMap<string, string>>
  /** A store of this app, by its definition or its name, as it is committed. Throws MB_UNKNOWN_STORE. */
  store<Value = unknown>(store: string | Store<string, Value>): StoreView<Value>
  /** Resolves when nothing is left to handle: no record waits, runs or waits for a retry. Dead letters do not count. */
  caughtUp(): Promise<void>
  /** Resolves when the local socket and the health port take connections; rejects when they cannot, and then the app has failed. */
  readonly listening: Promise<void>
  stats(): AppStats
  health(): Health
  readonly deadLetters: DeadLetters
  /** Holds parts of the app back, and lets them go on. */
  readonly controls: Controls
  readonly inspector: BusInspector
  /** Stops fetching, finishes what runs, settles, leaves; after the deadline (default 10 s) aborts what runs, and its events come again. */
  stop(options?: { readonly deadlineMs?: number }): Promise<{ readonly drained: boolean }>
  /** Resolves when the app has stopped; rejects when it failed and cannot go on. */
  readonly stopped: Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** An event given up, with everything an operator needs to decide. */
export interface DeadLetterRecord {
  /** `<stop>/<partition>/<offset>` of its dead-letter topic: stable, for show, replay and discard. */
  readonly place: string
  readonly stop: string
  readonly id: string
  readonly ride: string
  readonly key: string | null
  /** The code of the error, or the slug of `deadLetter()`. */
  readonly cause: string
  readonly message: string
  readonly stack: string | undefined
  /** Equal for failures of one kind: stop, cause, and the stack's first frame of the user's code. */
  readonly fingerprint: string
  readonly attempts: number
  readonly firstFailure: number
  readonly lastFailure: number
  readonly codeVersion: string
  readonly itinerary: string
  readonly replay: number
  /** `settled`: replayed or discarded. */
  readonly state: 'waiting' | 'settled'
  readonly headers: Readonly<Record<string, string>>
  readonly data: unknown
}

/** Which dead letters; fields are combined by and. */
export interface DeadLetterFilter {
  readonly stop?: string
  readonly fingerprint?: string
  readonly cause?: string
  readonly key?: string
  readonly place?: string
  readonly since?: number
}

/** Events given up for one reason, counted. */
export interface DeadLetterGroup {
  readonly fingerprint: string
  readonly stop: string
  readonly cause: string
  readonly message: string
  readonly count: number
  readonly first: number
  readonly last: number
}

/** An event that would be sent on or emitted. */
export interface Sending {
  readonly topic: string
  readonly key: string | null
  readonly data: unknown
}

/** What a dead letter would come to on the current code. */
export interface DryRun {
  /** False where the stop has outside effects or stores, or the data does not fit: then nothing was run. */
  readonly ran: boolean
  /** What is wrong with the data, by the schema of the stop. */
  readonly issues: readonly string[]
  /** `forward`, `done`, `dropped:<slug>`, `split:<count>`, `wait`, `retry`, `dead` or `failed`; null where nothing was run. */
  readonly outcome: string | null
  /** What it would send on and emit, and where. */
  readonly sends: readonly Sending[]
  /** What it would write to the error log. */
  readonly reports: readonly string[]
  readonly error: { readonly code: string; readonly message: string } | null
}

/** What operators do with events given up. */
export interface DeadLetters {
  list(
    filter?: DeadLetterFilter,
    page?: { readonly after?: string; readonly countMax?: number },
  ): Promise<readonly DeadLetterRecord[]>
  groups(filter?: DeadLetterFilter): Promise<readonly DeadLetterGroup[]>
  show(place: string): Promise<DeadLetterRecord | undefined>
  /** Each once, in key order, at most `ratePerSecond`; `data` (for one place only) replaces the event's data. Answers how many went. Two operators at once: each event goes once. */
  replay(
    filter: DeadLetterFilter,
    options?: {
      readonly ratePerSecond?: number
      readonly data?: unknown
      readonly signal?: AbortSignal
      readonly progress?: (done: number, total: number) => void
    },
  ): Promise<number>
  discard(filter: DeadLetterFilter, reason: string): Promise<number>
  /** Tries one on the current code, with other data if given, and changes nothing. Throws MB_NOT_FOUND, and MB_REVOKED where its partition is another member's. */
  dryRun(place: string, options?: { readonly data?: unknown }): Promise<DryRun>
}
