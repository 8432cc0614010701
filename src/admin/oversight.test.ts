/** Acts that are written down, acts that take two, and the glass that can be broken. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeadLetterFilter, RunningApp } from '../runtime/running.ts'
import { memory, SeededRandom, SimDisk, VirtualClock } from '../testing/index.ts'
import type { ActKind } from './act.ts'
import { Approvals } from './approvals.ts'
import type { ApprovalRule } from './approvals.ts'
import { AuditLog, verifyAudit } from './audit.ts'
import type { AuditLine } from './audit.ts'
import type { Identity, Role } from './identity.ts'
import { adminRoutes } from './routes.ts'

const path = '/audit.ndjson'
const minuteMs = 60_000

/** An app with 12 dead letters; who asks is who they say. */
async function stage(rules: Readonly<Partial<Record<ActKind, ApprovalRule>>>) {
  const disk = new SimDisk()
  const clock = new VirtualClock()
  const bus = memory()
  await bus.open({ clock, random: new SeededRandom(1), disk })
  await bus.ensureTopics([{ name: 'app.keep.dlq', partitions: 1 }])
  const done: { readonly filter: DeadLetterFilter; readonly lines: number }[] = []
  const audit = new AuditLog(disk, clock, path)
  const deadLetters = {
    list: async () => [],
    show: async (place: string) => ({ place }),
    groups: async ({ key }: DeadLetterFilter = {}) => [{ count: key === undefined ? 12 : 1 }],
    discard: async (filter: DeadLetterFilter) => {
      const { lines } = await verifyAudit(disk, path)
      return done.push({ filter, lines })
    },
    replay: async (filter: DeadLetterFilter) => {
      const { lines } = await verifyAudit(disk, path)
      return done.push({ filter, lines })
    },
  }
  const running = { name: 'app', inspector: bus.inspector, deadLetters } as unknown as RunningApp
  const alarms: object[] = []
  let proposals = 0
  const routes = adminRoutes({
    subject: { app: 'app', inspector: bus.inspector, deadLetters: running.deadLetters, running },
    clock,
    signal: new AbortController().signal,
    audit,
    approvals: new Approvals(rules, clock, () => `p${++proposals}`),
    alarm: (facts) => alarms.push(facts),
    identify: ({ headers }): Identity => {
      const [name = '', role = ''] = (headers.get('who') ?? '').split(' ')
      return { name, roles: [role as Role], payloads: true }
    },
  })
  const ask = async (who: string, path: string, body?: object, headers: Readonly<Record<string, string>> = {}) => {
    const method = body === undefined ? 'GET' : 'POST'
    const init = { method, headers: { ...headers, who }, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await routes.request(path, init)
    const text = await response.text()
    return { status: response.status, text, code: /"code":"(\w+)"/.exec(text)?.[1] }
  }
  const lines = async (): Promise<readonly AuditLine[]> => audit.lines({ after: 0, count: 100 })
  return { disk, clock, ask, lines, done, alarms, audit }
}

const discard = '/v1/dead-letters/discard'
const all = { all: true, reason: 'known and fixed' }
const [ann, bob, eve] = ['ann operator', 'bob operator', 'eve viewer']
const approve = (id: string): string => `/v1/approvals/${id}/approve`

test('an act is on the disk before it begins, and its end before it is answered', async () => {
  const { ask, lines, done } = await stage({})

  assert.equal((await ask(ann, discard, all)).status, 200)

  assert.deepEqual(done, [{ filter: {}, lines: 1 }])
  const [first, second] = await lines()
  assert.deepEqual(
    [first?.who, first?.act, first?.asked, first?.result, first?.['body']],
    ['ann', 'discard', `POST ${discard}`, 'allowed', all],
  )
  assert.deepEqual([second?.result, second?.of, second?.['status']], ['done', 1, 200])
  assert.equal(first?.command, second?.command)
})

test('a stream of an act ends in the log, too, and payloads stay out of it', async () => {
  const { ask, lines } = await stage({})

  const { status } = await ask(ann, '/v1/dead-letters/replay', { place: 'keep/0/1', data: { card: '4111' } })

  assert.equal(status, 200)
  const written = await lines()
  assert.deepEqual(
    written.map(({ result }) => result),
    ['allowed', 'done'],
  )
  assert.doesNotMatch(JSON.stringify(written), /4111/)
})

test('what is refused is written down with who was refused, and looking is not', async () => {
  const { ask, lines, done } = await stage({})

  await ask(eve, '/v1/approvals')
  assert.equal((await ask(eve, discard, all)).status, 403)
  assert.equal((await ask(ann, discard, {})).status, 400)

  assert.deepEqual(
    (await lines()).map(({ who, result, ...rest }) => [who, result, rest['code']]),
    [['eve', 'denied', 'MB_FORBIDDEN']],
  )
  assert.deepEqual(done, [])
})

test('an act that cannot be written down is not done', async () => {
  const { ask, disk, done, audit } = await stage({})
  await audit.add({ who: null, act: 'send', asked: 'x', result: 'denied' })
  const file = await disk.open(path)
  await file.write([Buffer.from('x')], await file.size())

  const { status, code } = await ask(ann, discard, all)

  assert.deepEqual([status, code, done], [503, 'MB_AUDIT_FAILED', []])
})

test('an act that takes two is done when another has approved it, word for word, once', async () => {
  const { ask, done, lines } = await stage({ discard: {} })

  const first = await ask(ann, discard, all)
  const same = await ask(ann, discard, { reason: all.reason, all: true })
  assert.deepEqual([first.status, first.code], [409, 'MB_APPROVAL_NEEDED'])
  assert.match(first.text, /approve p1 before 2026/)
  assert.match(same.text, /approve p1 before/)
  assert.equal((await ask(ann, approve('p1'), {})).code, 'MB_OWN_PROPOSAL')
  assert.equal((await ask(eve, approve('p1'), {})).code, 'MB_FORBIDDEN')
  assert.equal((await ask(bob, approve('p1'), {})).status, 200)

  // Neither another command, nor another who asks, has that approval.
  assert.equal((await ask(ann, discard, { ...all, reason: 'known and fixed!' })).status, 409)
  assert.equal((await ask(bob, discard, all)).status, 409)
  assert.deepEqual(done, [])
  assert.equal((await ask(ann, discard, all)).status, 200)
  assert.equal((await ask(ann, discard, all)).status, 409)

  assert.equal(done.length, 1)
  const allowed = (await lines()).find(({ act, result }) => act === 'discard' && result === 'allowed')
  assert.equal(allowed?.['approver'], 'bob')
})

test('an approval expires, before it was given and after', async () => {
  const { ask, clock } = await stage({ discard: {} })
  await ask(ann, discard, all)
  await clock.advance(15 * minuteMs)
  assert.equal((await ask(bob, approve('p1'), {})).status, 404)

  await ask(ann, discard, all)
  assert.equal((await ask(bob, approve('p2'), {})).status, 200)
  await clock.advance(15 * minuteMs)
  assert.equal((await ask(ann, discard, all)).status, 409)
  assert.match((await ask(eve, '/v1/approvals')).text, /"id":"p3"/)
})

test('an act takes two only above so many events, where a rule says so', async () => {
  const { ask, done } = await stage({ discard: { above: 11 }, replay: { above: 12 } })

  assert.equal((await ask(ann, discard, all)).status, 409)
  assert.equal((await ask(ann, discard, { key: 'k', reason: 'one' })).status, 200)
  assert.equal((await ask(ann, '/v1/dead-letters/replay', { all: true })).status, 200)
  assert.equal(done.length, 2)
})

test('an admin may break the glass, in writing: it is alarmed and written down', async () => {
  const { ask, done, lines, alarms } = await stage({ discard: {} })
  const why = 'Zahlungen stehen, ann schläft'
  const header = { 'metrobus-break-glass': encodeURIComponent(why) }

  assert.equal((await ask(ann, discard, all, header)).code, 'MB_FORBIDDEN')
  for (const short of ['', 'because', '%', '%20%20%20%20%20%20%20%20%20%20%20'])
    assert.equal((await ask('root admin', discard, all, { 'metrobus-break-glass': short })).status, 400, short)
  assert.deepEqual([done.length, alarms.length], [0, 0])
  assert.equal((await ask('root admin', discard, all, header)).status, 200)

  assert.equal(done.length, 1)
  assert.deepEqual(alarms, [{ who: 'root', act: 'discard', asked: `POST ${discard}`, justification: why }])
  assert.equal((await lines()).find(({ result, who }) => who === 'root' && result === 'allowed')?.['brokeGlass'], why)
})

test('the log is read by auditors alone, with its head', async () => {
  const { ask, audit } = await stage({})
  await ask(ann, discard, all)

  assert.equal((await ask('root admin', '/v1/audit')).status, 403)
  const read = JSON.parse((await ask('eva auditor', '/v1/audit?after=1&count=1')).text) as {
    lines: readonly AuditLine[]
    head: object
  }
  assert.deepEqual(
    read.lines.map(({ n }) => n),
    [2],
  )
  assert.deepEqual(read.head, await audit.head())
})
