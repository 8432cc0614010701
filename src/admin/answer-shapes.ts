/** The shapes of `answers.ts`, and of what the runtime's own types say. The compiler holds the two to one another. */
import type { MetroMap } from '../itinerary/map.ts'
import type { PauseEffect, SeekPlan, StopLimits } from '../runtime/controls.ts'
import type { AppStats } from '../runtime/definition.ts'
import type { DeadLetterGroup, DeadLetterRecord, DryRun } from '../runtime/running.ts'
import type { ItineraryView } from '../stop/definition.ts'
import type {
  AppAnswer,
  ErrorAnswer,
  HealthAnswer,
  LagAnswer,
  LiveAnswer,
  PausedAnswer,
  RecordAnswer,
  RideAnswer,
  SearchAnswer,
  SendAnswer,
  StorePageAnswer,
  StoreRowAnswer,
  TopicAnswer,
} from './answers.ts'
import {
  anything,
  boolean,
  either,
  itself,
  list,
  maybe,
  named,
  nullable,
  number,
  object,
  record,
  string,
  time,
  word,
} from './schema.ts'
import type { Schema } from './schema.ts'

export const app: Schema<AppAnswer> = object({ app: string, pid: number, node: string })

export const failure: Schema<ErrorAnswer> = named('Failure', object({ code: string, message: string }))

export const health: Schema<HealthAnswer> = named(
  'Health',
  object({ status: word('ok', 'unavailable'), reasons: list(string), paused: maybe(list(string)) }),
)

export const stats: Schema<AppStats> = named(
  'Stats',
  object({
    accepted: number,
    duplicates: number,
    refused: number,
    faults: number,
    stops: list(
      object({
        stop: string,
        state: word('running', 'paused', 'draining'),
        in: number,
        out: number,
        dropped: record(number),
        retried: number,
        waited: number,
        dead: number,
        parkedKeys: number,
        inFlight: number,
        p50Ms: number,
        p95Ms: number,
        p99Ms: number,
      }),
    ),
    measured: maybe(list(object({ name: string, labels: record(string), value: number, count: maybe(number) }))),
  }),
)

export const paused: Schema<PausedAnswer> = named(
  'Paused',
  object({ kind: word('stop', 'line', 'entry'), name: string, since: time, reason: maybe(string) }),
)

export const pauseEffect: Schema<PauseEffect> = named(
  'PauseEffect',
  object({
    changed: boolean,
    stops: list(object({ stop: string, state: word('running', 'paused'), inFlight: number })),
    otherLines: list(string),
  }),
)

const limitSettings = { concurrency: number, limits: list(object({ limit: maybe(number), rate: maybe(number) })) }

export const stopLimits: Schema<StopLimits> = named(
  'StopLimits',
  object({ stop: string, ...limitSettings, declared: object(limitSettings) }),
)

export const dryRun: Schema<DryRun> = named(
  'DryRun',
  object({
    ran: boolean,
    issues: list(string),
    outcome: nullable(string),
    sends: list(object({ topic: string, key: nullable(string), data: anything })),
    reports: list(string),
    error: nullable(object({ code: string, message: string })),
  }),
)

export const seekPlan: Schema<SeekPlan> = named(
  'SeekPlan',
  object({
    stop: string,
    topic: string,
    partitions: list(object({ partition: number, from: number, to: number, again: number, skipped: number })),
    parked: object({ keys: number, events: number }),
  }),
)

export const live: Schema<LiveAnswer> = named(
  'Live',
  object({
    at: time,
    health: object({
      live: boolean,
      ready: boolean,
      started: boolean,
      reasons: list(string),
      paused: maybe(list(string)),
    }),
    stats,
    lag: list(object({ topic: string, behind: number, oldestMs: number })),
    dead: list(object({ stop: string, waiting: number })),
  }),
)

