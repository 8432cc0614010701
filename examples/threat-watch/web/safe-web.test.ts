/** Against real servers at ports of this machine, each with one trap. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createRawServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { SafeWeb } from './safe-web.ts'
import type { Lookup, SafeWebOptions } from './safe-web.ts'
import type { GetOptions } from './web.ts'

const megabyte = 1024 * 1024

async function serve(t: TestContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close().closeAllConnections())
  return (server.address() as AddressInfo).port
}

async function serveRaw(t: TestContext, listener: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createRawServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    listener(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** Fetches from this machine, which has to be allowed; bounds are small. */
async function get(
  t: TestContext,
  url: string,
  options: SafeWebOptions = { allowed: ['127.0.0.1'] },
  asked: Partial<GetOptions> = {},
) {
  const web = new SafeWeb({ headersTimeoutMs: 300, timeoutMs: 1_000, ...options })
  t.after(() => web[Symbol.asyncDispose]())
  const answer = await web.get(url, { signal: new AbortController().signal, bytesMax: megabyte, ...asked })
  return answer.ok ? { ...answer, text: Buffer.from(answer.bytes).toString() } : answer
}

const reasonOf = (answer: Awaited<ReturnType<typeof get>>): string => (answer.ok ? 'ok' : answer.reason)

test('a page is read as it is, under the address that it has in the end', async (t) => {
  const port = await serve(t, ({ url }, response) => {
    if (url === '/old') response.writeHead(302, { location: '/new' }).end()
    else response.setHeader('content-type', 'text/html; charset=utf-8').end('<p>hello')
  })

  const answer = await get(t, `http://127.0.0.1:${port}/old#top`)

  assert.ok(answer.ok)
  assert.deepEqual(
    [answer.url, answer.contentType, answer.text],
    [`http://127.0.0.1:${port}/new`, 'text/html; charset=utf-8', '<p>hello'],
  )
})

test('a body of 50 MB is not read to its end, whether its length is told or not', async (t) => {
  let written = 0
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const port = await serve(t, ({ url }, response) => {
    if (url === '/told') response.setHeader('content-length', 50 * megabyte)
    const writeOn = (): void => {
      while (written < 50 * megabyte && !response.destroyed) {
        written += chunk.length
        if (!response.write(chunk)) return void response.once('drain', writeOn)
      }
    }
    writeOn()
  })

  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${port}/told`)), 'too-large')
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${port}/untold`)), 'too-large')
  assert.ok(written < 25 * megabyte, `${written} bytes`)
})

test('redirects end after so many, in a circle as on a straight way', async (t) => {
  let requests = 0
  const port = await serve(t, ({ url = '' }, response) => {
    requests++
    response.writeHead(301, { location: url.startsWith('/circle') ? '/circle' : `${url}/on` }).end()
  })

  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${port}/circle`)), 'too-many-redirects')
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${port}/way`)), 'too-many-redirects')
  assert.equal(requests, 12)
})

test('a redirect to another host is told, and followed for who asks for it', async (t) => {
  const port = await serve(t, ({ headers }, response) => {
    if (headers.host?.startsWith('one')) response.writeHead(308, { location: 'http://two.example/x' }).end()
    else response.end('two')
  })
  const options = { connectTo: () => ({ address: '127.0.0.1', port }) }

  const told = await get(t, 'http://one.example/', options)
  const followed = await get(t, 'http://one.example/', options, { acrossHosts: true })

  assert.deepEqual(told, { ok: false, reason: 'moved', detail: 'it is now elsewhere', to: 'http://two.example/x' })
  assert.deepEqual([followed.ok && followed.url, followed.ok && followed.text], ['http://two.example/x', 'two'])
})

test('a server that drips its headers or its body, or says nothing, is left at its deadline', async (t) => {
  const drip = (text: string) => (socket: Socket) => {
    let at = 0
    const timer = setInterval(() => socket.write(text[at++] ?? 'x'), 50)
    socket.once('close', () => clearInterval(timer))
  }
  const head = 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n'
  const silent = await serveRaw(t, () => {})
  const drippingHead = await serveRaw(t, drip(`${head}x-slow: `))
  const drippingBody = await serveRaw(t, (socket) => {
    socket.write(`${head}content-length: 100000\r\n\r\n`)
    drip('')(socket)
  })
  const pausing = await serveRaw(t, (socket) => void socket.write(`${head}content-length: 100\r\n\r\nhalf`))

  const patient = { allowed: ['127.0.0.1'], timeoutMs: 60_000 }
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${silent}/`, patient)), 'slow-headers')
  assert.match(reasonOf(await get(t, `http://127.0.0.1:${drippingHead}/`)), /^slow-(headers|body)$/)
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${drippingBody}/`)), 'slow-body')
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${pausing}/`)), 'slow-body')
})

test('a compressed body is read, in each way that was asked for', async (t) => {
  const text = 'hello '.repeat(1_000)
  const ways = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }
  const port = await serve(t, ({ url = '' }, response) => {
    const way = url.slice(1) as keyof typeof ways
    response.setHeader('content-encoding', way).end(ways[way](text))
  })

  for (const way of Object.keys(ways)) {
    const answer = await get(t, `http://127.0.0.1:${port}/${way}`)
    assert.equal(answer.ok && answer.text, text, way)
  }
})

