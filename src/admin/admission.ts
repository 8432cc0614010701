/**
 * The way of every request to its route: who asks, whether they may, what they ask, and for an act whether it is written down; only then it is served.
 *
 * Invariants:
 *  D1 nothing of a request but its head is read before it is known who asks, and that they may;
 *  D2 an act that was allowed or denied stands in the audit log before anything of it happens, and its end before it is answered.
 */
import { createHash } from 'node:crypto'
import { MetrobusError, isMetrobusError } from '../errors/index.ts'
import type { ErrorCode } from '../errors/index.ts'
import type { ActKind } from './act.ts'
import type { Approvals, Command } from './approvals.ts'
import type { AuditEntry, AuditLog } from './audit.ts'
import { errorAnswer } from './failure.ts'
import { mayAsk, rightText } from './identity.ts'
import type { Identity } from './identity.ts'
import type { Mask } from './masks.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Asked, Route, Stream } from './route.ts'
import { ndjson, serverSentEvents } from './streaming.ts'
import type { StreamGate } from './streaming.ts'

/** What stands on the way. */
export interface AdmissionOptions {
  /** Who asks; rejects with MB_UNAUTHENTICATED. */
  readonly identify: (request: Request, connection: unknown) => Identity | Promise<Identity>
  /** Undefined writes nothing down. */
  readonly audit: AuditLog | undefined
  /** Undefined lets everybody ask as often as they like. */
  readonly rate: RateLimit | undefined
  /** Which acts take two. Undefined lets each act alone; otherwise there must be an audit log. */
  readonly approvals: Approvals | undefined
  /** What of payloads leaves the server for nobody. */
  readonly mask: Mask | undefined
  /** Told when an approval was passed by. */
  readonly alarm: ((facts: object) => void) | undefined
  readonly gate: StreamGate
}

/** A request that has found its route. */
export interface Arrival {
  readonly request: Request
  readonly params: Readonly<Record<string, string>>
  /** What the server knows of the connection. */
  readonly connection: unknown
}

const bodyBytesMax = 8 * 1024 * 1024
const answerLengthMax = 64 * 1024 * 1024

/** Answers a request to a route, or throws what it is refused for. */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Who asks, within their rate; MB_UNAUTHENTICATED or MB_TOO_MANY_REQUESTS. */
  async identify(request: Request, connection: unknown): Promise<Identity> {
    const { identify, rate } = this.#options
    try {
      const identity = await identify(request, connection)
      rate?.take(identity.name)
      return identity
    } catch (error) {
      // All that nobody knows share one rate: what they send must not fill the audit log.
      if (isMetrobusError(error, 'MB_UNAUTHENTICATED')) rate?.take('')
      throw error
    }
  }

  async answer(route: Route, arrival: Arrival): Promise<Response> {
    const { audit } = this.#options
    if (route.act !== undefined && audit !== undefined) return this.#acted(route, route.act, arrival, audit)
    const asked = await this.#admitted(route, arrival)
    return this.#responseOf(route, asked.identity, await serve(route, asked))
  }

  #responseOf({ stream, payloads }: Route, { name }: Identity, answer: unknown): Response {
    const { gate } = this.#options
    const mask = payloads ? this.#options.mask : undefined
    if (stream !== undefined) {
      const lines = mask === undefined ? (answer as Stream<unknown>) : maskedStream(answer as Stream<unknown>, mask)
      return stream === 'ndjson' ? ndjson(gate, name, lines) : serverSentEvents(gate, name, lines)
    }
    return answer instanceof Response ? answer : bounded(mask === undefined ? answer : mask(answer))
  }

  /** The request, read, from somebody who may send it. */
  async #admitted(route: Route, { request, params, connection }: Arrival): Promise<Asked> {
    const identity = await this.identify(request, connection)
    if (!mayAsk(identity, route))
      throw new MetrobusError('MB_FORBIDDEN', { identity: identity.name, right: rightText(route) })
    return {
      params,
      query: route.query.readQuery(new URL(request.url).searchParams),
      body: route.body?.readBody(await jsonOf(request)),
      identity,
      mask: this.#options.mask,
    }
  }

  async #acted(route: Route, act: ActKind, arrival: Arrival, audit: AuditLog): Promise<Response> {
    const asked = `${arrival.request.method} ${new URL(arrival.request.url).pathname}`
    let who: string | null = null
    try {
      const admitted = await this.#admitted(route, arrival)
      who = admitted.identity.name
      const command = commandOf(route, admitted)
      const told = { query: route.query.told(admitted.query), body: route.body?.told(admitted.body) }
      const leave = await this.#leave(route, { act, asked, command, told }, admitted, arrival.request)
      const entry = { who, act, asked, command }
      const { lines: of } = await audit.add({ ...entry, ...told, ...leave, result: 'allowed' })
      const ended = async (end: End): Promise<void> => void (await audit.add({ ...entry, of, ...end }))
      return this.#responseOf(route, admitted.identity, await finished(route, admitted, ended))
    } catch (error) {
      if (isMetrobusError(error, 'MB_FORBIDDEN')) who = error.facts.identity
      const { code, message } = errorAnswer(error)
      if (denials.has(code)) await audit.add({ who, act, asked, result: 'denied', code, message })
      throw error
    }
  }

  /** By whose leave an act that takes two is done; nobody's where one is enough. */
  async #leave(route: Route, command: Command, asked: Asked, request: Request): Promise<object> {
    const { approvals, alarm } = this.#options
    const weigh = route.weigh === undefined ? undefined : (): Promise<number> => route.weigh!(asked)
    if (approvals === undefined || !(await approvals.isNeeded(command.act, weigh))) return {}
    const justification = justificationIn(request)
    if (justification === undefined) return { approver: approvals.use(command, asked.identity) }
    if (!mayAsk(asked.identity, { needs: 'admin', payloads: false }))
      throw new MetrobusError('MB_FORBIDDEN', {
        identity: asked.identity.name,
        right: 'the role admin to break the glass',
      })
    alarm?.({ who: asked.identity.name, act: command.act, asked: command.asked, justification })
    return { brokeGlass: justification }
  }
}

