/**
 * One try of one event at one stop, and at the same time the context that its handler is given: one object an event on the hot path.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Event, Headers } from '../event/event.ts'
import type { Record } from '../event/record.ts'
import type { Listed } from '../internal/roster.ts'
import { lineOfSlip, readSlip } from '../itinerary/slip.ts'
import type { EmitTarget, ItineraryView, StopContext } from '../stop/definition.ts'
import { traceIdOf } from '../telemetry/tracing.ts'
import type { Handling } from '../telemetry/tracing.ts'
import { AttemptStores } from './attempt-stores.ts'
import type { Feed } from './feed.ts'
import type { KeyState } from './key-state.ts'
import type { Lane } from './lane.ts'
import type { Gate } from './limiter.ts'

/** An event that the handler asked to be sent along. */
export interface Emission {
  readonly target: EmitTarget
  readonly data: unknown
  readonly key: string | null | undefined
  readonly headers: Readonly<{ [name: string]: string }> | undefined
}

/** What a handler sees is `StopContext`; the other fields are the lane's. */
export class Attempt implements StopContext, Listed {
  readonly lane: Lane
  readonly feed: Feed
  readonly record: Record
  readonly attempt: number
  startedAt: number
  /** Present while others of its key have to wait for it. */
  state: KeyState | undefined
  emissions: Emission[] | undefined = undefined
  /** Made when the handler first asks for its stores. */
  kept: AttemptStores | undefined = undefined
  /** The outcome is decided, or will be discarded; nothing may be added any more. */
  isOver = false
  /** Its deadline has passed. */
  isLate = false
  /** How often it was looked at since. */
  looks = 0
  /** Its span, when its ride is traced. */
  handling: Handling | undefined = undefined
  /** The places of limits that it holds or waits for. */
  gates: readonly Gate[] | undefined = undefined
  /** How long the handler took; set when it has answered. */
  durationMs = 0
  /** On the lane's list of what runs. */
  place = -1
  /** When its deadline passes, monotonic; Infinity for a synchronous handler. */
  deadlineAt: number = Infinity
  #controller: AbortController | undefined = undefined

  constructor(lane: Lane, feed: Feed, record: Record, state: KeyState | undefined, attempt: number, startedAt: number) {
    this.lane = lane
    this.feed = feed
    this.record = record
    this.state = state
    this.attempt = attempt
    this.startedAt = startedAt
  }

  /** For the log: which event this is, and where. */
  get facts(): object {
    const { record, lane } = this
    const { stop, engine, partition } = lane
    const trace = traceIdOf(this.headers)
    const line = lineOfSlip(record.slip)
    const place = { topic: this.feed.topic, partition, offset: record.offset }
    const facts = { app: engine.definition.name, stop: stop.name, line, event: record.id, ...place }
    return trace === undefined ? facts : { ...facts, trace }
  }

  /** What goes on carries these. */
  get headers(): Headers {
    return this.handling === undefined ? this.record.headers : this.handling.headers
  }

  get event(): Event {
    return this.record
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  get token(): string {
    return `${this.lane.partition}.${this.record.offset}.${this.attempt}`
  }

  get idempotencyKey(): string {
    return `${this.record.ride}/${this.lane.stop.name}`
  }

  get text(): string {
    return this.record.text ?? JSON.stringify(this.record.data)
  }

  get itinerary(): ItineraryView {
    const { line, version, ahead, behind } = readSlip(this.record.slip)
    // The first stop ahead of a slip is the one that the event is at.
    return { line, version, ahead: ahead.slice(1), behind }
  }

  /** Getters, because handlers take them out of the context: `(data, { emit }) => …`. Who does not use them pays nothing. */
  get emit(): StopContext['emit'] {
    return (target, data, options) => this.#emit(target, data, options)
  }

  get stores(): StopContext['stores'] {
    this.kept ??= new AttemptStores(this, this.lane.stores)
    return this.kept.byName
  }

  get report(): StopContext['report'] {
    return (error) => this.lane.report(this, error)
  }

  get measure(): StopContext['measure'] {
    return (metric, value, ...labels) => this.lane.measure(this, metric, value, labels[0])
  }

  /** Aborts what the handler does with `signal`. */
  abort(reason: unknown): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }

  #emit(target: EmitTarget, data: unknown, options: Parameters<StopContext['emit']>[2]): void {
    const stop = this.lane.stop.definition
    if (this.isOver) throw new MetrobusError('MB_LATE_EMIT', { stop: stop.name, id: this.record.id })
    if (!stop.emits.some((declared) => declared.kind === target.kind && declared.name === target.name))
      throw new MetrobusError('MB_UNDECLARED_TARGET', {
        where: `ctx.emit of the stop "${stop.name}"`,
        target: target.name,
        declared: stop.emits.map((declared) => declared.name),
      })
    this.emissions ??= []
    this.emissions.push({ target, data, key: options?.key, headers: options?.headers })
  }
}
