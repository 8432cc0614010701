import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { isMetrobusError } from '../errors/index.ts'
import { requestOverSocket } from '../internal/platform/http.ts'
import { nodePlatform } from '../internal/platform/node.ts'
import type { RunningApp } from '../runtime/running.ts'
import { memory } from '../testing/index.ts'
import { AdminClient, overSocket } from './client.ts'
import { serveHealth, serveSocket } from './server.ts'

const globals = [Request, Response]
let folder = ''
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'metrobus-admin-'))
})
after(() => rmSync(folder, { recursive: true, force: true }))

async function app(): Promise<RunningApp> {
  const bus = memory()
  await bus.open(nodePlatform)
  await bus.ensureTopics([{ name: 'orders', partitions: 1 }])
  const health = { live: true, ready: false, started: true, reasons: ['the app is draining'] }
  return { name: 'campaign', inspector: bus.inspector, health: () => health } as Partial<RunningApp> as RunningApp
}

test('only its user may open the socket, under any umask, and a stale file is replaced', async (t) => {
  const path = join(folder, 'stale.sock')
  writeFileSync(path, '')
  const umask = process.umask(0)
  t.after(() => process.umask(umask))

  const server = await serveSocket(await app(), { path })
  t.after(() => server.close())
  const { mode } = statSync(path)
  const { app: name } = await new AdminClient(overSocket(path)).app()
  await server.close()

  assert.equal(mode & 0o777, 0o600)
  assert.equal(name, 'campaign')
  assert.deepEqual(readdirSync(folder), [])
})

test('a journal may lie deeper than the address of a socket is long', async (t) => {
  const deep = join(folder, 'd'.repeat(100), 'e'.repeat(100))
  mkdirSync(deep, { recursive: true })
  const path = join(deep, 'metrobus.sock')

  const server = await serveSocket(await app(), { path })
  t.after(() => server.close())
  const topics = await new AdminClient(overSocket(path)).topics()
  await server.close()

  assert.deepEqual(
    topics.map(({ topic }) => topic),
    ['orders'],
  )
})

test('closing ends the streams that are open, and then nothing answers', async (t) => {
  const path = join(folder, 'closing.sock')
  const server = await serveSocket(await app(), { path })
  t.after(() => server.close())
  const client = new AdminClient(overSocket(path))
  const isUnreachable = (error: unknown): boolean =>
    isMetrobusError(error, 'MB_UNREACHABLE') && error.message.includes(path)

  const next = client.records('orders', { follow: true }).next()
  await client.topics()
  await server.close()

  // Cut or ended, whichever came first: the reader does not wait for ever, and never mistakes the one for the other.
  const [end] = await Promise.allSettled([next])
  assert.ok(end.status === 'fulfilled' ? end.value.done : isUnreachable(end.reason))
  await assert.rejects(client.topics(), isUnreachable)
})

test('the signal of a client ends its requests, at any moment, as an abort', async (t) => {
  const path = join(folder, 'signal.sock')
  const server = await serveSocket(await app(), { path })
  t.after(() => server.close())
  const follow = (signal: AbortSignal): Promise<unknown> =>
    new AdminClient(overSocket(path), { signal }).records('orders', { follow: true }).next()
  const early = new AbortController()
  const late = new AbortController()

  const unanswered = assert.rejects(follow(early.signal), { name: 'AbortError' })
  const answered = assert.rejects(follow(late.signal), { name: 'AbortError' })
  early.abort()
  await unanswered
  await new AdminClient(overSocket(path)).topics()
  late.abort()
  await answered

  await server.close()
})

test('the health port serves health and nothing else, on this machine alone', async (t) => {
  const server = await serveHealth(await app(), { port: 0 })
  t.after(() => server.close())

  const [live, ready, other] = await Promise.all(
    ['/livez', '/readyz', '/v1/topics'].map((path) => answerOf(server.port, path)),
  )
  await server.close()

  assert.deepEqual([live?.status, ready?.status, other?.status], [200, 503, 404])
  assert.deepEqual(JSON.parse(ready?.body ?? ''), { status: 'unavailable', reasons: ['the app is draining'] })
})

const answerOf = (
  port: number,
  path: string,
): Promise<{ readonly status: number | undefined; readonly body: string }> =>
  new Promise((resolve, reject) => {
    get(
      { host: '127.0.0.1', port, path },
      (response) => void text(response).then((body) => resolve({ status: response.statusCode, body }), reject),
    ).on('error', reject)
  })

test('a port in use is told with its address', async (t) => {
  const first = await serveHealth(await app(), { port: 0 })
  t.after(() => first.close())

  await assert.rejects(
    serveHealth(await app(), { port: first.port }),
    (error) => isMetrobusError(error, 'MB_CANNOT_LISTEN') && error.message.includes(`127.0.0.1:${first.port}`),
  )
  await first.close()
})

test('the global Request and Response stay those of Node', async (t) => {
  const path = join(folder, 'globals.sock')

  const server = await serveSocket(await app(), { path })
  t.after(() => server.close())
  const { status } = await requestOverSocket(path, {
    method: 'GET',
    path: '/livez',
    headers: {},
    body: undefined,
    signal: undefined,
  })
  await server.close()

  assert.equal(status, 200)
  assert.deepEqual([Request, Response], globals)
})
