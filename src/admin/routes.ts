/**
 * The HTTP and JSON that operators speak with an app: health, topics, lag, records, rides, dead letters, state rows, and sending. It knows no transport: a
 * local socket serves it, and the command line calls it in its own process when no app runs.
 *
 * Every input is checked strictly, and every answer is bounded: by a count, or by being a stream whose reader sets the pace.
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { MetrobusError } from '../errors/index.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { mapOf } from '../itinerary/map.ts'
import type { AppAnswer } from './answers.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import { entryRoutes } from './entry-routes.ts'
import { answerOf } from './failure.ts'
import { Fields } from './fields.ts'
import { healthRoutes } from './health.ts'
import { Live } from './live.ts'
import { lagOf, standingOf, topicsOf } from './positions.ts'
import { recordAnswer } from './record-answer.ts'
import { storeRoutes } from './store-routes.ts'
import type { StreamGate } from './streaming.ts'
import { ndjson, serverSentEvents } from './streaming.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'
import { tail } from './tail.ts'
import type { TailStart } from './tail.ts'
import { traceOf } from './trace.ts'

/** What the routes are about, and what they need of their surroundings. */
export interface RoutesOptions {
  readonly subject: Subject
  readonly clock: Clock
  /** Ends the streams. */
  readonly signal: AbortSignal
}

const bodyBytesMax = 8 * 1024 * 1024
const streamsMax = 32
const countMax = 1_000_000_000

/** All routes of an app. */
export function adminRoutes({ subject, clock, signal }: RoutesOptions): Hono {
  const gate = streamGate(signal)
  const routes = new Hono()
  routes.onError(answerOf)
  routes.notFound((context) => {
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'route', name: `${context.req.method} ${context.req.path}` })
  })
  // HEAD is answered as GET is, and nobody will read the body: a stream must not wait for that.
  routes.use(async (context, next) => {
    await next()
    if (context.req.raw.method === 'HEAD') await context.res.body?.cancel()
  })
  routes.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError: () => {
        throw new MetrobusError('MB_BAD_REQUEST', { faults: [`the body is larger than ${bodyBytesMax} bytes`] })
      },
    }),
  )
  const down = { live: false, ready: false, started: false, reasons: ['No process runs this app.'] }
  routes.route(
    '/',
    healthRoutes(() => subject.running?.health() ?? down),
  )
  routes.get('/v1/app', () => {
    const answer: AppAnswer = { app: subject.app, pid: process.pid, node: process.version }
    return Response.json(answer)
  })
  routes.get('/v1/stats', () => Response.json(runningOf(subject, 'Statistics').stats()))
  const live = subject.running === undefined ? undefined : new Live(subject.running, clock)
  routes.get('/v1/live', () => {
    runningOf(subject, 'What goes on')
    return serverSentEvents(gate, (signal) => live!.answers(signal))
  })
  routes.get('/v1/map', () => Response.json(mapOf(runningOf(subject, 'The map').definition)))
  readingRoutes(routes, subject, clock, gate)
  routes.route('/v1/entries', entryRoutes(subject))
  routes.route('/v1/stores', storeRoutes(subject))
  routes.route('/v1/dead-letters', deadLetterRoutes(subject, gate))
  return routes
}

function readingRoutes(routes: Hono, subject: Subject, clock: Clock, gate: StreamGate): void {
  const { inspector } = subject
  routes.get('/v1/topics', async () => Response.json({ topics: await topicsOf(inspector) }))
  routes.get('/v1/lag', async () =>
    Response.json({ lag: await lagOf(inspector, clock.now(), await standingOf(inspector)) }),
  )
  routes.get('/v1/topics/:topic/records', (context) => {
    const fields = Fields.ofQuery(new URL(context.req.url).searchParams)
    const request = {
      topic: context.req.param('topic'),
      partition: fields.integer('partition', { min: 0, max: 100_000 }),
      from: startOf(fields),
      follow: fields.flag('follow'),
      countMax: fields.integer('count', { min: 1, max: countMax }) ?? countMax,
    }
    fields.done()
    return ndjson(gate, async function* (signal) {
      for await (const placed of tail(inspector, request, clock, signal)) yield recordAnswer(placed)
    })
  })
  routes.get('/v1/rides/:id', async (context) => Response.json(await traceOf(inspector, context.req.param('id'))))
  routes.get('/v1/rows', async (context) => {
    const fields = Fields.ofQuery(new URL(context.req.url).searchParams)
    const group = fields.text('group') ?? subject.app
    const store = fields.text('store')
    const partition = fields.integer('partition', { min: 0, max: 100_000 }) ?? 0
    if (store === undefined) fields.fault('"store" is missing')
    const rowsMax = fields.integer('count', { min: 1, max: 10_000 }) ?? 1000
    fields.done()
    const rows = await inspector.rows(group, store ?? '', partition)
    const shown = [...rows.entries().take(rowsMax)].map(([key, value]) => ({
      key,
      value: JSON.parse(value) as unknown,
    }))
    return Response.json({ rows: shown, total: rows.size })
  })
}

/** `from` is a word, an offset is a number, a time is RFC 3339; at most one of them is given. */
function startOf(fields: Fields): TailStart {
  const offset = fields.integer('offset', { min: 0, max: Number.MAX_SAFE_INTEGER })
  const since = fields.text('since')
  const from = fields.text('from')
  if ([offset, since, from].filter((given) => given !== undefined).length > 1)
    fields.fault('"from", "offset" and "since" exclude each other')
  if (offset !== undefined) return { offset }
  if (since !== undefined) {
    const timeMs = Date.parse(since)
    if (Number.isNaN(timeMs)) fields.fault('"since" must be a time such as 2026-01-31T12:00:00Z')
    return { timeMs }
  }
  if (from !== undefined && from !== 'beginning' && from !== 'end') fields.fault('"from" must be beginning or end')
  return from === 'end' ? 'end' : 'beginning'
}

function streamGate(signal: AbortSignal): StreamGate {
  let open = 0
  return {
    signal,
    enter() {
      if (open >= streamsMax) throw new MetrobusError('MB_TOO_MANY_STREAMS', { streamsMax })
      open++
      let hasLeft = false
      return () => {
        if (!hasLeft) open--
        hasLeft = true
      }
    },
  }
}