/** What is a refusal of the one that asks, and not of what was asked. */
const denials: ReadonlySet<string> = new Set([
  'MB_UNAUTHENTICATED',
  'MB_FORBIDDEN',
  'MB_APPROVAL_NEEDED',
] satisfies ErrorCode[])

const justificationMin = 10

/** Why an approval cannot be waited for, as text that is encoded like a part of an address. */
function justificationIn({ headers }: Request): string | undefined {
  const header = headers.get('metrobus-break-glass')
  if (header === null) return undefined
  const text = decoded(header)
  if (text !== undefined && text.length >= justificationMin) return text
  const fault = `"metrobus-break-glass" must say why, in ${justificationMin} characters or more, encoded as in an address`
  throw new MetrobusError('MB_BAD_REQUEST', { faults: [fault] })
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text).trim()
  } catch {
    return undefined
  }
}

/** A page of large payloads may be too much, however few it holds. */
function bounded(answer: unknown): Response {
  const text = JSON.stringify(answer)
  if (text.length > answerLengthMax) throw new MetrobusError('MB_ANSWER_TOO_LARGE', { lengthMax: answerLengthMax })
  return new Response(text, { headers: { 'content-type': 'application/json' } })
}

const maskedStream = (stream: Stream<unknown>, mask: Mask): Stream<unknown> =>
  async function* (signal) {
    for await (const answer of stream(signal)) yield mask(answer)
  }

type End = Pick<AuditEntry, 'result'> & { readonly code?: string; readonly status?: number }

/** Serves an act, and tells its end before it is answered; of a stream, before it ends. */
async function finished(route: Route, asked: Asked, ended: (end: End) => Promise<void>): Promise<unknown> {
  const failed = (error: unknown): Promise<void> => ended({ result: 'failed', code: errorAnswer(error).code })
  let answer: unknown
  try {
    answer = await serve(route, asked)
  } catch (error) {
    await failed(error)
    throw error
  }
  if (route.stream !== undefined) return told(answer as Stream<unknown>, ended, failed)
  const status = answer instanceof Response ? answer.status : 200
  await ended({ result: status < 400 ? 'done' : 'failed', status })
  return answer
}

/** A reader that goes away ends an act: what it has done by then is done. */
const told = (
  stream: Stream<unknown>,
  ended: (end: End) => Promise<void>,
  failed: (error: unknown) => Promise<void>,
): Stream<unknown> =>
  async function* (signal) {
    let isOver = false
    try {
      yield* stream(signal)
      isOver = true
      await ended({ result: 'done' })
    } catch (error) {
      if (!isOver) await failed(error)
      isOver = true
      throw error
    } finally {
      if (!isOver) await ended({ result: 'failed', code: 'MB_UNREACHABLE' })
    }
  }

const serve = async ({ serve }: Route, asked: Asked): Promise<unknown> => serve(asked)

/** The exact command as one hash: equal for what does the same, however it was written. */
export function commandOf({ method, path }: Route, { params, query, body }: Asked): string {
  const text = canonical({ method, path, params, query, body: body ?? null })
  return createHash('sha256').update(text).digest('hex')
}

/** JSON with its names in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  )
}

/** The body as JSON, or MB_BAD_REQUEST. */
async function jsonOf(request: Request): Promise<unknown> {
  const text = await textOf(request)
  try {
    return JSON.parse(text)
  } catch (error) {
    const { message } = error as SyntaxError
    throw new MetrobusError('MB_BAD_REQUEST', { faults: [`the body is not JSON: ${message}`] }, { cause: error })
  }
}

async function textOf({ body, headers }: Request): Promise<string> {
  const tooLarge = (): MetrobusError =>
    new MetrobusError('MB_BAD_REQUEST', { faults: [`the body is larger than ${bodyBytesMax} bytes`] })
  if (Number(headers.get('content-length') ?? 0) > bodyBytesMax) throw tooLarge()
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) throw tooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
