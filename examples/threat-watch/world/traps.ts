/** Hosts that a crawler had better not trust. */
import { gzipSync } from 'node:zlib'
import type { Site } from './world.ts'

const html = { 'content-type': 'text/html; charset=utf-8' }

const trapLinks = [
  '/huge',
  '/endless-redirects',
  '/slow-headers',
  'http://drip.test/',
  '/bomb',
  '/inside',
  '/metadata',
  '/by-name',
  '/wrong-charset',
  '/no-text',
  '/broken',
  '/deep',
  '/movie',
  '/private/plans',
] as const

const bomb = gzipSync(Buffer.alloc(20_000_000, ' '))

const ways: Readonly<Record<string, Site>> = {
  '/robots.txt': (_, response) => void response.end('User-agent: *\nDisallow: /private\n'),
  '/': (_, response) =>
    void response.writeHead(200, html).end(trapLinks.map((path) => `<a href="${path}">a way</a>`).join('\n')),
  '/huge': (_, response) => {
    response.writeHead(200, html)
    let left = 50_000_000
    const chunk = Buffer.alloc(50_000, 'x')
    const writeOn = (): void => {
      for (; left > 0 && !response.destroyed; left -= chunk.length)
        if (!response.write(chunk)) return void response.once('drain', writeOn)
      response.end()
    }
    writeOn()
  },
  '/slow-headers': () => {},
  '/bomb': (_, response) => void response.writeHead(200, { ...html, 'content-encoding': 'gzip' }).end(bomb),
  '/inside': (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:22/' }).end(),
  '/metadata': (_, response) =>
    void response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  '/by-name': (_, response) => void response.writeHead(302, { location: 'http://localhost:9200/' }).end(),
  '/wrong-charset': (_, response) =>
    void response.writeHead(200, html).end(Buffer.from('<p>A page about caf\u00e9s and cr\u00e8mes', 'latin1')),
  '/no-text': (_, response) => void response.writeHead(200, html).end(Buffer.alloc(5_000, 0xfe)),
  '/broken': (_, response) => void response.writeHead(200, html).end('<p>Broken <b>and <i>never</b> closed <a href="'),
  '/deep': (_, response) => void response.writeHead(200, html).end(`Deep down ${'<div>'.repeat(100_000)}`),
  '/movie': (_, response) => void response.writeHead(200, { 'content-type': 'video/mp4' }).end('0000'),
  '/private/plans': (_, response) => void response.writeHead(200, html).end('robots.txt says no'),
}

export const traps: Readonly<Record<string, Site>> = {
  'traps.test': (path, response, request) => {
    const way = ways[path]
    if (way !== undefined) way(path, response, request)
    else if (path.startsWith('/endless-redirects')) response.writeHead(302, { location: `${path}/on` }).end()
    else response.writeHead(404).end()
  },
  // Each sends whoever comes to another host, for ever.
  ...Object.fromEntries(
    ['ping.test', 'pong.test'].map((host, index): [string, Site] => [
      host,
      (path, response) => {
        const to = `http://${index === 0 ? 'pong' : 'ping'}.test${path}x`
        if (path === '/robots.txt') response.writeHead(404).end()
        else response.writeHead(302, { location: to }).end()
      },
    ]),
  ),
  // Each of its answers goes on for ever, a dot at a time.
  'drip.test': (path, response) => {
    if (path === '/robots.txt') return void response.writeHead(404).end()
    response.writeHead(200, html)
    const timer = setInterval(() => response.write('.'), 50)
    return void response.once('close', () => clearInterval(timer))
  },
  'down.test': (_, response) => void response.destroy(),
}
