/** What operators do to a running app: hold parts of it back, change its limits, drain it. */
import type { Clock } from '../internal/platform/platform.ts'
import type { Controls, Pause } from '../runtime/controls.ts'
import { paused, pauseEffect, stopLimits } from './answer-shapes.ts'
import type { PausedAnswer } from './answers.ts'
import { choice, decimal, flag, form, integer, required, several, text } from './form.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { boolean, list, object } from './schema.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

const manyMax = 1_000_000
/** So long an answer has to leave. */
const answerMs = 50
const count = integer({ min: 1, max: manyMax })
const kind = required(choice('stop', 'line', 'entry'))
const name = required(text)

const change = form(
  {
    concurrency: count,
    limits: several(
      form({
        at: required(integer({ min: 0, max: 1_000 })),
        limit: count,
        rate: decimal({ above: 0, max: manyMax }),
      }),
      1_000,
    ),
    declared: flag,
  },
  ({ concurrency, limits, declared }) =>
    (concurrency !== undefined || limits !== undefined) === (declared === true)
      ? 'say what is to change, "concurrency" or "limits", or "declared": true'
      : undefined,
)

export function controlRoutes(subject: Subject, clock: Clock): readonly Route[] {
  return [...holdingRoutes(subject), ...limitRoutes(subject), drainRoute(subject, clock)]
}

function holdingRoutes(subject: Subject): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/paused',
      does: 'Lists what operators hold back.',
      needs: 'viewer',
      answer: object({ paused: list(paused) }),
      serve: () => ({ paused: controlsOf(subject, 'What is paused').paused().map(pausedAnswer) }),
    }),
    route({
      method: 'POST',
      path: '/v1/pause',
      does: 'Holds a stop, the stops of a line, or an entry back, also over a restart: what comes waits in order, and senders of a paused entry are refused.',
      needs: 'operator',
      act: 'pause',
      body: form({ kind, name, reason: text }),
      answer: pauseEffect,
      serve: ({ body: { reason, ...target } }) =>
        controlsOf(subject, 'Pausing').pause(target, reason === undefined ? {} : { reason }),
    }),
    route({
      method: 'POST',
      path: '/v1/resume',
      does: 'Lets a stop, a line or an entry go on.',
      needs: 'operator',
      act: 'resume',
      body: form({ kind, name }),
      answer: pauseEffect,
      serve: ({ body }) => controlsOf(subject, 'Resuming').resume(body),
    }),
  ]
}

function limitRoutes(subject: Subject): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/limits',
      does: 'Says the concurrency and the limits of each stop, as they hold and as the code declares them.',
      needs: 'viewer',
      answer: object({ limits: list(stopLimits) }),
      serve: () => ({ limits: controlsOf(subject, 'Looking at limits').limits() }),
    }),
    route({
      method: 'POST',
      path: '/v1/stops/:stop/limits',
      does: 'Changes the concurrency and the limits of a stop, or goes back to what its code declares.',
      needs: 'operator',
      act: 'limit',
      body: change,
      answer: stopLimits,
      serve: ({ params: { stop }, body: { declared, ...change } }) =>
        controlsOf(subject, 'Changing limits').limit(stop, declared === true ? 'declared' : change),
    }),
  ]
}

function drainRoute(subject: Subject, clock: Clock): Route {
  return route({
    method: 'POST',
    path: '/v1/drain',
    does: 'Stops the app as SIGTERM does: what runs is finished, nothing else begins, and the process ends when nothing else keeps it. Answers before that.',
    needs: 'operator',
    act: 'drain',
    body: form({ deadlineMs: integer({ min: 0, max: 3_600_000 }) }),
    answer: object({ draining: boolean }),
    serve({ body: { deadlineMs } }) {
      const running = runningOf(subject, 'Draining')
      // The server ends with the app, and answers before. How it has stopped its owner is told.
      clock.timer(answerMs, () => void running.stop(deadlineMs === undefined ? {} : { deadlineMs }).catch(() => {}))
      return { draining: true }
    },
  })
}

const controlsOf = (subject: Subject, what: string): Controls => runningOf(subject, what).controls

const pausedAnswer = ({ since, ...pause }: Pause): PausedAnswer => ({ ...pause, since: new Date(since).toISOString() })
