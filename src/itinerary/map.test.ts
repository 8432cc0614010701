import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { stop } from '../stop/stop.ts'
import { conductor } from './conductor.ts'
import { routerOf } from './hard-wired.ts'
import { line } from './line.ts'
import { mermaidOf, textOf } from './map-drawing.ts'
import { mapMaker } from './map-maker.ts'
import { mapOf } from './map.ts'
import type { Mapped } from './map.ts'

const Contact = z.object({ paid: z.boolean() })
const keep = (contact: { readonly paid: boolean }) => contact
const orders = { kind: 'topic', name: 'orders' } as const
const options = { in: Contact, out: Contact, effects: 'none' } as const

const post = stop('post', { in: Contact }, () => {})
const mail = stop('mail', { in: Contact }, () => {})
const reject = line('rejected').to(post)
const check = stop('check', { ...options, targets: { reject }, emits: [orders] }, keep)
const campaign = mapMaker('by-campaign', {
  lines: { mail: line('by-mail').via(check).to(mail), post: line('by-post').via(check).to(post) },
  choose: () => 'mail',
})
const bill = stop('bill', options, keep)
const remind = stop('remind', options, keep)
const file = stop('file', { ...options, next: post }, keep)
const office = conductor('office', {
  stops: [bill, remind, file],
  rules: [
    { after: 'entry', to: 'bill' },
    { after: 'bill', when: { paid: [true, null] }, headers: { region: 'eu' }, to: 'file' },
    { after: 'bill', to: 'remind' },
    { after: 'remind', to: 'bill' },
  ],
})
const app: Mapped = {
  name: 'campaign',
  entries: [
    { name: 'contacts', router: campaign, from: undefined },
    { name: 'billing', router: office, from: { topic: orders } },
    { name: 'wired', router: routerOf(file), from: undefined },
  ],
  publishes: [orders],
}
const map = mapOf(app)

test('the map holds every way between entries, stops and topics', () => {
  assert.deepEqual(
    map.edges.map(({ from, to, kind, name }) => `${from} ${to} ${kind}${name === null ? '' : ` ${name}`}`),
    [
      'entry:contacts stop:check route by-mail',
      'entry:contacts stop:check route by-post',
      'topic:orders entry:billing from',
      'entry:billing stop:bill rule',
      'stop:bill stop:file rule paid is true or null, header region is eu',
      'stop:bill stop:remind rule',
      'stop:remind stop:bill rule',
      'entry:wired stop:file route file',
      'stop:check stop:mail line by-mail',
      'stop:check stop:post line by-post',
      'stop:check stop:post target reject',
      'stop:check topic:orders emit',
      'stop:file stop:post next',
    ],
  )
})

test('the map holds lines, stops, conductors and topics', () => {
  assert.deepEqual(
    map.lines.map(({ name, stops }) => `${name}: ${stops.join(' ')}`),
    ['by-mail: check mail', 'by-post: check post', 'file: file post', 'rejected: post'],
  )
  assert.deepEqual(map.stops[0], { name: 'check', effects: false, targets: ['reject'] })
  assert.deepEqual(map.conductors, [{ name: 'office', stops: ['bill', 'remind', 'file', 'post'], rules: office.rules }])
  assert.deepEqual(map.topics, ['orders'])
})

test('the map is plain data', () => {
  assert.deepEqual(JSON.parse(JSON.stringify(map)), map)
})

test('tells where events can go round, and which output nothing takes', () => {
  assert.deepEqual(map.loops, [['stop:bill', 'stop:remind']])
  assert.deepEqual(map.deadEnds, [])
  const open = mapOf({
    name: 'open',
    entries: [
      { name: 'a', router: line('open').via(bill).to(remind), from: { topic: orders } },
      {
        name: 'b',
        router: conductor('short', {
          stops: [file, bill],
          rules: [
            { after: 'entry', to: 'bill' },
            { after: 'bill', to: 'file' },
          ],
        }),
        from: undefined,
      },
    ],
    publishes: [],
  })
  assert.deepEqual([open.deadEnds, open.loops, open.topics], [['remind'], [], ['orders']])
  const self = conductor('self', {
    stops: [bill],
    rules: [
      { after: 'entry', to: 'bill' },
      { after: 'bill', to: 'bill' },
    ],
  })
  assert.deepEqual(
    mapOf({ name: 'self', entries: [{ name: 'a', router: self, from: undefined }], publishes: [] }).loops,
    [['stop:bill']],
  )
})

