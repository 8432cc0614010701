/**
 * Speaks the admin routes: with a running app over its socket, or with routes in this process over the files of a journal that nobody holds. The
 * callers cannot tell which.
 */
import { MetrobusError } from '../errors/index.ts'
import { requestOverSocket } from '../internal/platform/http.ts'
import type { SocketRequest, SocketResponse } from '../internal/platform/http.ts'
import type { MetroMap } from '../itinerary/map.ts'
import type { LimitChange, Pausable, PauseEffect, SeekPlan, SeekRequest, StopLimits } from '../runtime/controls.ts'
import type { AppStats } from '../runtime/definition.ts'
import type { DeadLetterFilter, DeadLetterGroup, DeadLetterRecord, DryRun } from '../runtime/running.ts'
import type {
  AppAnswer,
  ErrorAnswer,
  HealthAnswer,
  LagAnswer,
  PausedAnswer,
  RecordAnswer,
  RideAnswer,
  SearchAnswer,
  SendAnswer,
  SentEvent,
  StorePageAnswer,
  StoreRowAnswer,
  TopicAnswer,
} from './answers.ts'

/** Carries one request. */
export type Transport = (request: SocketRequest) => Promise<SocketResponse>

/** Which records to stream; at most one of `from`, `offset` and `since`. */
export interface RecordsQuery {
  readonly partition?: number
  readonly from?: 'beginning' | 'end'
  readonly offset?: number
  /** RFC 3339. */
  readonly since?: string
  readonly follow?: boolean
  readonly count?: number
  /** Leaves out what does not match this expression. */
  readonly where?: string
  /** Data that is longer comes cut. Default: all of it. */
  readonly bytes?: number
}

/** Where a search looks; at most one of `from`, `offset`, `since` and `after`. */
export interface SearchQuery extends Omit<RecordsQuery, 'follow' | 'where'> {
  /** The `next` of a search before. */
  readonly after?: string
}

/** Over the socket file of a running app. MB_UNREACHABLE when nothing answers there, and when the connection breaks. */
export const overSocket =
  (path: string): Transport =>
  async (request) => {
    const broken = (error: unknown): MetrobusError => {
      request.signal?.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      return new MetrobusError('MB_UNREACHABLE', { where: path, reason }, { cause: error })
    }
    try {
      const { status, body } = await requestOverSocket(path, request)
      return { status, body: guarded(body, broken) }
    } catch (error) {
      throw broken(error)
    }
  }

async function* guarded(
  body: AsyncIterable<Uint8Array>,
  broken: (error: unknown) => MetrobusError,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch (error) {
    throw broken(error)
  }
}

/** Routes in this process. */
export const inProcess =
  (routes: { fetch(request: Request): Response | Promise<Response> }): Transport =>
  async ({ method, path, headers, body, signal }) => {
    const response = await routes.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers,
        ...(body !== undefined && { body }),
        ...(signal !== undefined && { signal }),
      }),
    )
    return { status: response.status, body: response.body ?? (async function* () {})() }
  }

/** One method a route. Every one rejects with MB_ANSWERED, which keeps the code and the sentence of the other side, or with MB_UNREACHABLE. */
export class AdminClient {
  readonly #transport: Transport
  readonly #signal: AbortSignal | undefined

  /** The signal ends every request and stream. */
  constructor(transport: Transport, options: { readonly signal?: AbortSignal } = {}) {
    this.#transport = transport
    this.#signal = options.signal
  }

  app(): Promise<AppAnswer> {
    return this.#get('/v1/app')
  }

  /** 503 is an answer here, too. */
  async ready(): Promise<HealthAnswer> {
    const { body } = await this.#ask('GET', '/readyz')
    return JSON.parse(await textOf(body)) as HealthAnswer
  }

  stats(): Promise<AppStats> {
    return this.#get('/v1/stats')
  }

  map(): Promise<MetroMap> {
    return this.#get('/v1/map')
  }

