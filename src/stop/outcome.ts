/**
 * What a stop may return besides plain data. Outcomes are instances of private classes, so data can never be mistaken for one.
 */
import { MetrobusError } from '../errors/index.ts'
import { toMs } from '../internal/duration.ts'
import type { Duration } from '../internal/duration.ts'

/** Every kind of outcome, for counting and for the ride's record. */
export type OutcomeKind = 'forward' | 'drop' | 'split' | 'reroute' | 'push' | 'pop' | 'retry' | 'wait' | 'dead-letter'

const brand: unique symbol = Symbol('metrobus.outcome')

/** The event ends here on purpose. */
export interface Drop {
  readonly [brand]: 'drop'
  readonly slug: string
  readonly detail: string | undefined
}

/** The event becomes several, each a ride of its own along the rest of the itinerary. */
export interface Split<Value> {
  readonly [brand]: 'split'
  readonly values: readonly Value[]
}

/** The rest of the itinerary is replaced by that of a declared target. */
export interface Reroute<Target extends string, Value> {
  readonly [brand]: 'reroute'
  readonly target: Target
  readonly value: Value
}

/** The stops of a declared target are put before the rest of the itinerary. */
export interface Push<Target extends string, Value> {
  readonly [brand]: 'push'
  readonly target: Target
  readonly value: Value
}

/** The next stops of the itinerary are left out. */
export interface Pop<Value> {
  readonly [brand]: 'pop'
  readonly count: number
  readonly value: Value
}

/** Try again later; counts as an attempt. */
export interface Retry {
  readonly [brand]: 'retry'
  readonly afterMs: number
}

/** It is not this event's turn yet: asked again later; does not count as an attempt. */
export interface Wait {
  readonly [brand]: 'wait'
  readonly afterMs: number
}

/** Give the event up now, without further attempts. */
export interface DeadLetter {
  readonly [brand]: 'dead-letter'
  readonly slug: string
  readonly detail: string | undefined
}

/** Any outcome that is not plain data. */
export type Outcome =
  | Drop
  | Split<unknown>
  | Reroute<string, unknown>
  | Push<string, unknown>
  | Pop<unknown>
  | Retry
  | Wait
  | DeadLetter

/** Whatever is no outcome and no promise: what a handler may answer when nobody looks at it. */
export type NoOutcome =
  | void
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | (object & { readonly [brand]?: undefined; readonly then?: undefined })

class Branded {
  readonly [brand]: OutcomeKind
  constructor(kind: OutcomeKind, fields: object) {
    this[brand] = kind
    Object.assign(this, fields)
    Object.freeze(this)
  }
}

const slugPattern = /^[a-z][a-z0-9-]{0,63}$/

function slugged(what: string, slug: string): string {
  if (!slugPattern.test(slug))
    throw bad(what, `the slug ${JSON.stringify(slug)} must be 1 to 64 of a-z, 0-9 and "-", beginning with a letter`)
  return slug
}

function bad(what: string, fault: string): MetrobusError {
  return new MetrobusError('MB_BAD_OUTCOME', { outcome: what, fault })
}

/** Ends the event here on purpose. `slug` is counted and names the reason (`no-email`); `detail` goes to the ride's record. */
export function drop(slug: string, detail?: string): Drop {
  return new Branded('drop', { slug: slugged('drop', slug), detail }) as unknown as Drop
}

/** Lets the event go on as several: child n starts the ride `<id>~<n>`. An empty list ends the event. */
export function split<Value>(values: readonly Value[]): Split<Value> {
  if (!Array.isArray(values)) throw bad('split', `the values must be a list, found ${typeof values}`)
  return new Branded('split', { values }) as unknown as Split<Value>
}

/** Replaces the rest of the itinerary by the declared target's. */
export function reroute<const Target extends string, Value>(target: Target, value: Value): Reroute<Target, Value> {
  return new Branded('reroute', { target, value }) as unknown as Reroute<Target, Value>
}

/** Puts the declared target's stops before the rest of the itinerary. */
export function push<const Target extends string, Value>(target: Target, value: Value): Push<Target, Value> {
  return new Branded('push', { target, value }) as unknown as Push<Target, Value>
}

/** Leaves out the next `count` stops of the itinerary. Default 1. */
export function pop<Value>(value: Value, count = 1): Pop<Value> {
  if (!(Number.isSafeInteger(count) && count >= 1))
    throw bad('pop', `the count must be a whole number from 1, found ${count}`)
  return new Branded('pop', { count, value }) as unknown as Pop<Value>
}

function waitMs(what: string, after: Duration): number {
  const afterMs = toMs(after)
  if (!(afterMs >= 0 && afterMs < Infinity))
    throw bad(what, `the time must be 0 or more milliseconds, found ${afterMs}`)
  return afterMs
}

/** Tries again after a while: milliseconds, or `{ seconds }`. Counts as an attempt of the stop's policy. For what has failed; what is only too early is `wait`. */
export function retry(after: Duration): Retry {
  return new Branded('retry', { afterMs: waitMs('retry', after) }) as unknown as Retry
}

/**
 * Lets the event wait, and its key behind it: the stop is asked again after a while, in milliseconds or `{ seconds }`, as often as it answers this. Nothing has failed, so it is no attempt,
 * and what the handler has changed in its stores or emitted counts for nothing. After a restart it may be asked sooner.
 */
export function wait(after: Duration): Wait {
  return new Branded('wait', { afterMs: waitMs('wait', after) }) as unknown as Wait
}

/** Gives the event up now: it goes to the stop's dead letters, without further attempts. */
export function deadLetter(slug: string, detail?: string): DeadLetter {
  return new Branded('dead-letter', { slug: slugged('deadLetter', slug), detail }) as unknown as DeadLetter
}

/** True for an outcome, false for plain data. */
export function isOutcome(value: unknown): value is Outcome {
  return value instanceof Branded
}

/** The kind of an outcome. */
export function outcomeKind(outcome: Outcome): OutcomeKind {
  return outcome[brand]
}
