/** Those who live in the small web: a bank, its customers, the press, an app store, and some who would like to be taken for the bank. */
import { certificate, icons, storeFiles } from './files.ts'
import type { Site } from './world.ts'

interface Answered {
  readonly type: string
  readonly body: string | Uint8Array
}

const page = (title: string, body: string): Answered => ({
  type: 'text/html; charset=utf-8',
  body: `<!doctype html><html><head><title>${title}</title></head><body>${body}</body></html>`,
})
const json = (content: unknown): Answered => ({ type: 'application/json', body: JSON.stringify(content) })
const text = (body: string): Answered => ({ type: 'text/plain', body })

const site =
  (paths: Readonly<Record<string, Answered>>): Site =>
  (path, response) => {
    const answer = paths[path]
    if (answer === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': answer.type }).end(answer.body)
  }

const item = (title: string, link: string, words: string): string =>
  `<item><title>${title}</title><link>${link}</link><description>${words}</description></item>`

const listing = (app: string, changes: object) => ({
  package: app,
  url: `/apps/${app}`,
  icon: `/icons/${app}.png`,
  apk: `/apks/${app}.apk`,
  ...changes,
})

const velorisApp =
  'Your Veloris Bank accounts on your phone: balances, transfers and cards, safe behind your fingerprint.'

export const sites: Readonly<Record<string, Site>> = {
  'veloris.example': site({
    '/': {
      type: 'text/html; charset=utf-8',
      body: `<!doctype html><title>Veloris Bank</title><meta name="description" content="The bank for everyday life">
        <link rel="manifest" href="/app.webmanifest"><h1>Veloris Bank</h1><p>Accounts, cards and savings.
        <form><input type="password" name="pin"></form>`,
    },
    '/app.webmanifest': json({
      name: 'Veloris Bank',
      short_name: 'Veloris',
      description: velorisApp,
      icons: [{ src: '/icon.png', sizes: '96x96', type: 'image/png' }],
    }),
    '/icon.png': { type: 'image/png', body: icons.bank },
    '/.well-known/assetlinks.json': json([
      {
        relation: ['delegate_permission/common.handle_all_urls'],
        target: {
          namespace: 'android_app',
          package_name: 'com.veloris.bank',
          sha256_cert_fingerprints: [certificate.toUpperCase().replace(/(..)(?=.)/g, '$1:')],
        },
      },
    ]),
  }),

  'forum.test': site({
    '/robots.txt': text('User-agent: *\nDisallow: /members\nCrawl-delay: 0.05\n'),
    '/': page(
      'The market square',
      `<a href="/gardens">Gardens</a> <a href="/logs">Logs</a> <a href="/members/ada">Ada</a>
       <a href="http://veloris-login.test/">Veloris</a> <a href="http://down.test/">a friend</a>
       <a href="http://ping.test/">ping</a>`,
    ),
    '/gardens': page('Gardens', '<p>Tomatoes want sun, water and a warm wall. <a href="/">Back</a>'),
    '/logs': page('Logs', '<p>Fresh Veloris logins with cookies, 20 each, XMR only, escrow ok.'),
    '/members/ada': page('Ada', 'robots.txt says no'),
  }),

  'news.test': site({
    '/feed.xml': {
      type: 'application/rss+xml',
      body: `<rss version="2.0"><channel><title>News</title>
        ${item('Veloris opens a branch', 'http://news.test/branch', 'Veloris Bank has opened a branch in the old harbour.')}
        ${item('Account notice', 'http://news.test/notice', 'Your Veloris account has been locked. Verify your account within 24 hours or it will be closed.')}
        ${item('Rain', 'http://news.test/rain', 'It will rain until Friday.')}
        </channel></rss>`,
    },
    '/branch': page('Veloris opens a branch', '<p>Veloris Bank has opened a branch in the old harbour.'),
    '/rain': page('Rain', '<p>It will rain until Friday.'),
  }),

  'veloris-login.test': site({
    '/': page('Veloris Bank: log in', '<p>Welcome to Veloris Bank. Please log in.<form><input type="password"></form>'),
  }),

  'apps.test': (path, response, request) => {
    const file: Uint8Array | undefined = storeFiles[path]
    if (file === undefined) store(path, response, request)
    else response.end(file)
  },
}

const store = site({
  '/listing.json': json({
    apps: [
      listing('com.veloris.bank', { name: 'Veloris Bank', developer: 'Veloris Bank', description: velorisApp }),
      listing('com.veloris.bank.secure', {
        name: 'Veloris Bank',
        developer: 'Mobile Apps Ltd',
        description: velorisApp,
      }),
      listing('com.veloriss.app', {
        name: 'VeIoris Bank',
        developer: 'Veloris Support',
        description: `${velorisApp} Now with a loan in five minutes.`,
        icon: '/icons/com.veloris.bank.secure.png',
      }),
      listing('org.garden.planner', { name: 'Garden Planner', developer: 'Ada', description: 'Plan your beds.' }),
      { name: 'An app without a package' },
    ],
  }),
})

/** As a registry tells of them. */
export const registrations = [
  { kind: 'domain', host: 'veioris.example', registeredOn: '2026-11-20', registrar: 'Registrar of Last Resort' },
  { kind: 'domain', host: 'xn--vloris-bva.example', registeredOn: '2026-11-20', registrar: 'Registrar of Last Resort' },
  { kind: 'domain', host: 'garden-planner.example', registeredOn: '2026-11-19', registrar: 'Names & Co' },
] as const

/** Where the crawl begins. */
export const seeds = [
  { as: 'page', url: 'http://forum.test/', depth: 2, moves: 0 },
  { as: 'page', url: 'http://traps.test/', depth: 1, moves: 0 },
  { as: 'feed', url: 'http://news.test/feed.xml', depth: 1, moves: 0 },
  { as: 'listing', url: 'http://apps.test/listing.json', depth: 0, moves: 0 },
] as const
