import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bus, Member } from '../bus/bus.ts'
import { MetrobusError, isMetrobusError } from '../errors/index.ts'
import { Record as EventRecord } from '../event/record.ts'
import type { Output, StateChange } from '../event/unit.ts'
import { nodeDisk } from '../internal/platform/node-disk.ts'
import type { Controls } from '../runtime/controls.ts'
import type { AppStats, SendOptions } from '../runtime/definition.ts'
import type { DeadLetterFilter, DeadLetterRecord, DeadLetters, RunningApp } from '../runtime/running.ts'
import { memory, SeededRandom, VirtualClock } from '../testing/index.ts'
import type { RecordAnswer } from './answers.ts'
import { AdminClient, inProcess } from './client.ts'
import { maskOf } from './masks.ts'
import { adminRoutes } from './routes.ts'
import type { RoutesOptions } from './routes.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'

const noStats: AppStats = { accepted: 3, duplicates: 0, refused: 0, faults: 0, stops: [] }

const letter: DeadLetterRecord = {
  place: 'archive/0/7',
  stop: 'archive',
  id: 'e-1~1',
  ride: 'e-1',
  key: 'k',
  cause: 'no-address',
  message: 'there is none',
  stack: undefined,
  fingerprint: 'archive/no-address/',
  attempts: 1,
  firstFailure: 1,
  lastFailure: 2,
  codeVersion: '1',
  itinerary: '',
  replay: 0,
  state: 'waiting',
  headers: {},
  data: { n: 1 },
}

/** Answers as an app would; keeps what it was asked. */
class FakeApp {
  readonly sent: { entry: string; data: unknown; options: SendOptions | undefined }[] = []
  readonly replays: { filter: DeadLetterFilter; options: { readonly data?: unknown } }[] = []
  readonly discards: { filter: DeadLetterFilter; reason: string }[] = []
  reasons: readonly string[] = []
  replayFails = false

  running(bus: Bus): RunningApp {
    const deadLetters: DeadLetters = {
      list: async (filter) => (filter?.stop === undefined || filter.stop === letter.stop ? [letter] : []),
      groups: async () => [
        { fingerprint: 'f', stop: 'archive', cause: 'c', message: 'm', count: 1, first: 1, last: 2 },
      ],
      show: async (place) => (place === letter.place ? letter : undefined),
      replay: async (filter, options = {}) => {
        this.replays.push({ filter, options })
        options.progress?.(1, 2)
        if (this.replayFails) throw new MetrobusError('MB_NO_SPACE', { dir: 'd', reason: 'full' })
        options.progress?.(2, 2)
        return 2
      },
      dryRun: () => assert.fail('nobody tries one'),
      discard: async (filter, reason) => this.discards.push({ filter, reason }),
    }
    return {
      name: 'campaign',
      definition: { name: 'campaign', entries: [], publishes: [], codeVersion: '1' },
      deadLetters,
      controls: {} as Controls,
      inspector: bus.inspector,
      listening: Promise.resolve(),
      stopped: Promise.withResolvers<void>().promise,
      send: async (entry, data, options) => {
        if (entry !== 'contacts') throw new MetrobusError('MB_UNKNOWN_ENTRY', { entry, known: ['contacts'] })
        if (data === 'bad') throw new MetrobusError('MB_INVALID_EVENT', { entry, issues: ['it is bad'] })
        this.sent.push({ entry, data, options })
        return { id: options?.id ?? `id-${this.sent.length}`, duplicate: false }
      },
      ingest: async () => ({ accepted: 0, refused: 0 }),
      positions: async () => new Map(),
      store: (store) => {
        throw new MetrobusError('MB_UNKNOWN_STORE', {
          store: typeof store === 'string' ? store : store.name,
          known: [],
        })
      },
      caughtUp: async () => {},
      stats: () => noStats,
      health: () => ({ live: true, ready: this.reasons.length === 0, started: true, reasons: this.reasons }),
      stop: async () => ({ drained: true }),
      [Symbol.asyncDispose]: async () => {},
    }
  }
}

