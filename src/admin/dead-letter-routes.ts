/** Looking at events given up, replaying and discarding them. */
import { MetrobusError } from '../errors/index.ts'
import type { DeadLetterFilter, DeadLetterRecord, DeadLetters } from '../runtime/running.ts'
import { deadLetter, deadLetterGroup } from './answer-shapes.ts'
import { flag, form, given, integer, required, text, withheld } from './form.ts'
import { route, streamRoute } from './route.ts'
import type { Route } from './route.ts'
import { either, list, number, object } from './schema.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'
import { roleOf } from './topic-role.ts'

const pageMax = 1000
const pageDefault = 100

const filter = {
  stop: text,
  fingerprint: text,
  cause: text,
  key: text,
  place: text,
  since: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
}

/** What changes many dead letters must be told which; all of them only by the word `all`. */
const isChosen = (given: DeadLetterFilter & { readonly all?: boolean }): string | undefined =>
  given.all === true || Object.keys(filter).some((name) => given[name as keyof DeadLetterFilter] !== undefined)
    ? undefined
    : 'choose by "place", "stop", "fingerprint", "cause", "key" or "since", or say "all": true'

const replay = form(
  { ...filter, all: flag, ratePerSecond: integer({ min: 1, max: 1_000_000 }), data: withheld(given) },
  isChosen,
  ({ data, place }) =>
    data !== undefined && place === undefined ? '"data" can replace the data of one "place" only' : undefined,
)

const replayed = either(object({ progress: object({ done: number, total: number }) }), object({ replayed: number }))

export function deadLetterRoutes(subject: Subject): readonly Route[] {
  return [...lookingRoutes(subject), ...endingRoutes(subject)]
}

function lookingRoutes(subject: Subject): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/dead-letters',
      does: 'Lists dead letters by stop, partition and offset, a page at a time.',
      needs: 'viewer',
      payloads: true,
      query: form({ ...filter, after: text, count: integer({ min: 1, max: pageMax }) }),
      answer: object({ deadLetters: list(deadLetter) }),
      async serve({ query: { after, count = pageDefault, ...filter } }) {
        await checkStop(subject, filter)
        const page = { countMax: count, ...(after !== undefined && { after }) }
        return { deadLetters: await subject.deadLetters.list(filter, page) }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/dead-letters/groups',
      does: 'Counts dead letters by what they failed of.',
      needs: 'viewer',
      query: form(filter),
      answer: object({ groups: list(deadLetterGroup) }),
      async serve({ query }) {
        await checkStop(subject, query)
        return { groups: await subject.deadLetters.groups(query) }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/dead-letters/:stop/:partition/:offset',
      does: 'Shows one dead letter whole.',
      needs: 'viewer',
      payloads: true,
      answer: deadLetter,
      serve: ({ params: { stop, partition, offset } }) => shown(subject, `${stop}/${partition}/${offset}`),
    }),
  ]
}

function endingRoutes(subject: Subject): readonly Route[] {
  return [
    streamRoute({
      method: 'POST',
      path: '/v1/dead-letters/replay',
      does: 'Lets dead letters ride again, at a bounded rate, one of them with other data; streams its progress.',
      needs: 'operator',
      act: 'replay',
      weigh: ({ body: { all: _all, ratePerSecond: _rate, data: _data, ...filter } }) => countOf(subject, filter),
      body: replay,
      answer: replayed,
      stream: 'ndjson',
      async serve({ body: { all: _all, ratePerSecond, data, ...filter } }) {
        const { deadLetters } = runningOf(subject, 'Replaying dead letters')
        await checkChoice(subject, filter)
        const options = { ...(ratePerSecond !== undefined && { ratePerSecond }), ...(data !== undefined && { data }) }
        return (signal) => replaying(deadLetters, filter, options, signal)
      },
    }),
    route({
      method: 'POST',
      path: '/v1/dead-letters/discard',
      does: 'Ends dead letters, for a reason.',
      needs: 'operator',
      act: 'discard',
      weigh: ({ body: { all: _all, reason: _reason, ...filter } }) => countOf(subject, filter),
      body: form({ ...filter, all: flag, reason: required(text) }, isChosen),
      answer: object({ discarded: number }),
      async serve({ body: { all: _all, reason, ...filter } }) {
        const { deadLetters } = runningOf(subject, 'Discarding dead letters')
        await checkChoice(subject, filter)
        return { discarded: await deadLetters.discard(filter, reason) }
      },
    }),
  ]
}

async function countOf({ deadLetters }: Subject, filter: DeadLetterFilter): Promise<number> {
  if (filter.place !== undefined) return 1
  const groups = await deadLetters.groups(filter)
  return groups.reduce((sum, { count }) => sum + count, 0)
}

async function checkChoice(subject: Subject, filter: DeadLetterFilter): Promise<void> {
  await checkStop(subject, filter)
  if (filter.place !== undefined) await shown(subject, filter.place)
}

async function shown(subject: Subject, place: string): Promise<DeadLetterRecord> {
  const letter = await subject.deadLetters.show(place)
  if (letter === undefined) throw new MetrobusError('MB_NOT_FOUND', { kind: 'dead letter', name: place })
  return letter
}

/** A mistyped name would find nothing and look like good news. */
async function checkStop({ app, inspector }: Subject, { stop }: DeadLetterFilter): Promise<void> {
  if (stop === undefined) return
  const roles = (await inspector.topics()).map(({ topic }) => roleOf(topic))
  const known = roles.flatMap((role) =>
    role.kind === 'dead' && (app === '' || role.app === app) ? (role.stop ?? []) : [],
  )
  if (!known.includes(stop)) throw new MetrobusError('MB_NOT_FOUND', { kind: 'stop', name: stop, known })
}

type Progress = { readonly done: number; readonly total: number }

/** Lines of progress, at most one a pull of the reader, then `{ replayed }`. A reader that goes away ends the replay after the event at hand. */
async function* replaying(
  deadLetters: DeadLetters,
  filter: DeadLetterFilter,
  options: { readonly ratePerSecond?: number; readonly data?: unknown },
  signal: AbortSignal,
): AsyncGenerator<{ readonly progress: Progress } | { readonly replayed: number }> {
  let latest: Progress | undefined
  let wake = Promise.withResolvers<undefined>()
  const progress = (done: number, total: number): void => {
    latest = { done, total }
    wake.resolve(undefined)
  }
  const end = deadLetters.replay(filter, { ...options, signal, progress }).then((replayed) => ({ replayed }))
  // Nobody may be waiting any more when it fails.
  end.catch(() => {})
  for (;;) {
    const result = await Promise.race([wake.promise, end])
    if (result !== undefined) return yield result
    wake = Promise.withResolvers()
    if (latest !== undefined) yield { progress: latest }
  }
}
