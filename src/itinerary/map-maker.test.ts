import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { noHeaders } from '../event/event.ts'
import type { Event, Headers } from '../event/event.ts'
import { stop } from '../stop/stop.ts'
import { line } from './line.ts'
import { mapMaker } from './map-maker.ts'
import { readSlip } from './slip.ts'

const Contact = z.object({ campaign: z.string(), address: z.object({ country: z.string().nullable() }).optional() })
const archive = stop('archive', { in: Contact }, () => {})
const mail = line('mail').to(archive)
const post = line('letters').to(archive)
const lines = { mail, post }

const eventWith = (headers: Headers = noHeaders): Event => ({
  id: 'e-1',
  ride: 'e-1',
  type: 'contact',
  source: '/test',
  time: 0,
  key: null,
  headers,
  correlationId: undefined,
  causationId: undefined,
  replay: 0,
})
const plotted = (router: { plot(data: unknown, event: Event): string }, data: unknown, headers?: Headers): string =>
  readSlip(router.plot(data, eventWith(headers))).line

test('plots the line that its function chooses by data or headers', () => {
  const byCode = mapMaker('by-campaign', {
    lines,
    choose: (contact, { headers }) => (contact.campaign === 'spring' || headers['urgent'] === 'yes' ? 'mail' : 'post'),
  })
  assert.equal(plotted(byCode, { campaign: 'spring' }), 'mail')
  assert.equal(plotted(byCode, { campaign: 'autumn' }), 'letters')
  assert.equal(plotted(byCode, { campaign: 'autumn' }, { urgent: 'yes' }), 'mail')
  assert.deepEqual(byCode.stops, [archive])
  assert.deepEqual(
    byCode.lines.map(({ name }) => name),
    ['mail', 'letters'],
  )
})

test('a single stop counts as a line of its own name', () => {
  const single = mapMaker('single', { lines: { keep: archive }, choose: () => 'keep' })
  assert.equal(plotted(single, { campaign: '' }), 'archive')
})

test('plots the line of the first rule that holds, all of whose conditions do', () => {
  const byRules = mapMaker('by-rules', {
    lines,
    rules: [
      { when: { campaign: 'spring' }, headers: { region: ['eu', 'us'] }, line: 'mail' },
      { when: { 'address.country': null }, line: 'post' },
      { when: { campaign: ['may', 'june'], 'address.country': 'de' }, line: 'mail' },
    ],
    otherwise: 'post',
  })
  const cases: readonly (readonly [unknown, Headers, string])[] = [
    [{ campaign: 'spring' }, { region: 'us' }, 'mail'],
    [{ campaign: 'spring' }, { region: 'asia' }, 'letters'],
    [{ campaign: 'spring' }, {}, 'letters'],
    [{ campaign: 'may', address: { country: null } }, {}, 'letters'],
    [{ campaign: 'june', address: { country: 'de' } }, {}, 'mail'],
    [{ campaign: 'june' }, {}, 'letters'],
    [null, {}, 'letters'],
    ['spring', {}, 'letters'],
  ]
  for (const [data, headers, wanted] of cases) assert.equal(plotted(byRules, data, headers), wanted)
})

test('a condition never reads what data inherits', () => {
  const inherited = mapMaker('inherited', {
    lines,
    rules: [{ when: { '__proto__.__proto__': null }, line: 'mail' }],
    otherwise: 'post',
  })
  assert.equal(plotted(inherited, {}), 'letters')
})

test('refuses an event for which no rule holds, and a choice that is not declared', () => {
  const strict = mapMaker('strict', { lines, rules: [{ when: { campaign: 'spring' }, line: 'mail' }] })
  assert.throws(() => plotted(strict, { campaign: 'may' }), { code: 'MB_NO_ROUTE' })
  const wild = mapMaker('wild', { lines, choose: () => 'letter' as 'mail' })
  assert.throws(() => plotted(wild, {}), {
    code: 'MB_UNDECLARED_TARGET',
    message: 'The map maker "wild" chose "letter", which it did not declare: it declared mail, post.',
  })
})

test('tells all that is wrong with its rules at the start', () => {
  const loosely = mapMaker as unknown as (name: string, options: unknown) => unknown
  const rules = [
    { when: { campaign: 'spring' }, line: 'letter' },
    { when: { campaign: { not: 'may' } }, line: 'mail' },
    { when: 'spring', line: 'mail' },
    { headers: { by: 5, region: [] }, line: 'mail' },
    { line: 'post' },
  ]
  assert.throws(() => loosely('bad', { lines, rules, otherwise: 'nowhere' }), {
    code: 'MB_BAD_OPTIONS',
    facts: {
      what: 'The map maker "bad"',
      faults: [
        'otherwise must be "mail" or "post", found "nowhere"',
        'rules[0].line must be "mail" or "post", found "letter"',
        'rules[1].when.campaign must be plain values, not objects or functions',
        'rules[2].when must be an object of names and values',
        'rules[3].headers.by must be plain values, not objects or functions',
        'rules[3].headers.region must name at least one value',
        'rules[4] always holds, so nothing behind it is ever reached',
      ],
    },
  })
  assert.throws(() => loosely('Bad', { lines, rules }), { code: 'MB_BAD_NAME' })
  assert.throws(
    () => loosely('none', { lines: {} }),
    /lines must hold at least one line; it must have either choose or rules/,
  )
  assert.throws(
    () => loosely('no-line', { lines: { mail: 'mail' }, choose: 'mail' }),
    /lines.mail must be a line.*choose must be a function/,
  )
})