const record = (fields: Partial<EventRecord>, data: unknown = { n: 1 }): EventRecord =>
  new EventRecord(
    {
      ride: 'r',
      hop: 0,
      type: 'contacts',
      source: '/campaign/contacts',
      time: Date.UTC(2026, 0, 1),
      key: null,
      headers: {},
      correlationId: undefined,
      causationId: undefined,
      replay: 0,
      slip: '',
      ...fields,
    },
    data,
    undefined,
  )

interface Stage {
  readonly app: FakeApp
  readonly client: AdminClient
  readonly clock: VirtualClock
  readonly member: Member
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
  readonly ending: AbortController
  readonly routesFor: (more: Partial<RoutesOptions>) => ReturnType<typeof adminRoutes>
  readonly put: (topic: string, partition: number, ...records: EventRecord[]) => Promise<void>
}

const nobody = { assigned: () => {}, revoked: () => {}, ready: () => {}, failed: () => {}, pressed: () => {} }

/** Routes over a memory bus with a few topics; `isRunning: false` takes the app away, as for the files of a journal. */
async function stage({ isRunning = true }: { readonly isRunning?: boolean } = {}): Promise<Stage> {
  const clock = new VirtualClock()
  const bus = memory()
  await bus.open({ clock, random: new SeededRandom(1), disk: nodeDisk })
  const names = ['campaign.white-list', 'campaign.archive', 'campaign.archive.dlq', 'campaign.ended', 'orders']
  await bus.ensureTopics(names.map((name) => ({ name, partitions: 2 })))
  const member = await bus.join(
    'campaign',
    [{ topic: 'campaign.white-list' }, { topic: 'campaign.archive.dlq' }],
    nobody,
  )
  const app = new FakeApp()
  const ending = new AbortController()
  const whole = subjectOf(app.running(bus))
  const subject: Subject = isRunning ? whole : { ...whole, running: undefined }
  const routesFor: Stage['routesFor'] = (more) => adminRoutes({ subject, clock, signal: ending.signal, ...more })
  const routes = routesFor({})
  return {
    routesFor,
    app,
    clock,
    member,
    ending,
    client: new AdminClient(inProcess(routes)),
    ask: async (path, init) => routes.fetch(new Request(`http://localhost${path}`, init)),
    put: async (topic, partition, ...records) => {
      const outputs: Output[] = [{ topic, partition, records }]
      assert.equal(await member.settle({ outputs, acknowledgements: [], changes: [] }), 'committed')
    },
  }
}

const all = <Item>(items: AsyncIterable<Item>): Promise<Item[]> => Array.fromAsync(items)
const refusedWith = (code: string, text: RegExp) => (error: unknown) =>
  isMetrobusError(error, 'MB_ANSWERED') && error.facts.code === code && text.test(error.message)

test('liveness and readiness are 200 or 503, with the reasons as JSON', async () => {
  const { app, ask } = await stage()

  const well = await ask('/readyz')
  app.reasons = ['the app is draining']
  const draining = await ask('/readyz')
  const live = await ask('/livez')

  assert.deepEqual([well.status, await well.json()], [200, { status: 'ok', reasons: [] }])
  assert.deepEqual(
    [draining.status, await draining.json()],
    [503, { status: 'unavailable', reasons: ['the app is draining'] }],
  )
  assert.equal(live.status, 200)
})

test('without a running app it is neither live nor ready, reading works, and writing says what to start', async () => {
  const { ask, client, put } = await stage({ isRunning: false })
  await put('orders', 0, record({ ride: 'a' }))

  const ready = await ask('/readyz')
  const records = await all(client.records('orders'))

  assert.equal(ready.status, 503)
  assert.deepEqual(
    records.map(({ id }) => id),
    ['a'],
  )
  await assert.rejects(
    client.send('contacts', [{ data: 1 }]),
    refusedWith('MB_NOT_RUNNING', /Sending needs the running app.*metrobus run/),
  )
  await assert.rejects(client.replay({ all: true }), refusedWith('MB_NOT_RUNNING', /Replaying dead letters/))
  await assert.rejects(client.stats(), refusedWith('MB_NOT_RUNNING', /Statistics/))
})

