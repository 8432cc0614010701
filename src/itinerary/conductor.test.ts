import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { noHeaders } from '../event/event.ts'
import type { Event } from '../event/event.ts'
import { stop } from '../stop/stop.ts'
import { conductor } from './conductor.ts'
import { hopLimit, readSlip, spareHops } from './slip.ts'

const Order = z.object({ paid: z.boolean() })
const keep = (order: { readonly paid: boolean }) => order
const check = stop('check', { in: Order, out: Order }, keep)
const ship = stop('ship', { in: Order, out: Order }, keep)
const refund = stop('refund', { in: Order }, () => {})
const stops = [check, ship, refund] as const
const event: Event = {
  id: 'e-1',
  ride: 'e-1',
  type: 'order',
  source: '/test',
  time: 0,
  key: null,
  headers: noHeaders,
  correlationId: undefined,
  causationId: undefined,
  replay: 0,
}
const office = conductor('office', {
  stops,
  rules: [
    { after: 'entry', to: 'check' },
    { after: 'check', when: { paid: true }, to: 'ship' },
    { after: 'check', to: 'refund' },
  ],
})

test('a table of rules says where an event begins and what comes after each stop', () => {
  const slip = readSlip(office.plot({}, event))
  assert.deepEqual([slip.line, slip.version, slip.ahead], ['office', office.lines[0]?.version, ['check']])
  assert.equal(office.conduct?.('check', { paid: true }, event), 'ship')
  assert.equal(office.conduct?.('check', { paid: false }, event), 'refund')
})

test('a stop without rules ends the ride, and so does a rule that leads to null', () => {
  assert.equal(office.conduct?.('ship', { paid: true }, event), undefined)
  const ends = conductor('ends', {
    stops: [check],
    rules: [
      { after: 'entry', to: 'check' },
      { after: 'check', when: { paid: true }, to: 'check' },
      { after: 'check', to: null },
    ],
  })
  assert.equal(ends.conduct?.('check', { paid: false }, event), undefined)
})

test('a ride through all stops and some more does not meet the hop limit; a cycle does', () => {
  assert.equal(hopLimit(office.plot({}, event)), 3 + spareHops)
})

test('an event that no rule of its stop knows is not ended in silence', () => {
  const narrow = conductor('narrow', {
    stops: [check, ship],
    rules: [
      { after: 'entry', when: { paid: true }, to: 'check' },
      { after: 'check', when: { paid: true }, to: 'ship' },
    ],
  })
  const refused = { code: 'MB_NO_ROUTE', facts: { router: 'narrow', after: 'check' } }
  assert.throws(() => narrow.conduct?.('check', { paid: false }, event), refused)
  assert.throws(() => narrow.plot({ paid: false }, event), { code: 'MB_NO_ROUTE' })
})

test('a function is asked where the event comes from, and its answer is checked', () => {
  const code = conductor('code', {
    in: Order,
    stops,
    choose: ({ after, data }, { id }) => {
      if (after === 'entry') return id === 'lost' ? null : 'check'
      if (after === 'check') return data.paid ? 'ship' : 'refund'
      return 'nowhere' as 'ship'
    },
  })
  assert.deepEqual(readSlip(code.plot({ paid: true }, event)).ahead, ['check'])
  assert.equal(code.conduct?.('check', { paid: true }, event), 'ship')
  assert.throws(() => code.plot({}, { ...event, id: 'lost' }), { code: 'MB_NO_ROUTE' })
  assert.throws(() => code.conduct?.('ship', { paid: true }, event), {
    code: 'MB_UNDECLARED_TARGET',
    message: /The conductor "code", asked after "ship", chose "nowhere".*check, ship, refund/,
  })
})

test('the version changes with the table', () => {
  const other = conductor('office', {
    stops,
    rules: (office.rules ?? [])
      .toReversed()
      .with(1, { after: 'check', when: { paid: false }, to: 'ship' })
      .toReversed(),
  })
  assert.notEqual(other.lines[0]?.version, office.lines[0]?.version)
})

test('tells all that is wrong with a table at the start', () => {
  const loosely = conductor as unknown as (name: string, options: unknown) => unknown
  const rules = [
    { after: 'entry', to: 'check' },
    { after: 'entry', when: { paid: true }, to: 'ship' },
    { after: 'chek', to: 'ship' },
    { after: 'check', to: 'shop' },
    { after: 'refund', to: 'ship' },
    { after: 'check', when: { paid: [{}] }, to: null },
  ]
  assert.throws(() => loosely('bad', { stops: [check, ship, refund], rules }), {
    code: 'MB_BAD_OPTIONS',
    facts: {
      what: 'The conductor "bad"',
      faults: [
        'rules[1] is never reached, for rules[0] always holds',
        'rules[2].after must be "entry" or "check" or "ship" or "refund", found "chek"',
        'rules[3].to must be "check" or "ship" or "refund" or null, found "shop"',
        'rules[4]: nothing comes behind "refund", which has no output',
        'rules[5] is never reached, for rules[3] always holds',
        'rules[5].when.paid must be plain values, not objects or functions',
        'no rule leads from the entry to "refund"',
      ],
    },
  })
  assert.throws(() => loosely('Bad', { stops: [check], rules }), { code: 'MB_BAD_NAME' })
  assert.throws(() => loosely('none', { stops: [] }), /stops must be a list of at least one stop; it must have either/)
  const entry = stop('entry', { in: Order }, () => {})
  assert.throws(
    () => loosely('names', { stops: [check, check, entry, 'x'], choose: 5 }),
    /stops\[1\] is called "check", as another is; stops\[2\] is called "entry", .*; stops\[3\] must be a stop; choose must be a function/,
  )
})
