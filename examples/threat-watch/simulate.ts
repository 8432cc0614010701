/**
 * The whole system against crashes, redeliveries, delays, overlaps, take-overs and restarts: `node examples/threat-watch/simulate.ts 1000`. For each seed the alerts that the
 * webhook has seen in the end must be those that it sees when nothing goes wrong.
 */
import { simulate } from '../../src/testing/index.ts'
import { threatWatch } from './app.ts'
import { fakeNeeds } from './fakes.ts'

const certificate = 'ab'.repeat(32)
const links = [{ target: { namespace: 'android_app', package_name: 'a.b', sha256_cert_fingerprints: [certificate] } }]
const app = (name: string, apk: string) => ({ package: name, name, url: `/${apk}`, icon: '/i.png', apk: `/${apk}` })

const pages = {
  'https://north.example/': 'North Bank',
  'https://north.example/.well-known/assetlinks.json': JSON.stringify(links),
  'http://a.test/': 'Welcome <a href="/evil">in</a> <a href="/good">here</a> <a href="http://b.test/">b</a>',
  'http://a.test/evil': 'evil words',
  'http://a.test/good': 'good words',
  'http://b.test/robots.txt': 'User-agent: *\nCrawl-delay: 2',
  'http://b.test/': { reason: 'moved', to: 'http://c.test/' },
  'http://c.test/': 'also evil <a href="http://a.test/">back</a>',
  'http://n.test/feed.xml': `<rss version="2.0"><channel><item><link>/x</link><title>evil</title>
    <description>evil news</description></item></channel></rss>`,
  'http://s.test/list.json': JSON.stringify({
    apps: [app('evil own', 'own'), app('evil fake', 'fake'), app('good', 'x')],
  }),
  'http://s.test/i.png': 'an image',
  'http://s.test/own': certificate,
  'http://s.test/fake': 'cd'.repeat(32),
} as const

const seed = (as: 'page' | 'feed' | 'listing', url: string) => ({ as, url, depth: 2, moves: 0 })
const domain = (host: string) => ({ kind: 'domain', host, registeredOn: '2026-11-20', registrar: 'R' }) as const

/** How often a threat was seen, and through which ride it was told first, depends on who is faster; what was told does not. */
const told = ({ alarm }: ReturnType<typeof fakeNeeds>): readonly string[] =>
  [...alarm.raised.values()].map(({ id, subject, evidence }) => [id, subject, evidence[0]?.what].join(' ')).toSorted()

const report = await simulate((needs: ReturnType<typeof fakeNeeds>) => Object.values(threatWatch(needs)), {
  fakes: () => fakeNeeds(pages),
  events: {
    clients: [{ name: 'North Bank', domain: 'north.example' }],
    seeds: [
      seed('page', 'http://a.test/'),
      seed('feed', 'http://n.test/feed.xml'),
      seed('listing', 'http://s.test/list.json'),
    ],
    registrations: [domain('evil.test'), domain('good.test'), domain('evil.test')],
  },
  observe: told,
  seeds: Number(process.argv[2] ?? 20),
})
const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0)
const untouched = report.untouched.length === 0 ? 'in every stop' : `none in ${report.untouched.join(', ')}`
console.log(`${report.seeds} seeds, ${faults} faults, ${untouched}: nothing was found`)