test('lists topics by name with records and partitions', async () => {
  const { client, put } = await stage()
  await put('orders', 1, record({ ride: 'a' }), record({ ride: 'b' }))

  const topics = await client.topics()

  assert.deepEqual(
    topics.map(({ topic }) => topic),
    ['campaign.archive', 'campaign.archive.dlq', 'campaign.ended', 'campaign.white-list', 'orders'],
  )
  assert.deepEqual(topics.at(-1)?.records, 2)
  assert.deepEqual(topics.at(-1)?.partitions, [
    { partition: 0, begin: 0, end: 0 },
    { partition: 1, begin: 0, end: 2 },
  ])
})

test('lag counts what is not settled, also above the watermark, and how old the oldest is; dead letters are none', async () => {
  const { client, clock, member, put } = await stage()
  await put('campaign.white-list', 0, ...['a', 'b', 'c', 'd', 'e'].map((ride) => record({ ride })))
  await put('campaign.archive.dlq', 0, record({ ride: 'dead' }))
  await clock.advance(5000)
  await member.settle({
    outputs: [],
    changes: [],
    acknowledgements: [
      { topic: 'campaign.white-list', partition: 0, watermark: 1, above: [2, 4] },
      { topic: 'campaign.archive.dlq', partition: 0, watermark: 0, above: [] },
    ],
  })

  const lag = await client.lag()

  assert.ok(!lag.some(({ topic }) => topic === 'campaign.archive.dlq'))
  assert.equal(lag[0]?.group, 'campaign')
  assert.equal(lag[0]?.topic, 'campaign.white-list')
  assert.equal(lag[0]?.behind, 2)
  assert.equal(lag[0]?.oldestMs, 5000)
  assert.deepEqual(lag[0]?.partitions[0], { partition: 0, watermark: 1, end: 5, behind: 2, oldestMs: 5000 })
})

test('streams a topic with its partitions merged by time', async () => {
  const { client, clock, put } = await stage()
  await put('orders', 0, record({ ride: 'first' }))
  await clock.advance(10)
  await put('orders', 1, record({ ride: 'second' }))
  await clock.advance(10)
  await put('orders', 0, record({ ride: 'third' }))

  const found = await all(client.records('orders'))

  assert.deepEqual(
    found.map(({ id, partition, offset }) => `${id} ${partition}/${offset}`),
    ['first 0/0', 'second 1/0', 'third 0/1'],
  )
})

test('a stream that does not follow ends at the ends known at its start, also when it takes many reads', async () => {
  const { client, put } = await stage()
  await put('orders', 0, ...Array.from({ length: 300 }, (_, index) => record({ ride: `r${index}` })))

  const stream = client.records('orders')
  await stream.next()
  await put('orders', 0, record({ ride: 'too late' }))
  const rest = await all(stream)

  assert.equal(rest.length, 299)
  assert.equal(rest.at(-1)?.id, 'r299')
})

test('follows a topic from its end, until the server closes', async () => {
  const { client, clock, ending, put } = await stage()
  await put('orders', 0, record({ ride: 'old' }))

  const stream = client.records('orders', { from: 'end', follow: true })
  const next = stream.next()
  await turns()
  await put('orders', 1, record({ ride: 'new' }))
  await turns()
  await clock.advance(200)
  const found = await next
  const after = stream.next()
  ending.abort()
  await turns()

  assert.equal((found.value as RecordAnswer).id, 'new')
  assert.equal((await after).done, true)
})

test('streams from an offset, from a time, of one partition, and so many records', async () => {
  const { client, clock, put } = await stage()
  await put('orders', 0, record({ ride: 'a' }), record({ ride: 'b' }), record({ ride: 'c' }))
  await clock.advance(60_000)
  await put('orders', 0, record({ ride: 'd' }))
  await put('orders', 1, record({ ride: 'e' }))
  const ids = async (query: Parameters<AdminClient['records']>[1]): Promise<string[]> =>
    (await all(client.records('orders', query))).map(({ id }) => id)

  assert.deepEqual(await ids({ offset: 2, partition: 0 }), ['c', 'd'])
  assert.deepEqual(await ids({ since: '2026-01-01T00:00:30Z' }), ['d', 'e'])
  assert.deepEqual(await ids({ count: 2 }), ['a', 'b'])
  assert.deepEqual(await ids({ partition: 1 }), ['e'])
})

