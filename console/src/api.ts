/** What the page asks the app: the routes of the admin API, from the same origin. */
import type {
  AppAnswer,
  LagAnswer,
  LiveAnswer,
  PausedAnswer,
  RecordAnswer,
  RideAnswer,
  SearchAnswer,
  StopAnswer,
  TopicAnswer,
} from '../../src/admin/answers.ts'
import type { RecordsQuery } from '../../src/admin/client.ts'
import type { MetroMap } from '../../src/itinerary/map.ts'
import type { PauseEffect, SeekPlan } from '../../src/runtime/controls.ts'
import type { DeadLetterGroup, DeadLetterRecord, DryRun } from '../../src/runtime/running.ts'

export type {
  AppAnswer,
  DeadLetterGroup,
  DeadLetterRecord,
  DryRun,
  LagAnswer,
  LiveAnswer,
  MetroMap,
  PausedAnswer,
  PauseEffect,
  RecordAnswer,
  RecordsQuery,
  RideAnswer,
  SearchAnswer,
  SeekPlan,
  StopAnswer,
  TopicAnswer,
}

/** As the records of a topic are asked for, with what they are looked for by. */
export interface SearchQuery extends Omit<RecordsQuery, 'follow'> {
  readonly where: string
}

/** A line of the audit log, with whatever facts belong to the act. */
export interface AuditLine {
  readonly n: number
  readonly at: string
  readonly who: string | null
  readonly act: string
  readonly asked: string
  readonly result: string
  readonly [fact: string]: unknown
}

interface AuditAnswer {
  readonly lines: readonly AuditLine[]
  readonly head: { readonly lines: number; readonly hash: string }
}

/** An act that takes two. */
export interface Proposal {
  readonly id: string
  readonly act: string
  readonly asked: string
  readonly told: object
  readonly proposer: string
  readonly approver: string | null
  readonly expires: string
}

export interface RecordPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface DeadLetterQuery {
  readonly fingerprint?: string
  readonly stop?: string
  readonly key?: string
  readonly cause?: string
  readonly after?: string
}

/** Which dead letters an act is for. */
export type Chosen =
  | { readonly place: string }
  | { readonly fingerprint: string }
  | { readonly stop: string }
  | { readonly all: true }

/** Where the app's position at a stop is to go, and what becomes of what is parked there. */
export interface SeekTo {
  readonly to?: 'beginning' | 'end'
  readonly offset?: number
  readonly since?: string
  readonly parked?: 'keep' | 'discard'
}

/** What the app answered instead, in its own words. */
export class Refusal extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

