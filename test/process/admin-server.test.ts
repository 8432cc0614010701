/** The admin API on real sockets, with real certificates. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { Hono } from 'hono'
import { mount } from 'hono/mount'
import { adminHandler, serveAdmin } from '../../src/admin/serve-admin.ts'
import type { AdminOptions } from '../../src/admin/serve-admin.ts'
import { serverOf } from '../../src/admin/server.ts'
import { Tokens } from '../../src/admin/tokens.ts'
import { isMetrobusError } from '../../src/errors/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { nodeDisk } from '../../src/internal/platform/node-disk.ts'
import { nodeClock, nodePlatform } from '../../src/internal/platform/node.ts'
import type { RunningApp } from '../../src/runtime/running.ts'
import { memory } from '../../src/testing/index.ts'
import { authority } from './certificates.ts'

let folder = ''
let token = ''
const at = (name: string): string => join(folder, name)

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'metrobus-serve-'))
  const order = { name: 'ann', roles: ['operator'], payloads: true, expiresAt: nodeClock.now() + 3_600_000 } as const
  token = await new Tokens(nodeDisk, nodeClock, at('tokens.json')).create(order, {
    id: 'a'.repeat(12),
    secret: Buffer.alloc(32, 1),
  })
})
after(() => rmSync(folder, { recursive: true, force: true }))

async function app(): Promise<RunningApp> {
  const bus = memory()
  await bus.open(nodePlatform)
  const health = { live: true, ready: true, started: true, reasons: [] }
  return { name: 'campaign', inspector: bus.inspector, health: () => health } as Partial<RunningApp> as RunningApp
}

const refusedWith = (code: string, options: Omit<AdminOptions, 'port'>): Promise<void> =>
  app().then((running) =>
    assert.rejects(serveAdmin(running, { port: 0, log: silentLog, ...options }), (error) =>
      isMetrobusError(error, code as never),
    ),
  )

test('beyond this machine nothing is served without a way to know who asks', async () => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '', '127.0.0.1.example.com'])
    await refusedWith('MB_OPEN_ADMIN', { host })
  await refusedWith('MB_BAD_OPTIONS', { host: '0.0.0.0', access: {} })
  await refusedWith('MB_BAD_OPTIONS', { access: { certificates: { 'CN=a': { roles: ['viewer'] } } } })
  await refusedWith('MB_BAD_OPTIONS', { approvals: { discard: {} } })
  await refusedWith('MB_NOT_FOUND', { tls: { cert: at('none.pem'), key: at('none.key') } })
})

test('on this machine it is open, but to no page of another origin', async (t) => {
  const served = await serveAdmin(await app(), { port: 0, log: silentLog })
  t.after(() => served.close())
  const ask = async (headers: Readonly<Record<string, string>>): Promise<number> => {
    const response = await fetchFrom(served.url, headers)
    return response.status
  }

  assert.equal(await ask({}), 200)
  assert.equal(await ask({ origin: 'http://attacker.example' }), 403)
  assert.equal(await ask({ 'sec-fetch-site': 'cross-site' }), 403)
})

test('with tokens nothing is open: neither route nor page, nor to a page of another origin that has one', async (t) => {
  const served = await serveAdmin(await app(), { port: 0, access: { tokens: at('tokens.json') }, log: silentLog })
  t.after(() => served.close())
  const bearer = { authorization: `Bearer ${token}` }

  const refused = await fetchFrom(served.url, {})
  assert.equal(refused.status, 401)
  assert.match(refused.headers.get('www-authenticate') ?? '', /^Bearer realm="Metrobus"/)
  assert.match(refused.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  for (const path of ['', 'console.json', 'no/such', 'v1/openapi.json'])
    assert.equal((await fetchFrom(served.url, {}, path)).status, 401, path)
  assert.equal((await fetchFrom(served.url, bearer)).status, 200)
  assert.equal((await fetchFrom(served.url, { ...bearer, origin: 'http://attacker.example' })).status, 403)
  assert.equal((await fetchFrom(served.url, { ...bearer, 'sec-fetch-site': 'cross-site' })).status, 403)
})

test('a certificate counts when the authority of the server has signed it, by its subject', async (t) => {
  const [own, other] = [await authority('Own'), await authority('Other')]
  const server = await own.certify({ CN: 'localhost' })
  writeFileSync(at('ca.pem'), own.pem)
  writeFileSync(at('server.pem'), server.cert)
  writeFileSync(at('server.key'), server.key)
  const served = await serveAdmin(await app(), {
    port: 0,
    access: { tokens: at('tokens.json'), certificates: { 'CN=ann,O=Acme': { roles: ['viewer'] } } },
    tls: { cert: at('server.pem'), key: at('server.key'), ca: at('ca.pem') },
    log: silentLog,
  })
  t.after(() => served.close())
  const ask = (client: object, headers: Readonly<Record<string, string>> = {}) =>
    askOverTls(served.url, { ...client, ca: own.pem, servername: 'localhost', headers })

  assert.match(served.url, /^https:/)
  assert.equal((await ask(await own.certify({ CN: 'ann', O: 'Acme' }))).status, 200)
  assert.equal((await ask({}, { authorization: `Bearer ${token}` })).status, 200)
  const refused = {
    none: {},
    'of another subject': await own.certify({ CN: 'ann', O: 'Other' }),
    'of one part that looks like two': await own.certify({ CN: 'ann,O=Acme' }),
    'of another authority': await other.certify({ CN: 'ann', O: 'Acme' }),
  }
  for (const [what, client] of Object.entries(refused)) {
    const { status, body } = await ask(client)
    assert.equal(status, 401, `a certificate ${what}: ${body}`)
  }
})

test('a handler stands in a server of the user, under a path of its own', async (t) => {
  const traceUrl = 'https://traces.example.com/{trace}'
  const access = { tokens: at('tokens.json') }
  const handler = await adminHandler(await app(), { access, traceUrl, log: silentLog })
  t.after(() => handler.close())
  const own = new Hono().get('/', () => new Response('mine')).all('/ops/*', mount(handler.fetch))
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}) =>
    Promise.resolve(own.request(`http://shop.example${path}`, { headers: { host: 'shop.example', ...headers } }))

  assert.equal(await (await ask('/')).text(), 'mine')
  assert.equal((await ask('/ops/v1/app')).status, 401)
  const known = { authorization: `Bearer ${token}`, origin: 'https://shop.example' }
  assert.deepEqual(await (await ask('/ops/console.json', known)).json(), { traceUrl })
  const answer = await ask('/ops/v1/app', known)
  assert.deepEqual(await answer.json(), { app: 'campaign', pid: process.pid, node: process.version })
})

test('one identity asks so often, and another one is not in its way', async (t) => {
  const handler = await adminHandler(await app(), {
    access: { tokens: at('tokens.json') },
    requestsPerSecond: 1,
    log: silentLog,
  })
  t.after(() => handler.close())
  const ask = async (authorization?: string): Promise<number> => {
    const headers = { host: 'shop.example', ...(authorization !== undefined && { authorization }) }
    return (await handler.fetch(new Request('http://shop.example/v1/app', { headers }))).status
  }

  const known = await Promise.all(Array.from({ length: 20 }, () => ask(`Bearer ${token}`)))
  assert.ok(known.filter((status) => status === 200).length <= 3)
  assert.ok(known.includes(429))
  assert.equal(await ask(), 401)
})

test('no client is waited for without end', async () => {
  const server = await serverOf({ fetch: () => new Response('') })
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections } = server
  assert.deepEqual(
    { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections },
    { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 5_000, maxConnections: 512 },
  )
})

function fetchFrom(url: string, headers: Readonly<Record<string, string>>, path = 'v1/app'): Promise<Response> {
  return fetch(`${url}${path}`, { headers })
}

function askOverTls(url: string, options: object): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    request(`${url}v1/app`, { agent: false, ...options }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
      .on('error', reject)
      .end()
  })
}