export const map: Schema<MetroMap> = named(
  'Map',
  object({
    app: string,
    entries: list(object({ name: string, route: string, from: nullable(string) })),
    lines: list(object({ name: string, version: string, stops: list(string) })),
    stops: list(object({ name: string, effects: boolean, targets: list(string) })),
    conductors: list(
      object({
        name: string,
        stops: list(string),
        rules: nullable(list(object({ after: string, to: nullable(string) }))),
      }),
    ),
    topics: list(string),
    edges: list(
      object({
        from: string,
        to: string,
        kind: word('route', 'line', 'next', 'rule', 'target', 'emit', 'from'),
        name: nullable(string),
      }),
    ),
    deadEnds: list(string),
    loops: list(list(string)),
  }),
)

export const topic: Schema<TopicAnswer> = named(
  'Topic',
  object({
    topic: string,
    records: number,
    bytes: number,
    retention: object({ compact: boolean, timeMs: nullable(number), bytesMax: nullable(number) }),
    partitions: list(object({ partition: number, begin: number, end: number })),
  }),
)

export const lag: Schema<LagAnswer> = named(
  'Lag',
  object({
    group: string,
    topic: string,
    paused: maybe(boolean),
    behind: number,
    oldestMs: number,
    partitions: list(object({ partition: number, watermark: number, end: number, behind: number, oldestMs: number })),
  }),
)

const itinerary: Schema<ItineraryView> = object({
  line: string,
  version: string,
  ahead: list(string),
  behind: list(object({ stop: string, attempt: number, durationMs: number })),
})

export const eventRecord: Schema<RecordAnswer> = named(
  'Record',
  object({
    topic: string,
    partition: number,
    offset: number,
    appended: time,
    id: string,
    ride: string,
    type: string,
    source: string,
    time,
    key: nullable(string),
    headers: record(string),
    correlationid: nullable(string),
    causationid: nullable(string),
    replay: number,
    itinerary: nullable(itinerary),
    data: anything,
    cut: maybe(object({ bytes: number, begins: string })),
  }),
)

export const searched: Schema<SearchAnswer> = either(
  object({ match: eventRecord }),
  object({ progress: object({ scanned: number, total: number, matched: number }) }),
  object({ end: object({ scanned: number, matched: number, next: nullable(string) }) }),
)

export const ride: Schema<RideAnswer> = named(
  'Ride',
  object({
    ride: string,
    state: word('riding', 'ended'),
    line: nullable(string),
    key: nullable(string),
    correlationid: nullable(string),
    causationid: nullable(string),
    entered: time,
    ended: nullable(time),
    durationMs: number,
    hops: list(
      object({
        stop: nullable(string),
        app: nullable(string),
        place: nullable(object({ topic: string, partition: number, offset: number })),
        arrived: nullable(time),
        attempts: nullable(number),
        durationMs: nullable(number),
        outcome: string,
        replay: number,
      }),
    ),
    children: list(itself<RideAnswer>('Ride')),
    childrenHidden: number,
  }),
)

export const row: Schema<StoreRowAnswer> = object({ key: string, value: anything })

export const rowPage: Schema<StorePageAnswer> = object({ rows: list(row), next: nullable(string) })

export const sent: Schema<SendAnswer> = either(object({ id: string, duplicate: boolean }), object({ error: failure }))

export const deadLetter: Schema<Omit<DeadLetterRecord, 'stack'>> = named(
  'DeadLetter',
  object({
    place: string,
    stop: string,
    id: string,
    ride: string,
    key: nullable(string),
    cause: string,
    message: string,
    stack: maybe(string),
    fingerprint: string,
    attempts: number,
    firstFailure: number,
    lastFailure: number,
    codeVersion: string,
    itinerary: string,
    replay: number,
    state: word('waiting', 'settled'),
    headers: record(string),
    data: anything,
  }),
)

export const deadLetterGroup: Schema<DeadLetterGroup> = named(
  'DeadLetterGroup',
  object({
    fingerprint: string,
    stop: string,
    cause: string,
    message: string,
    count: number,
    first: number,
    last: number,
  }),
)
