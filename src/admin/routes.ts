/**
 * The HTTP and JSON that operators speak with an app: health, topics, lag, records, rides, dead letters, state rows, and sending. It knows no transport: a
 * local socket serves it, and the command line calls it in its own process when no app runs.
 *
 * Here the declared routes become HTTP. Whoever asks is asked for a right first; then every input is checked strictly; and every answer is bounded: by a count, or by
 * being a stream whose reader sets the pace.
 */
import { Hono } from 'hono'
import { MetrobusError } from '../errors/index.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { Admission } from './admission.ts'
import type { AdmissionOptions } from './admission.ts'
import { appRoutes } from './app-routes.ts'
import type { Approvals } from './approvals.ts'
import type { AuditLog } from './audit.ts'
import { controlRoutes } from './control-routes.ts'
import { deadLetterRoutes } from './dead-letter-routes.ts'
import { dryRunRoutes } from './dry-run-routes.ts'
import { entryRoutes } from './entry-routes.ts'
import { answerOf } from './failure.ts'
import { thisMachine } from './identity.ts'
import type { Mask } from './masks.ts'
import { documentRoute } from './openapi.ts'
import { oversightRoutes } from './oversight-routes.ts'
import type { Oversight } from './oversight-routes.ts'
import { RateLimit } from './rate-limit.ts'
import type { Route } from './route.ts'
import { searchRoutes } from './search-routes.ts'
import { seekRoutes } from './seek-routes.ts'
import { stopDetailRoutes } from './stop-detail-routes.ts'
import { storeRoutes } from './store-routes.ts'
import { streamGate } from './stream-gate.ts'
import type { Subject } from './subject.ts'
import { topicRoutes } from './topic-routes.ts'

/** What the routes are about, and what they need of their surroundings. */
export interface RoutesOptions {
  readonly subject: Subject
  readonly clock: Clock
  /** Ends the streams. */
  readonly signal: AbortSignal
  /** Who asks; rejects with MB_UNAUTHENTICATED. Default: this machine. */
  readonly identify?: AdmissionOptions['identify']
  /** Where acts are written down. Default: nowhere. */
  readonly audit?: AuditLog | undefined
  /** Requests a second of one that asks. Default: as many as they like. */
  readonly requestsPerSecond?: number | undefined
  /** Which acts take two; with `audit` alone. Default: none. */
  readonly approvals?: Approvals | undefined
  /** Default: payloads leave as they are. */
  readonly mask?: Mask | undefined
  /** Told when an approval was passed by. Default: nobody is. */
  readonly alarm?: AdmissionOptions['alarm']
}

/** Every route that there is. */
export function declaredRoutes(
  subject: Subject,
  clock: Clock,
  oversight: Oversight = { audit: undefined, approvals: undefined },
): readonly Route[] {
  const routes = [
    ...appRoutes(subject, clock),
    ...stopDetailRoutes(subject),
    ...topicRoutes(subject, clock),
    ...searchRoutes(subject, clock),
    ...controlRoutes(subject, clock),
    ...seekRoutes(subject),
    ...dryRunRoutes(subject),
    ...entryRoutes(subject),
    ...storeRoutes(subject),
    ...deadLetterRoutes(subject),
    ...oversightRoutes(oversight),
  ]
  return [...routes, documentRoute(routes)]
}

/** All routes of an app, served. */
export function adminRoutes(options: RoutesOptions): Hono {
  const { subject, clock, signal, identify = () => thisMachine, audit, approvals, mask, alarm } = options
  const { requestsPerSecond: perSecond } = options
  const rate = perSecond === undefined ? undefined : new RateLimit(clock, perSecond)
  const admission = new Admission({
    identify,
    audit,
    rate,
    approvals,
    mask,
    alarm,
    gate: streamGate(signal, perSecond !== undefined),
  })
  const served = new Hono()
  served.onError(answerOf)
  served.notFound(async ({ req, env }) => {
    // Who may not ask does not learn what there is.
    await admission.identify(req.raw, env)
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'route', name: `${req.method} ${req.path}` })
  })
  // HEAD is answered as GET is, and nobody will read the body: a stream must not wait for that.
  served.use(async (context, next) => {
    await next()
    if (context.req.raw.method === 'HEAD') await context.res.body?.cancel()
  })
  for (const route of declaredRoutes(subject, clock, { audit, approvals }))
    served.on(route.method, route.path, ({ req, env }) =>
      admission.answer(route, { request: req.raw, params: req.param(), connection: env }),
    )
  return served
}
