/** What an app is, how it is, and what it has done. */
import type { Clock } from '../internal/platform/platform.ts'
import { mapOf } from '../itinerary/map.ts'
import { app, health, live, map, stats } from './answer-shapes.ts'
import { healthAnswer } from './health.ts'
import { Live } from './live.ts'
import { route, streamRoute } from './route.ts'
import type { Route } from './route.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

const down = { live: false, ready: false, started: false, reasons: ['No process runs this app.'] }

export function appRoutes(subject: Subject, clock: Clock): readonly Route[] {
  const looks = subject.running === undefined ? undefined : new Live(subject.running, clock)
  const healthRoute = (path: '/livez' | '/readyz' | '/startupz', does: string): Route =>
    route({
      method: 'GET',
      path,
      does,
      needs: 'viewer',
      answer: health,
      serve: () => healthAnswer(path, subject.running?.health() ?? down),
    })
  return [
    healthRoute('/livez', 'Answers 200, or 503 when the app cannot go on.'),
    healthRoute('/readyz', 'Answers 200, or 503 while the app loads, drains, or makes entries wait.'),
    healthRoute('/startupz', 'Answers 200 once the start has succeeded, 503 before.'),
    route({
      method: 'GET',
      path: '/v1/app',
      does: 'Says which app and process answers.',
      needs: 'viewer',
      answer: app,
      serve: () => ({ app: subject.app, pid: process.pid, node: process.version }),
    }),
    route({
      method: 'GET',
      path: '/v1/stats',
      does: 'Counts what the app and each of its stops have done since the start.',
      needs: 'viewer',
      answer: stats,
      serve: () => runningOf(subject, 'Statistics').stats(),
    }),
    streamRoute({
      method: 'GET',
      path: '/v1/live',
      does: 'Streams one look at the app a second: health, counts, lag and dead letters.',
      needs: 'viewer',
      answer: live,
      stream: 'events',
      serve() {
        runningOf(subject, 'What goes on')
        return (signal) => looks!.answers(signal)
      },
    }),
    route({
      method: 'GET',
      path: '/v1/map',
      does: 'Draws the entries, lines, stops and topics of the app, and every way between them, as data.',
      needs: 'viewer',
      answer: map,
      serve: () => mapOf(runningOf(subject, 'The map').definition),
    }),
  ]
}