test('two rounds of which one leads to the other are two', () => {
  const rounds = conductor('rounds', {
    stops: [bill, remind],
    rules: [
      { after: 'entry', to: 'bill' },
      { after: 'bill', when: { paid: true }, to: 'bill' },
      { after: 'bill', to: 'remind' },
      { after: 'remind', when: { paid: true }, to: 'remind' },
      { after: 'remind', to: null },
    ],
  })
  const drawn = mapOf({ name: 'rounds', entries: [{ name: 'a', router: rounds, from: undefined }], publishes: [] })
  assert.deepEqual(drawn.loops, [['stop:bill'], ['stop:remind']])
  assert.equal(drawn.edges.length, 4)
  assert.match(textOf(drawn), /after remind: the end/)
})

test('an app whose stop publishes what its own entry reads goes round', () => {
  const reads = { name: 'reads', router: line('l').via(check).to(post), from: { topic: orders } }
  const { loops } = mapOf({ name: 'round', entries: [reads], publishes: [orders] })
  assert.deepEqual(loops, [['topic:orders', 'entry:reads', 'stop:check']])
})

test('as text it reads from entries to ends', () => {
  assert.equal(
    textOf(map),
    `app campaign

entry contacts -> map-maker by-campaign
  line by-mail: check -> mail
  line by-post: check -> post

entry billing (reads topic orders) -> conductor office
  after entry: bill
  after bill, when paid is true or null, header region is eu: file
  after bill: remind
  after remind: bill

entry wired -> stop file
  line file: file -> post

stop check may turn to reject, beginning at post
stop check emits to topic orders
stop file goes on to post

events can go round: stop bill, stop remind`,
  )
})

test('a conductor of code is drawn with every stop that it may name', () => {
  const code = conductor('code', { stops: [bill, file], choose: () => 'bill' })
  const drawn = mapOf({ name: 'code', entries: [{ name: 'a', router: code, from: undefined }], publishes: [] })
  assert.match(textOf(drawn), /entry a -> conductor code\n {2}any of bill, file, post, as its code says/)
  assert.deepEqual(
    drawn.edges.map(({ from, to }) => `${from} ${to}`),
    ['entry:a stop:bill', 'entry:a stop:file', 'stop:file stop:post'],
  )
})

test('as Mermaid every way joins two places that are declared', () => {
  const lines = mermaidOf([map]).split('\n')
  const declared = lines.flatMap((line) => /^ {2}(n\d+)[[(]/.exec(line)?.[1] ?? [])
  const ways = lines.flatMap((line) => {
    const [, from, to] = /^ {2}(n\d+) -.*?> ?(?:\|"[^"]*"\|)? (n\d+)$/.exec(line.replace('>|', '> |')) ?? []
    return from === undefined || to === undefined ? [] : [[from, to]]
  })
  assert.equal(lines[0], 'flowchart LR')
  assert.ok(lines.some((line) => line.includes('|"paid is true or null, header region is eu"|')))
  assert.equal(new Set(declared).size, map.topics.length + map.entries.length + map.stops.length)
  assert.equal(ways.length, map.edges.length)
  assert.ok(ways.flat().every((id) => declared.includes(id)))
})

test('as Mermaid the apps of a system share their topics, and keep apart what has one name', () => {
  const selling = mapOf({
    name: 'selling',
    entries: [{ name: 'in', router: line('l').via(check).to(post), from: undefined }],
    publishes: [orders],
  })
  const billing = mapOf({
    name: 'billing',
    entries: [{ name: 'in', router: line('l').to(bill), from: { topic: orders } }],
    publishes: [],
  })

  const drawn = mermaidOf([selling, billing])

  assert.equal(drawn.match(/\[\("orders"\)\]/g)?.length, 1)
  assert.equal(drawn.match(/\(\["in"\]\)/g)?.length, 2)
  assert.match(drawn, / {2}subgraph billing\n {4}n\d+\(\["in"\]\)\n {4}n\d+\["bill"\]/)
})
