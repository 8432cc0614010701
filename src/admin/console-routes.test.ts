import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Hono } from 'hono'
import { consoleRoutes } from './console-routes.ts'

const host = '127.0.0.1:4900'
const app = new Hono().get('/v1/app', () => Response.json({ app: 'shop' })).post('/v1/acts', () => Response.json({}))
const routes = consoleRoutes(
  new Map([
    ['/index.html', Buffer.from('<!doctype html>')],
    ['/assets/index-a1.js', Buffer.from('1')],
    ['/assets/index-a1.css', Buffer.from('a{}')],
  ]),
  app,
)

const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  routes.request(path, { method, headers: { host, ...headers }, ...(method === 'POST' && { body: '{}' }) })

const json = { 'content-type': 'application/json' }

test('the page is at the root, its files at their names, and the routes of the app behind it', async () => {
  const [page, script, style, route] = await Promise.all(
    ['/', '/assets/index-a1.js', '/assets/index-a1.css', '/v1/app'].map((path) => ask(path)),
  )
  assert.deepEqual(
    [page, script, style].map((response) => [response!.status, response!.headers.get('content-type')]),
    [
      [200, 'text/html; charset=utf-8'],
      [200, 'text/javascript; charset=utf-8'],
      [200, 'text/css; charset=utf-8'],
    ],
  )
  assert.equal(page!.headers.get('cache-control'), 'no-cache')
  assert.match(script!.headers.get('cache-control')!, /immutable/)
  assert.deepEqual(await route!.json(), { app: 'shop' })
  assert.equal((await ask('/index.js')).status, 404)
})

test('every answer tells the browser to run nothing that the page did not bring', async () => {
  const answers = [
    ...(await Promise.all(['/', '/v1/app', '/no/such'].map((path) => ask(path)))),
    await ask('/', { host: 'attacker.example' }),
  ]
  for (const { headers } of answers)
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'; script-src 'self'/)
})

for (const [what, headers] of [
  ['a name of its own that leads to this machine', { host: 'attacker.example:4900' }],
  ['no name', { host: '' }],
  ['a page of another origin', { origin: 'http://attacker.example' }],
  ['a page on another port of this machine', { origin: 'http://127.0.0.1:8080' }],
  ['a page without an origin', { origin: 'null' }],
  ['a script of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
  ['a page of another port, by its script', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' }],
] as const)
  test(`${what} is refused, whatever it asks for`, async () => {
    for (const [path, method] of [
      ['/v1/app', 'GET'],
      ['/', 'GET'],
      ['/v1/acts', 'POST'],
    ] as const) {
      const response = await ask(path, { ...json, ...headers }, method)
      assert.equal(response.status, 403, `${method} ${path}`)
      assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'MB_FOREIGN_PAGE')
    }
  })

test('a form cannot act: what changes something must be JSON', async () => {
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])
    assert.equal((await ask('/v1/acts', { 'content-type': type }, 'POST')).status, 403, type)
  assert.equal((await ask('/v1/acts', {}, 'POST')).status, 403)
})

const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

test('a link from elsewhere leads to the page alone: not into a frame, and to no data that a browser would save', async () => {
  assert.equal((await ask('/', link)).status, 200)
  assert.equal((await ask('/', { ...link, 'sec-fetch-dest': 'iframe' })).status, 403)
  assert.equal((await ask('/v1/app', link)).status, 403)
})

test('the page itself, and a command on this machine, are answered', async () => {
  const own = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }
  assert.equal((await ask('/v1/app', own)).status, 200)
  assert.equal((await ask('/v1/acts', { ...own, ...json }, 'POST')).status, 200)
  assert.equal((await ask('/v1/acts', json, 'POST')).status, 200)
  for (const name of ['localhost:4900', '[::1]:4900', '127.0.0.1'])
    assert.equal((await ask('/v1/app', { host: name })).status, 200, name)
})
