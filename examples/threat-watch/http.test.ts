/** The page of alerts and the ways in, without a port. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memory, startAll } from '../../src/index.ts'
import { threatWatch } from './app.ts'
import { fakeNeeds } from './fakes.ts'
import { threatWatchHttp } from './http.ts'

const client = { name: 'North <b>Bank</b>', domain: 'north.example' }
const words = '<script>alert("evil")</script>'
const pages = {
  'https://north.example/': 'North',
  'http://a.test/': `<title>&lt;img src=x onerror=evil&gt;</title>evil &lt;script&gt;alert("evil")&lt;/script&gt;`,
}

async function open() {
  const system = await startAll(threatWatch(fakeNeeds(pages)), { bus: memory() })
  const http = threatWatchHttp(system.apps)
  const post = async (path: string, body: unknown) =>
    (await http.request(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })).status
  return { system, http, post, [Symbol.asyncDispose]: () => system[Symbol.asyncDispose]() }
}

test('what strangers have written is shown as text', async () => {
  await using opened = await open()
  const { http, post, system } = opened

  const statuses = [await post('/clients', client), await post('/seeds', { as: 'page', url: 'http://a.test/' })]
  await system.caughtUp()
  const response = await http.request('/')
  const shown = await response.text()
  const alerts = (await (await http.request('/alerts')).json()) as readonly { readonly evidence: unknown }[]

  assert.deepEqual([...statuses, response.status, alerts.length], [202, 202, 200, 1])
  assert.deepEqual(alerts[0]?.evidence, [{ what: 'name', detail: `evil ${words}`, score: 0.9 }])
  assert.match(shown, /keyword: &lt;img src=x onerror=evil&gt;/)
  assert.match(shown, /against North &lt;b&gt;Bank&lt;\/b&gt;/)
  assert.match(shown, /evil &lt;script&gt;alert\(&quot;evil&quot;\)/)
  assert.doesNotMatch(shown, /<script|<img|<b>/)
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
})

test('what is no client and no seed is refused', async () => {
  await using opened = await open()
  const { http, post } = opened
  const { host } = { host: 'north.example' }

  const clients = ['{', 7, {}, { name: '', domain: host }, { name: 'N', domain: 'https://north.example/' }]
  const seeds = [{}, { as: 'page', url: 'file:///etc/passwd' }, { as: 'film', url: 'http://a.test/' }]

  for (const one of clients) assert.equal(await post('/clients', one), 422, JSON.stringify(one))
  for (const one of seeds) assert.equal(await post('/seeds', one), 422, JSON.stringify(one))
  assert.equal(await post('/clients', 'x'.repeat(20_000)), 413)
  assert.equal((await http.request('/nothing')).status, 404)
})