test('data beyond the bytes that were asked for comes cut, at a whole character', async () => {
  const { client, put } = await stage()
  await put('campaign.archive', 0, record({}, 'äöü'), record({}, 'ok'))

  const found = await Array.fromAsync(client.records('campaign.archive', { partition: 0, bytes: 4 }))

  assert.deepEqual(
    found.map(({ data, cut }) => ({ data, cut })),
    [
      { data: null, cut: { bytes: 8, begins: '"ä' } },
      { data: 'ok', cut: undefined },
    ],
  )
})

test('a record has the names of CloudEvents, its place and its decoded itinerary', async () => {
  const { client, put } = await stage()
  const slip = 'archive|18|mail|1a2b|white-list:1500:2'
  await put(
    'campaign.archive',
    0,
    record({ ride: 'e-1', hop: 1, key: 'k', slip, causationId: 'c', headers: { tenant: 'x' } }, { n: 1 }),
  )

  const [found] = await all(client.records('campaign.archive'))

  assert.deepEqual(found, {
    topic: 'campaign.archive',
    partition: 0,
    offset: 0,
    appended: '2026-01-01T00:00:00.000Z',
    id: 'e-1~1',
    ride: 'e-1',
    type: 'contacts',
    source: '/campaign/contacts',
    time: '2026-01-01T00:00:00.000Z',
    key: 'k',
    headers: { tenant: 'x' },
    correlationid: null,
    causationid: 'c',
    replay: 0,
    itinerary: {
      line: 'mail',
      version: '1a2b',
      limit: 18,
      children: 10_000,
      ahead: ['archive'],
      behind: [{ stop: 'white-list', attempt: 2, durationMs: 1.5 }],
      dropped: 0,
    },
    data: { n: 1 },
  })
})

test('names every fault of a query at once, and what is known', async () => {
  const { ask, client } = await stage()

  const answer = await ask('/v1/topics/orders/records?count=0&follow=maybe&colour=red&offset=1&from=end')

  assert.equal(answer.status, 400)
  const { error } = (await answer.json()) as { error: { code: string; message: string } }
  assert.equal(error.code, 'MB_BAD_REQUEST')
  assert.match(error.message, /"count" must be a whole number from 1 to/)
  assert.match(error.message, /"follow" must be true or false/)
  assert.match(error.message, /"colour" is not known here; known are/)
  assert.match(error.message, /exclude each other/)
  await assert.rejects(
    all(client.records('nowhere')),
    refusedWith('MB_NOT_FOUND', /no topic "nowhere"; there is .*orders/),
  )
  await assert.rejects(
    all(client.records('orders', { partition: 7 })),
    refusedWith('MB_NOT_FOUND', /no partition "orders\/7"/),
  )
})

test('sends events in order, and answers a receipt or an error for each', async () => {
  const { app, client } = await stage()

  const answers = await client.send('contacts', [
    { data: { n: 1 }, id: 'mine', headers: { a: 'b' } },
    { data: 'bad' },
    { data: null },
  ])

  assert.deepEqual(answers[0], { id: 'mine', duplicate: false })
  assert.deepEqual('error' in answers[1]! && answers[1].error.code, 'MB_INVALID_EVENT')
  assert.deepEqual(answers[2], { id: 'id-2', duplicate: false })
  assert.deepEqual(
    app.sent.map(({ data }) => data),
    [{ n: 1 }, null],
  )
  assert.deepEqual(app.sent[0]?.options, { id: 'mine', headers: { a: 'b' } })
})

