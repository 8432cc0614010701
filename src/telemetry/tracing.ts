/**
 * Traces as the runtime sees them: a span where an event enters and one for each try at a stop, and the headers that carry the trace on. Asked only while an app is
 * traced; undefined stands for what is not sampled, and costs nothing further.
 */
import type { Headers } from '../event/event.ts'
import type { Record as EventRecord } from '../event/record.ts'

/** One try of one event at one stop. */
export interface Visit {
  readonly stop: string
  readonly topic: string
  readonly partition: number
  readonly line: string
  readonly attempt: number
  readonly record: EventRecord
  /** The event comes from a topic that another app may have written: a ride begins here. */
  readonly begins: boolean
}

/** An event on its way in. */
export interface Sending {
  readonly headers: Headers
  sent(id: string): void
  failed(error: unknown): void
}

/** A handler at work. */
export interface Handling {
  /** What goes on carries these. */
  readonly headers: Headers
  /** Runs with the span active. */
  run<Result>(work: () => Result): Result
  /** The headers of an event that is sent along. */
  emit(target: { readonly kind: 'entry' | 'topic'; readonly name: string }, headers: Headers | undefined): Headers
  /** The first end counts. */
  end(failure?: { readonly error: unknown; readonly type: string }): void
}

export interface Tracing {
  send(entry: string, headers: Headers | undefined): Sending | undefined
  /** Headers for an event of a source; undefined leaves them as they are. */
  create(entry: string, headers: Headers | undefined): Headers | undefined
  handle(visit: Visit): Handling | undefined
}

/** The part of a `traceparent` header that names the trace; undefined without one. */
export function traceIdOf(headers: Headers): string | undefined {
  return parentPattern.exec(headers['traceparent'] ?? '')?.[1]
}

/** Version 00 of W3C Trace Context; a later version may say more behind it. */
export const parentPattern: RegExp = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/
