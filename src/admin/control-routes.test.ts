/** The routes by which operators hold a running app back, on a real app. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { silentLog } from '../internal/log.ts'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { stop } from '../stop/stop.ts'
import { memory, SeededRandom, SimDisk, VirtualClock } from '../testing/index.ts'
import { AdminClient, inProcess } from './client.ts'
import { adminRoutes } from './routes.ts'
import { subjectOf } from './subject.ts'

const Item = z.object({ key: z.string() })

async function stage() {
  const clock = new VirtualClock()
  const handled: string[] = []
  const keep = stop('keep', { in: Item, concurrency: 3, limits: [{ by: ({ key }) => key, limit: 1 }] }, ({ key }) => {
    handled.push(key)
  })
  const app = metrobus('app', { entries: [entry('in', { in: Item, route: line('main').to(keep) })] })
  const running = await app.start({
    bus: memory(),
    platform: { clock, random: new SeededRandom(1), disk: new SimDisk() },
    log: silentLog,
    blockedAfter: 0,
    socket: false,
  })
  const routes = adminRoutes({ subject: subjectOf(running), clock, signal: new AbortController().signal })
  return { clock, handled, running, routes, client: new AdminClient(inProcess(routes)) }
}

test('a stop is paused and resumed over the API, and lag, health and statistics say so', async () => {
  const { clock, handled, running, client } = await stage()
  const effect = await client.pause({ kind: 'stop', name: 'keep' }, 'looking')
  await client.send('in', [{ data: { key: 'a' } }])
  await clock.advance(1_000)

  assert.deepEqual(effect, {
    changed: true,
    stops: [{ stop: 'keep', state: 'paused', inFlight: 0 }],
    otherLines: ['main'],
  })
  assert.deepEqual(handled, [])
  const [paused] = await client.paused()
  assert.deepEqual([paused?.kind, paused?.name, paused?.reason], ['stop', 'keep', 'looking'])
  const lag = await client.lag()
  assert.deepEqual(
    lag.filter(({ paused }) => paused === true).map(({ topic }) => topic),
    ['app.keep', 'app.keep.parked'],
  )
  assert.deepEqual(await client.ready(), {
    status: 'ok',
    reasons: [],
    paused: ['the stop "keep" is paused: looking'],
  })
  assert.equal((await client.stats()).stops[0]?.state, 'paused')

  await client.resume({ kind: 'stop', name: 'keep' })
  await running.caughtUp()
  assert.deepEqual(handled, ['a'])
  await running.stop()
})

test('senders of a paused entry are told so with a code and status 503', async () => {
  const { running, client, routes } = await stage()
  await client.pause({ kind: 'entry', name: 'in' })
  const answer = await routes.request('/v1/entries/in/events', {
    method: 'POST',
    body: JSON.stringify({ events: [{ data: { key: 'a' } }] }),
  })
  const { answers } = (await answer.json()) as { answers: readonly { error: { code: string } }[] }
  assert.deepEqual([answer.status, answers[0]?.error.code], [503, 'MB_ENTRY_PAUSED'])
  await running.stop()
})

test('limits are changed over the API, and what cannot be is a 400 with every fault', async () => {
  const { running, client, routes } = await stage()
  const changed = await client.limit('keep', { concurrency: 8, limits: [{ at: 0, limit: 4 }] })
  assert.deepEqual(changed, {
    stop: 'keep',
    concurrency: 8,
    limits: [{ limit: 4 }],
    declared: { concurrency: 3, limits: [{ limit: 1 }] },
  })
  assert.deepEqual(await client.limits(), [changed])
  const refused = async (body: unknown): Promise<number> =>
    (await routes.request('/v1/stops/keep/limits', { method: 'POST', body: JSON.stringify(body) })).status
  assert.deepEqual(
    [
      await refused({}),
      await refused({ concurrency: 0 }),
      await refused({ declared: true, concurrency: 1 }),
      await refused({ limits: [{ at: 7, limit: 1 }] }),
      await refused({ limits: [{ at: 0, rate: 0 }] }),
    ],
    [400, 400, 400, 400, 400],
  )
  assert.deepEqual((await client.limit('keep', 'declared')).limits, [{ limit: 1 }])
  await running.stop()
})

test('an app is drained over the API, and answers before it stops', async () => {
  const { clock, running, client } = await stage()
  await client.send('in', [{ data: { key: 'a' } }])
  assert.deepEqual(await client.drain(), { draining: true })
  assert.equal(running.health().ready, true)
  await clock.advance(100)
  await running.stopped
  await assert.rejects(running.send('in', { key: 'b' }), { code: 'MB_STOPPING' })
})

test('a seek is planned over the API; a bus that cannot move a running app is a 409, a place too many a 400', async () => {
  const { running, client, routes } = await stage()
  await client.send('in', [{ data: { key: 'a' } }])
  await running.caughtUp()
  const plan = await client.planSeek({ stop: 'keep', to: 'beginning' })
  assert.equal(plan.topic, 'app.keep')
  assert.deepEqual(
    plan.partitions.map(({ again, skipped }) => again + skipped).toSorted((a, b) => a - b),
    [...Array.from({ length: plan.partitions.length - 1 }, () => 0), 1],
  )
  await assert.rejects(client.seek({ stop: 'keep', to: { offset: 0 } }), (error: { facts: { code: string } }) => {
    assert.equal(error.facts.code, 'MB_SEEK_UNSUPPORTED')
    return true
  })
  assert.equal((await routes.request('/v1/seek?stop=keep&to=end&offset=1')).status, 400)
  assert.equal((await routes.request('/v1/seek?stop=keep')).status, 400)
  await running.stop()
})

test('names that the app does not have are a 404', async () => {
  const { running, client } = await stage()
  for (const act of [client.pause({ kind: 'line', name: 'mian' }), client.limit('kep', { concurrency: 1 })])
    await assert.rejects(act, (error: { facts: { status: number; message: string } }) => {
      assert.equal(error.facts.status, 404)
      assert.match(error.facts.message, /Did you mean|There is no/)
      return true
    })
  await running.stop()
})