test('refuses a body that is not JSON, is too large, or holds what nobody asked for', async () => {
  const { ask, app } = await stage()
  const post = (body: string): Promise<Response> => ask('/v1/entries/contacts/events', { method: 'POST', body })

  const notJson = await post('{')
  const tooLarge = await post(JSON.stringify({ events: [{ data: 'x'.repeat(9 * 1024 * 1024) }] }))
  const strange = await post(JSON.stringify({ events: [{ data: 1, key: 'k', time: -1 }] }))
  const tooMany = await post(JSON.stringify({ events: Array.from({ length: 1001 }, () => ({ data: 1 })) }))

  assert.deepEqual([notJson.status, tooLarge.status, strange.status, tooMany.status], [400, 400, 400, 400])
  assert.match(await tooLarge.text(), /larger than 8388608 bytes/)
  assert.match(await strange.text(), /time.*key/)
  assert.equal(app.sent.length, 0)
})

test('lists, groups and shows dead letters, and says which is missing', async () => {
  const { client } = await stage()

  assert.deepEqual(
    (await client.deadLetters({ stop: 'archive' })).map(({ place }) => place),
    ['archive/0/7'],
  )
  await assert.rejects(
    client.deadLetters({ stop: 'archvie' }),
    refusedWith('MB_NOT_FOUND', /no stop "archvie": did you mean "archive"\?/),
  )
  assert.equal((await client.deadLetterGroups({})).length, 1)
  assert.equal((await client.deadLetter('archive/0/7')).id, 'e-1~1')
  await assert.rejects(client.deadLetter('archive/0/8'), refusedWith('MB_NOT_FOUND', /no dead letter "archive\/0\/8"/))
})

test('replays by filter with progress, one with new data, and never all by accident', async () => {
  const { app, client } = await stage()
  const progress: string[] = []

  const replayed = await client.replay(
    { cause: 'no-address' },
    { ratePerSecond: 5, progress: (done, total) => progress.push(`${done}/${total}`) },
  )
  await client.replay({ place: 'archive/0/7' }, { data: { n: 2 } })

  assert.equal(replayed, 2)
  assert.equal(progress.at(-1), '2/2')
  assert.deepEqual(app.replays[0]?.filter, { cause: 'no-address' })
  assert.deepEqual(app.replays[1]?.options.data, { n: 2 })
  await assert.rejects(client.replay({}), refusedWith('MB_BAD_REQUEST', /choose by/))
  await assert.rejects(client.replay({ all: true }, { data: 1 }), refusedWith('MB_BAD_REQUEST', /one "place" only/))
  await assert.rejects(client.replay({ place: 'archive/0/8' }), refusedWith('MB_NOT_FOUND', /dead letter/))
})

test('a replay that fails half-way is told as the last line of its stream', async () => {
  const { app, client } = await stage()
  app.replayFails = true

  await assert.rejects(client.replay({ all: true }), refusedWith('MB_NO_SPACE', /takes no new events/))
})

test('discards with a reason, and not without', async () => {
  const { app, ask, client } = await stage()

  assert.equal(await client.discard({ stop: 'archive' }, 'known and fixed'), 1)
  assert.deepEqual(app.discards, [{ filter: { stop: 'archive' }, reason: 'known and fixed' }])
  const without = await ask('/v1/dead-letters/discard', { method: 'POST', body: '{"all":true}' })
  assert.equal(without.status, 400)
})

test('streams beyond the bound are refused, and one that ends makes room', async () => {
  const { ask, ending } = await stage()
  const open = await Promise.all(Array.from({ length: 32 }, () => ask('/v1/topics/orders/records?follow=true')))

  const beyond = await ask('/v1/topics/orders/records')
  await open[0]?.body?.cancel()
  const again = await ask('/v1/topics/orders/records')

  assert.equal(beyond.status, 429)
  assert.equal(again.status, 200)
  ending.abort()
  for (const response of open.slice(1)) await response.body?.cancel()
})

