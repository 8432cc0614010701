/**
 * The HTTP and JSON that operators speak with an app: health, topics, lag, records, rides, dead letters, state rows, and sending. It knows no transport: a
 * local socket serves it, and the command line calls it in its own process when no app runs.
 *
 * Here the declared routes become HTTP. Whoever asks is asked for a right first; then every input is checked strictly; and every answer is bounded: by a count, or by
 * being a stream whose reader sets the pace.
 */
import { Hono } from 'hono'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { MetrobusError } from '../errors/index.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { appRoutes } from './app-routes.ts'
import { controlRoutes } from './control-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import { entryRoutes } from './entry-routes.ts'
import { answerOf } from './failure.ts'
import { mayAsk, rightText, thisMachine } from './identity.ts'
import type { Identity } from './identity.ts'
import { documentRoute } from './openapi.ts'
import type { Asked, Route, Stream } from './route.ts'
import { storeRoutes } from './store-routes.ts'
import { ndjson, serverSentEvents } from './streaming.ts'
import type { StreamGate } from './streaming.ts'
import type { Subject } from './subject.ts'
import { topicRoutes } from './topic-routes.ts'

/** What the routes are about, and what they need of their surroundings. */
export interface RoutesOptions {
  readonly subject: Subject
  readonly clock: Clock
  /** Ends the streams. */
  readonly signal: AbortSignal
  /** Who asks; rejects with MB_UNAUTHENTICATED. Default: this machine. */
  readonly identify?: (request: Request) => Identity | Promise<Identity>
}

const bodyBytesMax = 8 * 1024 * 1024
const streamsMax = 32

/** Every route that there is. */
export function declaredRoutes(subject: Subject, clock: Clock): readonly Route[] {
  const routes = [
    ...appRoutes(subject, clock),
    ...topicRoutes(subject, clock),
    ...controlRoutes(subject, clock),
    ...entryRoutes(subject),
    ...storeRoutes(subject),
    ...deadLetterRoutes(subject),
  ]
  return [...routes, documentRoute(routes)]
}

/** All routes of an app, served. */
export function adminRoutes({ subject, clock, signal, identify = () => thisMachine }: RoutesOptions): Hono {
  const gate = streamGate(signal)
  const served = new Hono()
  served.onError(answerOf)
  served.notFound(async ({ req }) => {
    // Who may not ask does not learn what there is.
    await identify(req.raw)
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'route', name: `${req.method} ${req.path}` })
  })
  // HEAD is answered as GET is, and nobody will read the body: a stream must not wait for that.
  served.use(async (context, next) => {
    await next()
    if (context.req.raw.method === 'HEAD') await context.res.body?.cancel()
  })
  served.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError: () => {
        throw new MetrobusError('MB_BAD_REQUEST', { faults: [`the body is larger than ${bodyBytesMax} bytes`] })
      },
    }),
  )
  for (const route of declaredRoutes(subject, clock))
    served.on(route.method, route.path, async (context) => {
      const identity = await identify(context.req.raw)
      if (!mayAsk(identity, route))
        throw new MetrobusError('MB_FORBIDDEN', { identity: identity.name, right: rightText(route) })
      return responseOf(route, await askedOf(route, context, identity), gate)
    })
  return served
}

async function askedOf({ query, body }: Route, { req }: Context, identity: Identity): Promise<Asked> {
  return {
    params: req.param(),
    query: query.readQuery(new URL(req.url).searchParams),
    body: body?.readBody(await jsonOf(req.raw)),
    identity,
  }
}

async function responseOf({ serve, stream }: Route, asked: Asked, gate: StreamGate): Promise<Response> {
  const answer = await serve(asked)
  if (stream === 'ndjson') return ndjson(gate, answer as Stream<unknown>)
  if (stream === 'events') return serverSentEvents(gate, answer as Stream<unknown>)
  return answer instanceof Response ? answer : Response.json(answer)
}

/** The body as JSON, or MB_BAD_REQUEST. */
async function jsonOf(request: Request): Promise<unknown> {
  try {
    return await request.json()
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new MetrobusError('MB_BAD_REQUEST', { faults: [`the body is not JSON: ${error.message}`] }, { cause: error })
  }
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
