/** The sources alone: a visit comes, and candidates and further visits become of it. */
import { test } from 'node:test'
import { drop } from '../../../src/index.ts'
import { given, numberOfTimes } from '../../../src/testing/index.ts'
import { fakeNeeds } from '../fakes.ts'
import { candidates } from '../topics.ts'
import { sources } from './sources.ts'
import { links, listed } from './visits.ts'
import type { Visit } from './visits.ts'

const visit = (url: string, changes: Partial<Visit> = {}): Visit => ({
  as: 'page',
  url,
  depth: 0,
  moves: 0,
  ...changes,
})
const page = (url: string, text: string) => ({
  kind: 'page',
  host: new URL(url).hostname,
  url,
  title: '',
  description: '',
  text,
  asksForPassword: false,
})
const home = 'http://a.test/'
const iconUrl = 'http://a.test/i.png'

test('a page becomes a candidate, and the pages that it leads to are visited, too', async () => {
  const needs = fakeNeeds({ [home]: 'Hello <a href="/one">1</a> <a href="http://b.test/">b</a>' })

  await given(sources(needs))
    .when('seeds', visit(home, { depth: 1 }))
    .thenEmits(candidates, page(home, 'Hello 1 b'))
    .thenEmits(links, visit('http://a.test/one'), visit('http://b.test/'))
})

test('a page is visited once a day, and a feed every minute', async () => {
  const needs = fakeNeeds({ [home]: 'Hello', 'http://a.test/feed.xml': '<rss version="2.0"><channel/></rss>' })
  const feed = visit('http://a.test/feed.xml', { as: 'feed' })

  await given(sources(needs))
    .when('seeds', visit(home))
    .when('seeds', feed)
    .after({ seconds: 61 })
    .when('seeds', visit(home))
    .thenAnswers(drop('seen-before'))
    .when('seeds', feed)
    .thenPasses('admit', 'ask-robots', 'wait-for-turn', 'visit')
    .after({ seconds: 86_400 })
    .when('seeds', visit(home))
    .thenEmits(candidates, page(home, 'Hello'))
})

test('what robots.txt forbids is not visited', async () => {
  const needs = fakeNeeds({ 'http://a.test/robots.txt': 'User-agent: *\nDisallow: /private' })

  await given(sources(needs)).when('seeds', visit('http://a.test/private/x')).thenAnswers(drop('robots-say-no'))
})

test('a host is visited one page after the other, with the pause that it asks for', async () => {
  const robots = 'User-agent: *\nCrawl-delay: 5'
  const needs = fakeNeeds({ 'http://a.test/robots.txt': robots, [home]: 'one', 'http://a.test/two': 'two' })

  await given(sources(needs))
    .when('seeds', visit(home))
    .when('seeds', visit('http://a.test/two'))
    .thenTriesAt([0, 5_000], 'wait-for-turn')
    .thenEmits(candidates, page('http://a.test/two', 'two'))
})

test('a host that does not answer is asked again, and then its visit is given up, by the reason', async () => {
  const down = { reason: 'unreachable' } as const

  await given(sources(fakeNeeds({ 'http://a.test/robots.txt': down })))
    .when('seeds', visit(home))
    .thenTriesAt([0, 1_000, 3_000], 'ask-robots')
    .thenDeadLetters('unreachable')
  await given(sources(fakeNeeds({ [home]: { reason: 'slow-body' } })))
    .when('seeds', visit(home))
    .thenTriesAt([0, 1_000, 3_000], 'visit')
    .thenDeadLetters('slow-body')
})

for (const reason of ['private-address', 'too-large', 'zip-bomb', 'too-many-redirects', 'other-content'] as const)
  test(`a page that is ${reason} is left out and counted`, async () => {
    await given(sources(fakeNeeds({ [home]: { reason } })))
      .when('seeds', visit(home))
      .thenAnswers(drop(reason))
  })