  async topics(): Promise<readonly TopicAnswer[]> {
    return (await this.#get<{ topics: readonly TopicAnswer[] }>('/v1/topics')).topics
  }

  async lag(): Promise<readonly LagAnswer[]> {
    return (await this.#get<{ lag: readonly LagAnswer[] }>('/v1/lag')).lag
  }

  records(topic: string, query: RecordsQuery = {}): AsyncGenerator<RecordAnswer> {
    return this.#stream('GET', `/v1/topics/${encodeURIComponent(topic)}/records${queryOf({ ...query })}`)
  }

  /** Matches, how far it is, and last from where to go on. */
  search(topic: string, where: string, query: SearchQuery = {}): AsyncGenerator<SearchAnswer> {
    return this.#stream('GET', `/v1/topics/${encodeURIComponent(topic)}/search${queryOf({ where, ...query })}`)
  }

  trace(id: string): Promise<RideAnswer> {
    return this.#get(`/v1/rides/${encodeURIComponent(id)}`)
  }

  async stores(): Promise<readonly string[]> {
    return (await this.#get<{ stores: readonly string[] }>('/v1/stores')).stores
  }

  storeRow(
    store: string,
    query: { readonly key: string; readonly after?: string; readonly timeout?: number },
  ): Promise<StoreRowAnswer> {
    return this.#get(`/v1/stores/${encodeURIComponent(store)}/row${queryOf(query)}`)
  }

  storeRows(
    store: string,
    query: { readonly prefix?: string; readonly after?: string; readonly limit?: number } = {},
  ): Promise<StorePageAnswer> {
    return this.#get(`/v1/stores/${encodeURIComponent(store)}/rows${queryOf(query)}`)
  }

  async rows(query: {
    readonly store: string
    readonly group?: string
    readonly partition?: number
  }): Promise<readonly { key: string; value: unknown }[]> {
    return (await this.#get<{ rows: readonly { key: string; value: unknown }[] }>(`/v1/rows${queryOf(query)}`)).rows
  }

  /** One answer an event, in order; events that were refused are answers, not an error. */
  async send(entry: string, events: readonly SentEvent[]): Promise<readonly SendAnswer[]> {
    const { status, body } = await this.#ask('POST', `/v1/entries/${encodeURIComponent(entry)}/events`, { events })
    const answer = JSON.parse(await textOf(body)) as {
      readonly answers?: readonly SendAnswer[]
      readonly error?: ErrorAnswer
    }
    return answer.answers ?? refuse(status, answer.error)
  }

  async deadLetters(
    filter: DeadLetterFilter,
    page: { readonly after?: string; readonly count?: number } = {},
  ): Promise<readonly DeadLetterRecord[]> {
    return (
      await this.#get<{ deadLetters: readonly DeadLetterRecord[] }>(
        `/v1/dead-letters${queryOf({ ...filter, ...page })}`,
      )
    ).deadLetters
  }

  async deadLetterGroups(filter: DeadLetterFilter): Promise<readonly DeadLetterGroup[]> {
    return (await this.#get<{ groups: readonly DeadLetterGroup[] }>(`/v1/dead-letters/groups${queryOf({ ...filter })}`))
      .groups
  }

  /** `place` is `<stop>/<partition>/<offset>`. */
  deadLetter(place: string): Promise<DeadLetterRecord> {
    return this.#get(`/v1/dead-letters/${place.split('/').map(encodeURIComponent).join('/')}`)
  }

  /** Answers how many were replayed. An empty filter needs `all`. */
  async replay(
    filter: DeadLetterFilter & { readonly all?: boolean },
    options: {
      readonly ratePerSecond?: number
      readonly data?: unknown
      readonly progress?: (done: number, total: number) => void
    } = {},
  ): Promise<number> {
    const { progress, ...fields } = options
    type Line = { readonly progress?: { readonly done: number; readonly total: number }; readonly replayed?: number }
    let replayed = 0
    for await (const line of this.#stream<Line>('POST', '/v1/dead-letters/replay', { ...filter, ...fields })) {
      if (line.progress !== undefined) progress?.(line.progress.done, line.progress.total)
      replayed = line.replayed ?? replayed
    }
    return replayed
  }

  /** What it would come to on the current code; nothing is changed. */
  dryRun(place: string, data?: unknown): Promise<DryRun> {
    return this.#post('/v1/dead-letters/dry-run', { place, data })
  }

  /** Answers how many were discarded. An empty filter needs `all`. */
  async discard(filter: DeadLetterFilter & { readonly all?: boolean }, reason: string): Promise<number> {
    const { status, body } = await this.#ask('POST', '/v1/dead-letters/discard', { ...filter, reason })
    return (await answerOf<{ discarded: number }>(status, body)).discarded
  }

  async paused(): Promise<readonly PausedAnswer[]> {
    return (await this.#get<{ paused: readonly PausedAnswer[] }>('/v1/paused')).paused
  }

  pause(target: Pausable, reason?: string): Promise<PauseEffect> {
    return this.#post('/v1/pause', { ...target, reason })
  }

  resume(target: Pausable): Promise<PauseEffect> {
    return this.#post('/v1/resume', target)
  }

  async limits(): Promise<readonly StopLimits[]> {
    return (await this.#get<{ limits: readonly StopLimits[] }>('/v1/limits')).limits
  }

  limit(stop: string, change: LimitChange | 'declared'): Promise<StopLimits> {
    const body = change === 'declared' ? { declared: true } : change
    return this.#post(`/v1/stops/${encodeURIComponent(stop)}/limits`, body)
  }

  /** What a seek would do. */
  planSeek({ to, ...request }: SeekRequest): Promise<SeekPlan> {
    return this.#get(`/v1/seek${queryOf({ ...request, ...placeOf(to) })}`)
  }

  seek({ to, ...request }: SeekRequest): Promise<SeekPlan> {
    return this.#post('/v1/seek', { ...request, ...placeOf(to) })
  }

  /** Answers when the app is about to stop. */
  drain(deadlineMs?: number): Promise<{ readonly draining: boolean }> {
    return this.#post('/v1/drain', { deadlineMs })
  }

  async #post<Answer>(path: string, sent: unknown): Promise<Answer> {
    const { status, body } = await this.#ask('POST', path, sent)
    return answerOf(status, body)
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const { status, body } = await this.#ask('GET', path)
    return answerOf(status, body)
  }

  async *#stream<Line>(method: string, path: string, sent?: unknown): AsyncGenerator<Line> {
    const { status, body } = await this.#ask(method, path, sent)
    if (status !== 200) return void (await answerOf(status, body))
    for await (const line of linesOf(body)) {
      const { error, ...value } = JSON.parse(line) as { readonly error?: ErrorAnswer }
      if (error !== undefined) refuse(500, error)
      yield value as Line
    }
  }

  #ask(method: string, path: string, sent?: unknown): Promise<SocketResponse> {
    const body = sent === undefined ? undefined : JSON.stringify(sent)
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    return this.#transport({ method, path, headers, body, signal: this.#signal })
  }
}

async function answerOf<Answer>(status: number, body: AsyncIterable<Uint8Array>): Promise<Answer> {
  const answer = JSON.parse(await textOf(body)) as Answer & { readonly error?: ErrorAnswer }
  return status < 400 ? answer : refuse(status, answer.error)
}

function refuse(status: number, error: ErrorAnswer | undefined): never {
  throw new MetrobusError('MB_ANSWERED', {
    status,
    code: error?.code ?? 'MB_UNEXPECTED',
    message: error?.message ?? `The app answered with status ${status}.`,
  })
}

/** As the routes take it. */
function placeOf(to: SeekRequest['to']): { readonly to?: string; readonly offset?: number; readonly since?: string } {
  if (typeof to === 'string') return { to }
  return 'offset' in to ? to : { since: new Date(to.timeMs).toISOString() }
}

function queryOf(fields: { readonly [name: string]: string | number | boolean | undefined }): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? '' : `?${query.toString()}`
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of body) text += decoder.decode(bytes, { stream: true })
  return text + decoder.decode()
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
