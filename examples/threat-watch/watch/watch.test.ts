/** The watch alone: a candidate comes, and an alert or nothing becomes of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drop, wait } from '../../../src/index.ts'
import { given, numberOfTimes } from '../../../src/testing/index.ts'
import { fakeNeeds } from '../fakes.ts'
import type { Knowledge, Page, Registration } from '../types.ts'
import { clean } from './clean.ts'
import { learn } from './learn.ts'
import { allShelves, knowledge, shelfOf, shelves } from './shelves.ts'
import { alerts, watch } from './watch.ts'

const client = { name: 'North Bank', domain: 'north.example' }
const certificate = 'ab'.repeat(32)
const known: Knowledge = {
  client,
  brandWords: ['north bank', 'north'],
  domains: ['north.example'],
  apps: [{ package: 'a.b', name: 'North', description: '', iconHash: null, certificates: [certificate] }],
  iconHash: null,
}
const rows = Object.fromEntries(allShelves.map((shelf) => [`${shelf}/north.example`, known]))

const domain = (host: string): Registration => ({ kind: 'domain', host, registeredOn: '2026-11-20', registrar: 'R' })
const page = (text: string, changes: Partial<Page> = {}): Page => ({
  kind: 'page',
  host: 'a.test',
  url: 'http://a.test/',
  title: '',
  description: '',
  text,
  asksForPassword: false,
  ...changes,
})
const app = (name: string) => ({
  kind: 'app' as const,
  host: 'store.test',
  url: 'http://store.test/a.b',
  package: 'a.b',
  name,
  developer: '',
  description: '',
  iconHash: null,
  apkUrl: 'http://store.test/a.b.apk',
  certificates: null,
})
const allStops = ['clean', 'once', 'fake-domain', 'fake-app', 'keyword', 'decide']

test('a threat is told to the webhook once, and kept', async () => {
  const needs = fakeNeeds()

  await given(watch(needs))
    .having(knowledge, rows)
    .when('candidates', domain('evil.test'), { id: 'c-1', ...numberOfTimes(3) })
    .thenRides('alert')

  const [[key, alert] = []] = needs.alarm.raised
  assert.equal(needs.alarm.raised.size, 1)
  assert.match(key!, /^c-1~.*\/notify$/)
  assert.deepEqual(
    [alert?.client, alert?.kind, alert?.score, alert?.subject, alert?.evidence[0]?.detail],
    [client, 'fake-domain', 0.9, 'evil.test', 'evil.test'],
  )
})

test('what is no threat is ignored, and counted by the reason', async () => {
  await given(watch(fakeNeeds()))
    .having(knowledge, rows)
    .when('candidates', domain('garden.test'))
    .thenPasses(...allStops, 'ignore')
    .thenAnswers(drop('not-evil'))
})

test('a candidate that comes again is not compared again, until it has changed', async () => {
  await given(watch(fakeNeeds()))
    .having(knowledge, rows)
    .when('candidates', page('all is well'))
    .thenRides('ignore')
    .when('candidates', page('all  is\u00AD well'))
    .thenAnswers(drop('seen-before'))
    .when('candidates', page('all is evil'))
    .thenRides('alert')
})

test('a threat that changes is still the same threat', async () => {
  const needs = fakeNeeds()

  await given(watch(needs))
    .having(knowledge, rows)
    .when('candidates', page('evil'))
    .when('candidates', page('more evil'))
    .thenRides('alert')

  assert.equal(needs.alarm.raised.size, 1)
})

test('an app is not a fake when its file is signed by the client, and more than a fake when it is not', async () => {
  const needs = (file: string) => fakeNeeds({ 'http://store.test/a.b.apk': file })
  const other = needs('cd'.repeat(32))
  const unreadable = needs('no app')

  await given(watch(needs(certificate)))
    .having(knowledge, rows)
    .when('candidates', app('evil north'))
    .thenPasses(...allStops, 'certify')
    .thenAnswers(drop('signed-by-client'))
  await given(watch(other)).having(knowledge, rows).when('candidates', app('evil north')).thenRides('alert')
  await given(watch(unreadable)).having(knowledge, rows).when('candidates', app('evil north')).thenRides('alert')

  const evidence = ({ alarm }: typeof other) => [...alarm.raised.values()][0]?.evidence.map(({ what }) => what)
  assert.deepEqual([evidence(other), evidence(unreadable)], [['certificate'], ['name', 'file']])
})

test('a file that cannot be had is asked for again, and then the alert goes out without it', async () => {
  const needs = fakeNeeds({ 'http://store.test/a.b.apk': { reason: 'server-error' } })

  await given(watch(needs))
    .having(knowledge, rows)
    .when('candidates', app('evil north'))
    .thenTriesAt([0, 1_000, 3_000], 'certify')

  assert.deepEqual(
    [...needs.alarm.raised.values()][0]?.evidence.map(({ detail }) => detail),
    ['evil north', 'its file was not read: server-error'],
  )
})

test('a webhook that does not answer is told again, and in the end once', async () => {
  const needs = fakeNeeds()
  let left = 3
  const alarm = {
    raise: (...call: Parameters<typeof needs.alarm.raise>) =>
      left-- > 0 ? Promise.reject(new Error('no answer')) : needs.alarm.raise(...call),
  }

  const { tries } = await given(watch({ ...needs, alarm }))
    .having(knowledge, rows)
    .when('candidates', domain('evil.test'))

  const told = tries.filter((one) => one.stop === 'notify').map(({ at }) => at)
  assert.deepEqual(told, [0, 200, 600, 1_400])
  assert.equal(needs.alarm.raised.size, 1)
})

test('a candidate that comes before the first client waits for it', async () => {
  const needs = fakeNeeds()

  await given(watch(needs))
    .when('candidates', domain('evil.test'))
    .thenAnswers(wait({ seconds: 1 }))
    .when('clients', client)

  assert.equal(needs.alarm.raised.size, 1)
})

test('of a client is known what its domain shows', async () => {
  const icon = Buffer.from('an image')
  const home = 'https://www.north.example/'
  const links = [
    {
      target: {
        namespace: 'android_app',
        package_name: 'a.b',
        sha256_cert_fingerprints: ['AB:'.repeat(32).slice(0, -1)],
      },
    },
    { target: { namespace: 'web', site: 'https://north.example' } },
  ]
  const manifest = { short_name: 'North', name: 'North Bank', description: 'All of it', icons: [{ src: 'i.png' }] }
  const needs = fakeNeeds({
    'https://north.example/': '<link rel=manifest href=/app/m.json>',
    'https://north.example/app/m.json': JSON.stringify(manifest),
    'https://north.example/.well-known/assetlinks.json': JSON.stringify(links),
    'https://north.example/app/i.png': icon,
    [home]: 'somewhere else',
  })
  const learned: Knowledge = {
    client,
    brandWords: ['north bank', 'north', 'bank'],
    domains: ['north.example'],
    apps: [
      {
        package: 'a.b',
        name: 'North Bank',
        description: 'All of it',
        iconHash: icon.toString('hex'),
        certificates: [certificate],
      },
    ],
    iconHash: icon.toString('hex'),
  }

  await given(watch(needs))
    .when('clients', client)
    .thenEmits(shelves, ...allShelves.map((shelf) => ({ shelf, knowledge: learned })))
})

test('a client that shows nothing is known by its name, and one that is away is asked again', async () => {
  const nothing: Knowledge = { ...known, brandWords: ['north bank', 'north', 'bank'], apps: [] }
  const away = fakeNeeds({
    'https://north.example/': { reason: 'unreachable' },
    'http://north.example/': { reason: 'unreachable' },
  })

  await given(watch(fakeNeeds()))
    .when('clients', client)
    .thenEmits(shelves, ...allShelves.map((shelf) => ({ shelf, knowledge: nothing })))
  await assert.rejects(learn(client, away, new AbortController().signal), { name: 'unreachable' })
})

test('what nobody sees makes no difference, and what only looks alike does', () => {
  const cleaned = (text: string, url = 'http://a.test/') => clean(page(text, { url }))

  assert.deepEqual(cleaned('No\u200Brth\u00AD  \u2028Bank'), page('North Bank'))
  assert.deepEqual(cleaned('\uFF2Eorth'), page('North'))
  assert.deepEqual(cleaned('N\u043Erth'), page('N\u043Erth'))
  assert.deepEqual(cleaned('x', 'http://a.test/?utm_source=a&b=c&fbclid=d'), page('x', { url: 'http://a.test/?b=c' }))
  assert.deepEqual(cleaned(' \u200B '), drop('nothing-to-read'))
})

test('the shelves are used alike, and an alert is kept under its id', () => {
  const used = new Set(Array.from({ length: 500 }, (_, index) => shelfOf(`host-${index}.test`)))

  assert.deepEqual([...used].toSorted(), allShelves)
  assert.equal(alerts.name, 'alerts')
})