test('what decompresses to much more than it was is a bomb, and what does not decompress is refused', async (t) => {
  const bomb = gzipSync(Buffer.alloc(100 * megabyte))
  const whole = gzipSync('hello '.repeat(10_000))
  const bodies: Record<string, { readonly way: string; readonly body: Uint8Array }> = {
    '/bomb': { way: 'gzip', body: bomb },
    '/garbage': { way: 'gzip', body: Buffer.from('this is not compressed') },
    '/cut': { way: 'gzip', body: whole.subarray(0, -20) },
    '/brotli': { way: 'br', body: Buffer.from('this is not compressed') },
    '/zstd': { way: 'zstd', body: Buffer.from('this is not compressed') },
    '/twice': { way: 'gzip, gzip', body: gzipSync(whole) },
  }
  const port = await serve(t, ({ url = '' }, response) => {
    const { way, body } = bodies[url]!
    response.setHeader('content-encoding', way).end(body)
  })
  const reasons: Record<string, string> = {}

  for (const path of Object.keys(bodies)) reasons[path] = reasonOf(await get(t, `http://127.0.0.1:${port}${path}`))

  const { '/bomb': ofBomb, ...others } = reasons
  assert.equal(ofBomb, 'zip-bomb')
  assert.deepEqual(new Set(Object.values(others)), new Set(['bad-encoding']), JSON.stringify(reasons))
})

test('a private address is not connected to: written as it may be, by name, or after a redirect', async (t) => {
  let requests = 0
  const port = await serve(t, (_, response) => {
    requests++
    response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end()
  })
  const at = (host: string): string => `http://${host}:${port}/`
  const lookup: Lookup = (host, _options, done) =>
    done(null, host === 'mixed.example' ? addresses('93.184.216.34', '10.0.0.1') : addresses('::ffff:127.0.0.1'))
  const connectTo = (host: string) => (host === 'trusted.example' ? { address: '127.0.0.1', port } : undefined)
  const options = { lookup, connectTo }

  for (const host of ['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0', '[::1]', '[::]'])
    assert.equal(reasonOf(await get(t, at(host), options)), 'private-address', host)
  for (const host of ['[::ffff:127.0.0.1]', '169.254.169.254', 'localhost', 'localhost.', 'mixed.example'])
    assert.equal(reasonOf(await get(t, at(host), options)), 'private-address', host)
  assert.equal(requests, 0)
  const redirected = await get(t, at('trusted.example'), options, { acrossHosts: true })
  assert.deepEqual([reasonOf(redirected), requests], ['private-address', 1])
})

const addresses = (...list: readonly string[]) =>
  list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

test('a name that turns private after it was looked at is looked at again when it is connected to', async (t) => {
  let requests = 0
  const port = await serve(t, (_, response) => {
    requests++
    response.setHeader('connection', 'close').end('hello')
  })
  let lookups = 0
  // Answers an allowed address first, and then another one of this machine.
  const lookup: Lookup = (_host, _options, done) => done(null, addresses(lookups++ === 0 ? '127.0.0.1' : '127.0.0.2'))
  const web = new SafeWeb({ allowed: ['127.0.0.1'], lookup })
  t.after(() => web[Symbol.asyncDispose]())
  const ask = () => web.get(`http://rebinding.example:${port}/`, { signal: new AbortController().signal, bytesMax: 99 })

  const [first, second] = [await ask(), await ask()]

  assert.deepEqual([first.ok, !second.ok && second.reason], [true, 'private-address'])
  assert.deepEqual([requests, lookups], [1, 2])
})

test('what is no address of the web is refused', async (t) => {
  for (const url of [
    '',
    'hello',
    'file:///etc/passwd',
    'ftp://a.example/',
    'http://user:pass@127.0.0.1/',
    'http://a b/',
  ])
    assert.equal(reasonOf(await get(t, url)), 'bad-url', url)
  const port = await serve(t, (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end())
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${port}/`, undefined, { acrossHosts: true })), 'bad-url')
})

test('what a server answers otherwise has its reason', async (t) => {
  const statuses: Record<string, number> = {
    '/404': 404,
    '/410': 410,
    '/403': 403,
    '/500': 500,
    '/503': 503,
    '/429': 429,
  }
  const port = await serve(t, ({ url = '' }, response) => {
    response.writeHead(statuses[url] ?? 200, { 'content-type': 'application/zip' }).end('PK')
  })
  const garbage = await serveRaw(t, (socket) => void socket.end('220 mail.example ready\r\n'))
  const closing = await serveRaw(t, (socket) => void socket.destroy())
  const boasting = await serveRaw(t, (socket) => void socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(megabyte)}\r\n`))
  const nowhere: Lookup = (_host, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), [])
  const paths = Object.keys(statuses)

  const reasons = await Promise.all(
    paths.map(async (path) => reasonOf(await get(t, `http://127.0.0.1:${port}${path}`))),
  )

  assert.deepEqual(reasons, ['not-there', 'not-there', 'forbidden', 'server-error', 'server-error', 'server-error'])
  const other = await get(t, `http://127.0.0.1:${port}/`, undefined, { types: ['text/html'] })
  assert.equal(reasonOf(other), 'other-content')
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${garbage}/`)), 'bad-http')
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${closing}/`)), 'unreachable')
  assert.equal(reasonOf(await get(t, `http://127.0.0.1:${boasting}/`)), 'bad-http')
  assert.equal(reasonOf(await get(t, 'http://no.example/', { lookup: nowhere })), 'no-such-host')
})

test('whoever asked may leave at any time', async (t) => {
  const port = await serveRaw(t, () => {})
  const leaving = new AbortController()
  const asking = get(t, `http://127.0.0.1:${port}/`, undefined, { signal: leaving.signal })

  setImmediate(() => leaving.abort(new Error('the app stops')))

  await assert.rejects(asking, /the app stops/)
})
