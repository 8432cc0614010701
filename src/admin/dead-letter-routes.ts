/** Looking at events given up, replaying and discarding them. */
import { Hono } from 'hono'
import { MetrobusError } from '../errors/index.ts'
import type { DeadLetterFilter, DeadLetterRecord, DeadLetters } from '../runtime/running.ts'
import { jsonOf } from './entry-routes.ts'
import { Fields } from './fields.ts'
import { ndjson } from './streaming.ts'
import type { StreamGate } from './streaming.ts'
import { runningOf } from './subject.ts'
import type { Subject } from './subject.ts'
import { roleOf } from './topic-role.ts'

const pageMax = 1000
const pageDefault = 100

/** `/`, `/groups`, `/:stop/:partition/:offset`, and by POST `/replay` and `/discard`. */
export function deadLetterRoutes(subject: Subject, gate: StreamGate): Hono {
  const routes = new Hono()
  routes.get('/', async (context) => {
    const fields = Fields.ofQuery(new URL(context.req.url).searchParams)
    const filter = filterOf(fields)
    const after = fields.text('after')
    const countMax = fields.integer('count', { min: 1, max: pageMax }) ?? pageDefault
    fields.done()
    await checkStop(subject, filter)
    const letters = await subject.deadLetters.list(filter, { countMax, ...(after !== undefined && { after }) })
    return Response.json({ deadLetters: letters })
  })
  routes.get('/groups', async (context) => {
    const fields = Fields.ofQuery(new URL(context.req.url).searchParams)
    const filter = filterOf(fields)
    fields.done()
    await checkStop(subject, filter)
    return Response.json({ groups: await subject.deadLetters.groups(filter) })
  })
  routes.get('/:stop/:partition/:offset', async (context) => {
    const { stop, partition, offset } = context.req.param()
    return Response.json(await shown(subject, `${stop}/${partition}/${offset}`))
  })
  routes.post('/replay', async (context) => {
    const { deadLetters } = runningOf(subject, 'Replaying dead letters')
    const fields = Fields.ofBody(await jsonOf(context.req.raw))
    const filter = chosenOf(fields)
    const ratePerSecond = fields.integer('ratePerSecond', { min: 1, max: 1_000_000 })
    const isEdited = fields.has('data')
    const data = fields.any('data')
    if (isEdited && filter.place === undefined) fields.fault('"data" can replace the data of one "place" only')
    fields.done()
    await checkStop(subject, filter)
    if (filter.place !== undefined) await shown(subject, filter.place)
    const options = { ...(ratePerSecond !== undefined && { ratePerSecond }), ...(isEdited && { data }) }
    return ndjson(gate, (signal) => replaying(deadLetters, filter, options, signal))
  })
  routes.post('/discard', async (context) => {
    const { deadLetters } = runningOf(subject, 'Discarding dead letters')
    const fields = Fields.ofBody(await jsonOf(context.req.raw))
    const filter = chosenOf(fields)
    const reason = fields.text('reason')
    if (reason === undefined) fields.fault('"reason" is missing')
    fields.done()
    await checkStop(subject, filter)
    if (filter.place !== undefined) await shown(subject, filter.place)
    return Response.json({ discarded: await deadLetters.discard(filter, reason ?? '') })
  })
  return routes
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

function filterOf(fields: Fields): DeadLetterFilter {
  const filter = {
    stop: fields.text('stop'),
    fingerprint: fields.text('fingerprint'),
    cause: fields.text('cause'),
    key: fields.text('key'),
    place: fields.text('place'),
    since: fields.integer('since', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

/** What changes many dead letters must be told which; all of them only by the word `all`. */
function chosenOf(fields: Fields): DeadLetterFilter {
  const filter = filterOf(fields)
  const all = fields.flag('all')
  if (Object.keys(filter).length === 0 && !all)
    fields.fault('choose by "place", "stop", "fingerprint", "cause", "key" or "since", or say "all": true')
  return filter
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
