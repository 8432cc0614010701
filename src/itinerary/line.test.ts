import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { noHeaders } from '../event/event.ts'
import type { Event } from '../event/event.ts'
import { stop } from '../stop/stop.ts'
import { routerOf } from './hard-wired.ts'
import { line } from './line.ts'
import { childrenMax, hopLimit, readSlip, spareHops } from './slip.ts'

const Contact = z.object({ accountId: z.string() })
const keep = (contact: { readonly accountId: string }) => contact
const through = <const Name extends string>(name: Name) => stop(name, { in: Contact, out: Contact }, keep)
const archive = stop('archive', { in: Contact }, () => {})
const event: Event = {
  id: 'e-1',
  ride: 'e-1',
  type: 'contact',
  source: '/test',
  time: 0,
  key: null,
  headers: noHeaders,
  correlationId: undefined,
  causationId: undefined,
  replay: 0,
}

test('a line plots the same slip for every event: its stops in order', () => {
  const campaign = line('campaign').via(through('a')).via(through('b')).to(archive)
  const slip = campaign.plot({}, event)
  assert.deepEqual(readSlip(slip), {
    line: 'campaign',
    version: campaign.version,
    limit: 3 + spareHops,
    children: childrenMax,
    ahead: ['a', 'b', 'archive'],
    behind: [],
    dropped: 0,
  })
  assert.equal(campaign.plot({ other: 1 }, event), slip)
  assert.equal(campaign.conduct, undefined)
})

test('the beginning of a line may go on in two ways', () => {
  const start = line('one').via(through('a'))
  const left = start.to(archive)
  const right = start.via(through('b')).to(archive)
  assert.deepEqual(
    [left, right].map(({ plan }) => plan.map(({ name }) => name)),
    [
      ['a', 'archive'],
      ['a', 'b', 'archive'],
    ],
  )
})

test('a line knows every stop that it can lead to, each once, and has hops for all of them', () => {
  const far = line('far').via(through('c')).to(archive)
  const turn = stop('turn', { in: Contact, out: Contact, targets: { far }, next: through('d') }, keep)
  const campaign = line('campaign').via(turn).via(through('b')).to(archive)
  assert.deepEqual(
    campaign.stops.map(({ name }) => name),
    ['turn', 'c', 'archive', 'd', 'b'],
  )
  assert.equal(hopLimit(campaign.plot({}, event)), 5 + spareHops)
})

test('a first stop by itself is hard-wired routing: only it is plotted, the rest each stop knows', () => {
  const last = stop('last', { in: Contact }, () => {})
  const middle = stop('middle', { in: Contact, out: Contact, next: last }, keep)
  const first = stop('first', { in: Contact, out: Contact, next: middle }, keep)
  const router = routerOf(first)
  assert.deepEqual(
    [router.kind, router.name, router.stops.map(({ name }) => name)],
    ['stop', 'first', ['first', 'middle', 'last']],
  )
  assert.deepEqual(readSlip(router.plot({}, event)).ahead, ['first'])
  assert.equal(hopLimit(router.plot({}, event)), 3 + spareHops)
  assert.deepEqual(router.lines[0]?.stops, [first, middle, last])
})

test('the version changes when a hard-wired neighbour does', () => {
  const versions = ['x', 'y'].map((name) => {
    const next = stop(name, { in: Contact }, () => {})
    return routerOf(stop('first', { in: Contact, out: Contact, next }, keep)).lines[0]?.version
  })
  assert.notEqual(versions[0], versions[1])
})

test('refuses a bad name, and tells all that is no stop or cannot be followed', () => {
  assert.throws(() => line('Campaign'), { code: 'MB_BAD_NAME' })
  const loosely = line as unknown as (name: string) => {
    via(stop: unknown): ReturnType<typeof loosely>
    to(stop: unknown): unknown
  }
  assert.throws(() => loosely('bad').via('add-email').via(archive).to(undefined), {
    code: 'MB_BAD_OPTIONS',
    message: /position 1 is not a stop; .*behind "archive", which has no output; .*position 3 is not a stop/,
  })
})
