/** Topics and their records, how far each group is, rides, and the rows of state tables. */
import type { Clock } from '../internal/platform/platform.ts'
import { compareKeys } from '../store/key-order.ts'
import { eventRecord, lag, ride, row, topic } from './answer-shapes.ts'
import type { LagAnswer } from './answers.ts'
import { choice, flag, form, integer, moment, required, text } from './form.ts'
import { lagOf, pausedTopics, standingOf, topicsOf } from './positions.ts'
import { recordAnswer } from './record-answer.ts'
import { route, streamRoute } from './route.ts'
import type { Route } from './route.ts'
import { list, nullable, number, object, string } from './schema.ts'
import { matcherOf } from './search/evaluate.ts'
import { parseExpression } from './search/parse.ts'
import type { Subject } from './subject.ts'
import { tail } from './tail.ts'
import type { TailStart } from './tail.ts'
import { traceOf } from './trace.ts'

const countMax = 1_000_000_000
const rowsMax = 10_000
const rowsDefault = 1000
const partition = integer({ min: 0, max: 100_000 })

const records = form(
  {
    partition,
    from: choice('beginning', 'end'),
    offset: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    since: moment,
    follow: flag,
    count: integer({ min: 1, max: countMax }),
    where: text,
    bytes: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  },
  ({ from, offset, since }) =>
    [from, offset, since].filter((given) => given !== undefined).length > 1
      ? '"from", "offset" and "since" exclude each other'
      : undefined,
)

const rows = form({
  store: required(text),
  group: text,
  partition,
  after: text,
  count: integer({ min: 1, max: rowsMax }),
})

export function topicRoutes({ app, inspector, running }: Subject, clock: Clock): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/topics',
      does: 'Lists every topic with its partitions.',
      needs: 'viewer',
      answer: object({ topics: list(topic) }),
      serve: async () => ({ topics: await topicsOf(inspector) }),
    }),
    route({
      method: 'GET',
      path: '/v1/lag',
      does: 'Says how far each group is behind on each topic that it reads.',
      needs: 'viewer',
      answer: object({ lag: list(lag) }),
      async serve() {
        const lags = await lagOf(inspector, clock.now(), await standingOf(inspector))
        const paused = running === undefined ? undefined : pausedTopics(running)
        const isPaused = ({ group, topic }: LagAnswer): boolean => group === app && paused?.has(topic) === true
        return { lag: lags.map((one) => (isPaused(one) ? { ...one, paused: true } : one)) }
      },
    }),
    streamRoute({
      method: 'GET',
      path: '/v1/topics/:topic/records',
      does: 'Streams the records of a topic, its partitions merged by time.',
      needs: 'viewer',
      payloads: true,
      query: records,
      answer: eventRecord,
      stream: 'ndjson',
      serve({ params, query }) {
        const { partition, follow = false, count = countMax, where, bytes } = query
        const request = {
          topic: params.topic,
          partition,
          from: startOf(query),
          follow,
          countMax: count,
          ...(where !== undefined && { matches: matcherOf(parseExpression(where)) }),
        }
        return async function* (signal) {
          for await (const placed of tail(inspector, request, clock, signal)) yield recordAnswer(placed, bytes)
        }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/rides/:id',
      does: 'Follows the ride of an event id through its hops, and the rides that it caused.',
      needs: 'viewer',
      answer: ride,
      serve: ({ params }) => traceOf(inspector, params.id),
    }),
    route({
      method: 'GET',
      path: '/v1/rows',
      does: 'Reads rows of a state table of a group.',
      needs: 'viewer',
      payloads: true,
      query: rows,
      answer: object({ rows: list(row), total: number, next: nullable(string) }),
      async serve({ query: { store, group = app, partition = 0, after, count = rowsDefault } }) {
        const found = await inspector.rows(group, store, partition)
        const behind = [...found.keys()]
          .filter((key) => after === undefined || compareKeys(key, after) > 0)
          .toSorted(compareKeys)
        const rows = behind.slice(0, count).map((key) => ({ key, value: JSON.parse(found.get(key)!) as unknown }))
        return { rows, total: found.size, next: behind.length > count ? (rows.at(-1)?.key ?? null) : null }
      },
    }),
  ]
}

type Start = { readonly from?: 'beginning' | 'end'; readonly offset?: number; readonly since?: number }

function startOf({ from = 'beginning', offset, since }: Start): TailStart {
  if (offset !== undefined) return { offset }
  return since === undefined ? from : { timeMs: since }
}
