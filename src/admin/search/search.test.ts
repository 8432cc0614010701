/** Searches through topics of a bus in memory, over the routes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Record as EventRecord } from '../../event/record.ts'
import { memory, SeededRandom, SimDisk, VirtualClock } from '../../testing/index.ts'
import type { SearchAnswer } from '../answers.ts'
import { AdminClient, inProcess } from '../client.ts'
import { adminRoutes } from '../routes.ts'

const total = 1_000
const nobody = { assigned() {}, revoked() {}, ready() {}, failed() {}, pressed() {} }

/** A topic of three partitions: the event n says so in its header, and holds n. */
async function stage() {
  const clock = new VirtualClock()
  const bus = memory()
  await bus.open({ clock, random: new SeededRandom(1), disk: new SimDisk() })
  await bus.ensureTopics([{ name: 'events', partitions: 3 }])
  const member = await bus.join('filler', [{ topic: 'events' }], nobody)
  const recordOf = (n: number): EventRecord =>
    new EventRecord(
      {
        ride: `r${n}`,
        hop: 0,
        type: 'event',
        source: '/a/in',
        time: n,
        key: null,
        headers: { n: String(n) },
        correlationId: undefined,
        causationId: undefined,
        replay: 0,
        slip: '',
      },
      { n },
      undefined,
    )
  const all = Array.from({ length: total }, (_, n) => n)
  const outputs = [0, 1, 2].map((partition) => ({
    topic: 'events',
    partition,
    records: all.filter((n) => n % 3 === partition).map(recordOf),
  }))
  await member.settle({ outputs, acknowledgements: [], changes: [] })
  const subject = { app: 'app', inspector: bus.inspector, deadLetters: {} as never, running: undefined }
  const routes = adminRoutes({ subject, clock, signal: new AbortController().signal })
  return { clock, member, recordOf, routes, client: new AdminClient(inProcess(routes)) }
}

async function gathered(answers: AsyncGenerator<SearchAnswer>) {
  const found: number[] = []
  let end: Extract<SearchAnswer, { readonly end: unknown }>['end'] | undefined
  for await (const answer of answers) {
    assert.equal(end, undefined, 'something came after the end')
    if ('match' in answer) found.push((answer.match.data as { readonly n: number }).n)
    if ('end' in answer) end = answer.end
  }
  return { found, end: end! }
}

const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

test('every match is found once, by header and by data, in the order of each partition', async () => {
  const { client } = await stage()
  const byHeader = await gathered(client.search('events', 'headers.n = "617"'))
  const byData = await gathered(client.search('events', 'data.n >= 990', { count: 100 }))

  assert.deepEqual(byHeader, { found: [617], end: { scanned: total, matched: 1, next: null } })
  assert.deepEqual(ascending(byData.found), [990, 991, 992, 993, 994, 995, 996, 997, 998, 999])
  for (const partition of [0, 1, 2]) {
    const own = byData.found.filter((n) => n % 3 === partition)
    assert.deepEqual(own, ascending(own))
  }
})

test('who goes on from the cursor finds each match once, whatever comes meanwhile', async () => {
  const { client, member, recordOf } = await stage()
  const found: number[] = []
  let [after, pages]: [string | null, number] = ['', 0]
  while (after !== null) {
    const page = await gathered(client.search('events', 'data.n < 100', { count: 7, ...(after !== '' && { after }) }))
    found.push(...page.found)
    after = page.end.next
    if (pages++ === 3)
      await member.settle({
        outputs: [{ topic: 'events', partition: 1, records: [recordOf(-1)] }],
        acknowledgements: [],
        changes: [],
      })
  }
  assert.ok(pages >= 15)
  assert.deepEqual(ascending(found), [-1, ...Array.from({ length: 100 }, (_, n) => n)])
})

test('a partition, an offset and a time say where a search looks', async () => {
  const { client } = await stage()
  const ends = async (query: object): Promise<number> =>
    (await gathered(client.search('events', 'data.n exists', { count: 10_000, ...query }))).end.matched
  assert.equal(await ends({ partition: 1 }), 333)
  assert.equal(await ends({ partition: 0, offset: 300 }), 34)
  assert.equal(await ends({ from: 'end' }), 0)
  assert.equal(await ends({ since: '2999-01-01T00:00:00Z' }), 0)
})

test('what is asked wrongly is a 400, and a topic that is not there a 404', async () => {
  const { routes } = await stage()
  const status = async (query: string, topic = 'events'): Promise<number> => {
    const response = await routes.request(`/v1/topics/${topic}/search?${query}`)
    await response.text()
    return response.status
  }
  assert.equal(await status('where=key+='), 400)
  assert.equal(await status(''), 400)
  assert.equal(await status('where=key+exists&after=0:0&offset=3'), 400)
  assert.equal(await status('where=key+exists&count=10001'), 400)
  const streamed = await routes.request('/v1/topics/events/search?where=key+exists&after=x')
  assert.match(await streamed.text(), /MB_BAD_REQUEST.*must be the \\"next\\" of a search before/)
  const missing = await routes.request('/v1/topics/evnts/search?where=key+exists')
  assert.match(await missing.text(), /MB_NOT_FOUND.*Did you mean|MB_NOT_FOUND/)
})

test('a tail leaves out what does not match, and counts what does', async () => {
  const { client } = await stage()
  const found: unknown[] = []
  for await (const { data } of client.records('events', { where: 'data.n > 500', count: 3, partition: 0 }))
    found.push(data)
  assert.deepEqual(found, [{ n: 501 }, { n: 504 }, { n: 507 }])
})
