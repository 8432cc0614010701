/** Moving the app's position at a stop, and what that would mean. */
import type { SeekPlan, SeekRequest } from '../runtime/controls.ts'
import { planSeek } from '../runtime/seek.ts'
import { stopTopics } from '../runtime/topics.ts'
import { seekPlan } from './answer-shapes.ts'
import { choice, form, integer, moment, required, text } from './form.ts'
import type { Given } from './form.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'

const fields = {
  stop: required(text),
  partition: integer({ min: 0, max: 100_000 }),
  to: choice('beginning', 'end'),
  offset: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  since: moment,
  parked: choice('keep', 'discard'),
}

const asked = form(fields, ({ to, offset, since }) =>
  [to, offset, since].filter((given) => given !== undefined).length === 1
    ? undefined
    : 'say one of "to", "offset" and "since"',
)

export function seekRoutes(subject: Subject): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/seek',
      does: 'Says what a seek would do: for each partition from where to where, and how many events come again or are passed by.',
      needs: 'viewer',
      query: asked,
      answer: seekPlan,
      serve: ({ query }) => planned(subject, requestOf(query)),
    }),
    route({
      method: 'POST',
      path: '/v1/seek',
      does: 'Moves the position of the running app at a stop by an offset, a time, or to the beginning or the end, and lets it read on from there.',
      needs: 'admin',
      act: 'seek',
      body: asked,
      answer: seekPlan,
      serve: ({ body }) => runningOf(subject, 'Seeking').controls.seek(requestOf(body)),
    }),
  ]
}

async function planned({ running, inspector, app }: Subject, request: SeekRequest): Promise<SeekPlan> {
  if (running !== undefined) return running.controls.planSeek(request)
  return (await planSeek(inspector, app, stopTopics(app, request.stop), request)).plan
}

function requestOf({ stop, partition, to, offset, since, parked }: Given<typeof fields>): SeekRequest {
  return {
    stop,
    to: to ?? (offset === undefined ? { timeMs: since! } : { offset }),
    ...(partition !== undefined && { partition }),
    ...(parked !== undefined && { parked }),
  }
}