async function ask(path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const token = tokenKept()
  const response = await fetch(path, {
    headers: {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  if (response.ok) return response
  const { error } = await response
    .json()
    .catch(() => ({ error: { code: 'HTTP', message: `The app answered ${response.status}.` } }))
  if (response.status === 401) dispatchEvent(new Event(tokenWanted))
  throw new Refusal(error.code, error.message)
}

/** Told to the page when the app does not know who asks. */
export const tokenWanted = 'metrobus-token-wanted'
const tokenName = 'metrobus-token'

const tokenKept = (): string | null => sessionStorage.getItem(tokenName)

/** For this tab, until it is closed. */
export const keepToken = (token: string): void => sessionStorage.setItem(tokenName, token)

const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await ask(path, undefined, signal)).json() as Promise<T>

const queryOf = (fields: object): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? '' : `?${query}`
}

export const api = {
  app: () => get<AppAnswer>('v1/app'),
  map: () => get<MetroMap>('v1/map'),
  stop: (name: string, signal?: AbortSignal) => get<StopAnswer>(`v1/stops/${encodeURIComponent(name)}`, signal),
  /** Looks at the app, one a second. */
  async *live(signal: AbortSignal): AsyncGenerator<LiveAnswer> {
    for await (const line of linesOf(await ask('v1/live', undefined, signal))) {
      if (!line.startsWith('data: ')) continue
      const answer = JSON.parse(line.slice('data: '.length)) as LiveAnswer | { readonly error: unknown }
      if (!('error' in answer)) yield answer
    }
  },
  topics: async (signal?: AbortSignal) => (await get<{ topics: readonly TopicAnswer[] }>('v1/topics', signal)).topics,
  lag: async (signal?: AbortSignal) => (await get<{ lag: readonly LagAnswer[] }>('v1/lag', signal)).lag,
  ride: (id: string, signal?: AbortSignal) => get<RideAnswer>(`v1/rides/${encodeURIComponent(id)}`, signal),
  /** Records as they come. */
  records: async function* (topic: string, query: RecordsQuery, signal: AbortSignal): AsyncGenerator<RecordAnswer> {
    const response = await ask(`v1/topics/${encodeURIComponent(topic)}/records${queryOf(query)}`, undefined, signal)
    yield* answersOf<RecordAnswer>(response)
  },
  /** Looks through a topic in the app: matches, how far it is, and at last from where to go on. */
  search: async function* (topic: string, query: SearchQuery, signal: AbortSignal): AsyncGenerator<SearchAnswer> {
    const response = await ask(`v1/topics/${encodeURIComponent(topic)}/search${queryOf(query)}`, undefined, signal)
    yield* answersOf<SearchAnswer>(response)
  },
  /** What the console was told when it was served. */
  settings: () => get<{ readonly traceUrl: string | null }>('console.json'),
  /** The one record that lies there, whole; undefined where retention has taken it. */
  async record(
    { topic, partition, offset }: RecordPlace,
    signal: AbortSignal,
    bytes?: number,
  ): Promise<RecordAnswer | undefined> {
    const query = { partition, offset, count: 1, ...(bytes !== undefined && { bytes }) }
    for await (const record of api.records(topic, query, signal)) return record.offset === offset ? record : undefined
    return undefined
  },
  /** Rows of a state table of the app. */
  rows: async (store: string, partition: number, signal?: AbortSignal) =>
    get<{ readonly rows: readonly { readonly key: string; readonly value: unknown }[]; readonly total: number }>(
      `v1/rows${queryOf({ store, partition, count: 1000 })}`,
      signal,
    ),
  deadLetters: async (filter: DeadLetterQuery, signal?: AbortSignal) =>
    (
      await get<{ deadLetters: readonly DeadLetterRecord[] }>(
        `v1/dead-letters${queryOf({ ...filter, count: 100 })}`,
        signal,
      )
    ).deadLetters,
  deadGroups: async (signal?: AbortSignal) =>
    (await get<{ groups: readonly DeadLetterGroup[] }>('v1/dead-letters/groups', signal)).groups,
  paused: async (signal?: AbortSignal) => (await get<{ paused: readonly PausedAnswer[] }>('v1/paused', signal)).paused,
  /** An empty reason is none. */
  pause: async (target: Pick<PausedAnswer, 'kind' | 'name'>, reason: string): Promise<PauseEffect> =>
    (await ask('v1/pause', { ...target, ...(reason !== '' && { reason }) })).json() as Promise<PauseEffect>,
  resume: async ({ kind, name }: Pick<PausedAnswer, 'kind' | 'name'>): Promise<PauseEffect> =>
    (await ask('v1/resume', { kind, name })).json() as Promise<PauseEffect>,
  planSeek: (stop: string, to: SeekTo) => get<SeekPlan>(`v1/seek${queryOf({ stop, ...to })}`),
  seek: async (stop: string, to: SeekTo): Promise<SeekPlan> =>
    (await ask('v1/seek', { stop, ...to })).json() as Promise<SeekPlan>,
  audit: (page: { readonly after: number; readonly count: number }, signal: AbortSignal) =>
    get<AuditAnswer>(`v1/audit${queryOf(page)}`, signal),
  approvals: async (signal: AbortSignal) =>
    (await get<{ approvals: readonly Proposal[] }>('v1/approvals', signal)).approvals,
  approve: (id: string) => ask(`v1/approvals/${encodeURIComponent(id)}/approve`, {}),
  dryRun: async (place: string, data?: unknown): Promise<DryRun> =>
    (await ask('v1/dead-letters/dry-run', { place, ...(data !== undefined && { data }) })).json() as Promise<DryRun>,
  discard: async (chosen: Chosen, reason: string) =>
    ((await (await ask('v1/dead-letters/discard', { ...chosen, reason })).json()) as { discarded: number }).discarded,
  /** Answers how many went; `progress` hears on the way. */
  async replay(
    chosen: Chosen,
    options: { readonly ratePerSecond?: number; readonly data?: unknown },
    progress: (done: number, total: number) => void,
  ): Promise<number> {
    const response = await ask('v1/dead-letters/replay', { ...chosen, ...options })
    for await (const line of linesOf(response)) {
      const answer = JSON.parse(line) as {
        readonly replayed?: number
        readonly progress?: { readonly done: number; readonly total: number }
        readonly error?: { readonly code: string; readonly message: string }
      }
      if (answer.error !== undefined) throw new Refusal(answer.error.code, answer.error.message)
      if (answer.progress !== undefined) progress(answer.progress.done, answer.progress.total)
      if (answer.replayed !== undefined) return answer.replayed
    }
    throw new Refusal('HTTP', 'The app has gone away before it said how many went.')
  },
}

/** Answers, one a line; the last may be why there are no more. */
async function* answersOf<T extends object>(response: Response): AsyncGenerator<T> {
  for await (const line of linesOf(response)) {
    const answer = JSON.parse(line) as T | { readonly error: { readonly code: string; readonly message: string } }
    if ('error' in answer) throw new Refusal(answer.error.code, answer.error.message)
    yield answer
  }
}

async function* linesOf(response: Response): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const bytes of response.body!) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop()!
    yield* lines
  }
  if (rest !== '') yield rest
}