test('where more than this machine asks, one that reads slowly does not hold all streams', async () => {
  const { routesFor } = await stage()
  const shared = routesFor({
    requestsPerSecond: 1_000,
    identify: ({ headers }) => ({ name: headers.get('who') ?? '', roles: ['viewer'], payloads: true }),
  })
  const ask = async (who: string) => shared.request('/v1/topics/orders/records?follow=true', { headers: { who } })
  const open = await Promise.all(Array.from({ length: 8 }, () => ask('ann')))

  const [ninth, other] = [await ask('ann'), await ask('bob')]

  assert.deepEqual([ninth.status, other.status], [429, 200])
  for (const { body } of [...open, other]) await body?.cancel()
})

test('what is masked is neither shown nor found by looking for it', async () => {
  const { put, routesFor } = await stage()
  await put('orders', 0, record({ ride: 'a', headers: { tenant: 'x' } }, { card: '4111', n: 1 }))
  const routes = routesFor({ mask: maskOf([{ paths: ['card'], headers: ['tenant'] }]) })
  const found = async (where: string): Promise<number> => {
    const text = await (await routes.request(`/v1/topics/orders/search?where=${encodeURIComponent(where)}`)).text()
    assert.doesNotMatch(text, /4111|"x"/)
    return text.split('\n').filter((line) => line.includes('"n":1')).length
  }

  assert.doesNotMatch(await (await routes.request('/v1/topics/orders/records')).text(), /4111|"x"/)
  assert.equal(await found('data.n = 1'), 1)
  assert.equal(await found('data.card = "4111"'), 0)
  assert.equal(await found('data.card starts "4"'), 0)
  assert.equal(await found('headers.tenant = "x"'), 0)
})

test('an answer that would be too large is refused, and what can be asked instead is said', async () => {
  const { ask, member } = await stage()
  const value = JSON.stringify('x'.repeat(1024 * 1024))
  const rowOf = (n: number): StateChange => ({ store: 'park/list', partition: 0, key: `k${n}`, value })
  await member.settle({ outputs: [], acknowledgements: [], changes: Array.from({ length: 65 }, (_, n) => rowOf(n)) })

  const whole = await ask('/v1/rows?store=park/list')

  assert.equal(whole.status, 413)
  assert.match(await whole.text(), /ask for fewer at a time/)
  assert.equal((await ask('/v1/rows?store=park/list&count=60')).status, 200)
})

test('a stream that was only asked for its head is not open', async () => {
  const { ask } = await stage()
  for (let time = 0; time < 33; time++)
    assert.equal((await ask('/v1/topics/orders/records?follow=true', { method: 'HEAD' })).status, 200)

  assert.equal((await ask('/v1/topics/orders/records')).status, 200)
})

test('says which app and process it is, and what its stops have done', async () => {
  const { client } = await stage()

  assert.deepEqual(await client.app(), { app: 'campaign', pid: process.pid, node: process.version })
  assert.deepEqual(await client.stats(), noStats)
  assert.equal((await client.map()).app, 'campaign')
})

test('shows the rows of a state table, decoded and capped', async () => {
  const { ask, client, member } = await stage()
  const rowOf = (key: string): StateChange => ({ store: 'park/list', partition: 0, key, value: '{"attempts":2}' })
  await member.settle({ outputs: [], acknowledgements: [], changes: [rowOf('a'), rowOf('b')] })

  assert.deepEqual(await client.rows({ store: 'park/list' }), [
    { key: 'a', value: { attempts: 2 } },
    { key: 'b', value: { attempts: 2 } },
  ])
  const page = async (query: string): Promise<unknown> => (await ask(`/v1/rows?store=park/list&count=1${query}`)).json()
  const [a, b] = ['a', 'b'].map((key) => ({ key, value: { attempts: 2 } }))
  assert.deepEqual(await page(''), { rows: [a], total: 2, next: 'a' })
  assert.deepEqual(await page('&after=a'), { rows: [b], total: 2, next: null })
  assert.equal((await ask('/v1/rows')).status, 400)
})

test('an unknown route is told as JSON', async () => {
  const { ask } = await stage()

  const answer = await ask('/v1/nothing')

  assert.equal(answer.status, 404)
  assert.match(await answer.text(), /"MB_NOT_FOUND".*GET \/v1\/nothing/)
})

/** Lets what is under way in promises and streams come to rest. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>((resolve) => process.nextTick(resolve))
}
