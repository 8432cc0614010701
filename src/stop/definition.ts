/**
 * What the runtime knows of a stop. The typed builders (`stop.ts`, `batch.ts`, `itinerary/switch.ts`) make these; the runtime reads them and
 * never looks at a type.
 */
import type { Event } from '../event/event.ts'
import type { ResolvedPolicy } from '../resilience/retry-policy.ts'
import type { StandardSchema } from '../schema/standard.ts'
import type { Metric } from '../telemetry/metric.ts'
import type { CallSite } from './call-site.ts'
import type { StoreDefinition, StoreHandle } from './store.ts'

/** What a handler is given besides the data. */
export interface StopContext {
  readonly event: Event
  /** The attempt at this stop, from 1. */
  readonly attempt: number
  /** Aborts when the attempt's deadline passes or the app stops hard. */
  readonly signal: AbortSignal
  /** `<partition>.<offset>.<attempt>`: fences a late attempt. Not an idempotency key: it is another for each try. */
  readonly token: string
  /**
   * `<ride>/<stop>`: what an effect outside is told, so that it happens once however often the event is tried. The same for every attempt and replay; another for another
   * stop of the ride, which may call the same service. Two effects of one stop add a name of their own.
   */
  readonly idempotencyKey: string
  /** The data as JSON text: as it was encoded for the bus, when that is at hand, so that a sink that stores JSON need not encode it again. */
  readonly text: string
  /** Line, version, stops behind and ahead, as plain data. */
  readonly itinerary: ItineraryView
  /** Adds an event for an entry or a declared topic to this event's own commit unit. Refused after the handler has settled. */
  readonly emit: (
    target: EmitTarget,
    data: unknown,
    options?: { readonly key?: string | null; readonly headers?: Readonly<Record<string, string>> },
  ) => void
  /** The stop's stores, by the names that it gave them. */
  readonly stores: Readonly<Record<string, StoreHandle<unknown>>>
  /** Writes to the error log: a failure that does not stop the event. */
  readonly report: (error: unknown) => void
  /**
   * Adds to a counter, sets a gauge, puts a value into a histogram or summary, of those that the stop declares. It counts at once, for each try. What cannot be measured is
   * in the error log, `MB_BAD_MEASUREMENT`, and stops no event.
   */
  readonly measure: <Label extends string>(
    metric: Metric<Label>,
    value: number,
    ...labels: [Label] extends [never] ? [] : [Readonly<Record<Label, string>>]
  ) => void
}

/** An entry of this app or a topic that it owns, by its definition. */
export interface EmitTarget {
  readonly kind: 'entry' | 'topic'
  readonly name: string
}

/** The routing slip, decoded for reading. */
export interface ItineraryView {
  readonly line: string
  readonly version: string
  readonly ahead: readonly string[]
  readonly behind: readonly { readonly stop: string; readonly attempt: number; readonly durationMs: number }[]
}

/** At most `limit` events of one `by` value at a time, or `rate` a second of one. The order key is never used for it. */
export interface LimitDefinition {
  readonly by: ((data: unknown, event: Event) => string) | undefined
  /** Concurrent events a value. */
  readonly limit?: number
  /** Events a second and value. */
  readonly rate?: number
}

/** Wraps a handler; calls `next` once, at most. */
export type Middleware = (data: unknown, context: StopContext, next: (data: unknown) => unknown) => unknown

/** The runtime's view of a stop. */
export interface StopDefinition {
  readonly kind: 'stop'
  readonly name: string
  /** Undefined takes anything. */
  readonly inSchema: StandardSchema | undefined
  /** Undefined for a terminal stop: whatever its handler returns ends the ride. */
  readonly outSchema: StandardSchema | undefined
  /** Part of the line version where a schema offers no JSON Schema. */
  readonly schemaVersion: number
  /** False only when declared `effects: 'none'`. */
  readonly hasEffects: boolean
  readonly policy: ResolvedPolicy
  /** Re-keys what this stop forwards; undefined keeps the key. */
  readonly key: ((data: never) => string | null) | undefined
  /** Handlers at once in one partition, each of another key. */
  readonly concurrency: number
  readonly limits: readonly LimitDefinition[]
  readonly middleware: readonly Middleware[]
  /** Hard-wired: where events go when their itinerary has nothing ahead. */
  readonly next: StopDefinition | undefined
  /** What `reroute` and `push` may name: the stops of the target, in order. A switch's branches are its targets. */
  readonly targets: ReadonlyMap<string, TargetDefinition>
  /** Entries and topics that `ctx.emit` may name. */
  readonly emits: readonly EmitTarget[]
  /** Keyed state, by the names that the handler uses. */
  readonly stores: Readonly<Record<string, StoreDefinition>>
  /** What `ctx.measure` may name. */
  readonly metrics?: readonly Metric[]
  /** Set for `stop.batch`: the handler takes parallel arrays and answers one outcome an event. */
  readonly batch: { readonly sizeMax: number; readonly timeMs: number } | undefined
  /** Where it was declared, for those who look at it. */
  readonly declaredAt?: CallSite
  /** `(data, context)`, or `(data[], context[])` for a batch. */
  readonly handler: (data: never, context: never) => unknown
}

/** A declared target: a line, or a single stop. */
export interface TargetDefinition {
  readonly line: string
  readonly version: string
  readonly stops: readonly StopDefinition[]
}