test('a host that has moved is asked for its own robots.txt, and not followed for ever', async () => {
  const moved = { reason: 'moved', to: 'http://b.test/x' } as const
  const needs = fakeNeeds({ [home]: moved })

  await given(sources(needs))
    .when('seeds', visit(home, { depth: 2 }))
    .thenEmits(links, visit('http://b.test/x', { depth: 2, moves: 1 }))
  await given(sources(needs))
    .when('seeds', visit(home, { moves: 5 }))
    .thenAnswers(drop('too-many-redirects'))
})

test('what strangers write as an address, and nobody can visit, leads nowhere', async () => {
  const odd = [
    'ftp://a.test/',
    `http://a.test/${'x'.repeat(3_000)}`,
    `http://${'a'.repeat(300)}.test/`,
    "http://a!b'.test/",
  ]
  const needs = fakeNeeds({ [home]: `Hello ${odd.map((to) => `<a href="${to}">x</a>`).join('')}` })

  await given(sources(needs))
    .when('seeds', visit(home, { depth: 1 }))
    .thenEmits(links)
  for (const to of odd)
    await given(sources(fakeNeeds({ [home]: { reason: 'moved', to } })))
      .when('seeds', visit(home))
      .thenAnswers(drop('bad-url'))
})

test('the entries of a feed become candidates', async () => {
  const url = 'http://a.test/feed.xml'
  const entry = '<item><title>T</title><link>/x</link><description>Words</description></item>'
  const needs = fakeNeeds({ [url]: `<rss version="2.0"><channel>${entry}</channel></rss>` })

  await given(sources(needs))
    .when('seeds', visit(url, { as: 'feed' }))
    .thenEmits(candidates, { kind: 'feed', host: 'a.test', url: 'http://a.test/x', title: 'T', text: 'Words' })
})

test('the apps of a listing become candidates with the look of their icons, each for itself', async () => {
  const url = 'http://a.test/listing.json'
  const app = { package: 'a.b', name: 'A', developer: 'D', description: 'W', url: '/a.b' }
  const listing = JSON.stringify({ apps: [{ ...app, icon: '/i.png' }, { name: 'nothing' }] })
  const needs = fakeNeeds({ [url]: listing, [iconUrl]: 'an image' })
  const shown = { app: { ...app, host: 'a.test', url: 'http://a.test/a.b', apkUrl: null }, iconUrl }
  const iconHash = Buffer.from('an image').toString('hex')

  await given(sources(needs))
    .when('seeds', visit(url, { as: 'listing' }))
    .thenEmits(listed, shown)
    .when('listed', shown)
    .thenEmits(candidates, { kind: 'app', ...shown.app, iconHash, certificates: null })
})

test('an icon that cannot be had keeps no app from being looked at', async () => {
  const app = { package: 'a.b', name: 'A', developer: 'D', description: 'W', host: 'a.test', url: home, apkUrl: null }

  await given(sources(fakeNeeds({ [iconUrl]: { reason: 'unreachable' } })))
    .when('listed', { app, iconUrl })
    .thenTriesAt([0, 1_000, 3_000])
    .thenEmits(candidates, { kind: 'app', ...app, iconHash: null, certificates: null })
})

test('what is not what it was visited as is left out', async () => {
  const needs = fakeNeeds({ 'http://a.test/feed.xml': '<html>', [home]: Buffer.alloc(100, 0xfe) })

  await given(sources(needs))
    .when('seeds', visit('http://a.test/feed.xml', { as: 'feed' }))
    .thenAnswers(drop('no-feed'))
    .when('seeds', visit(home))
    .thenAnswers(drop('no-page'))
})

test('a registration becomes a candidate, and only one', async () => {
  const domain = { kind: 'domain', host: 'evil.test', registeredOn: '2026-11-20', registrar: 'R' } as const

  await given(sources(fakeNeeds())).when('registrations', domain, numberOfTimes(3)).thenEmits(candidates, domain)
})
