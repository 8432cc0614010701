import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import {
  advanceSlip,
  childrenLeft,
  childrenMax,
  hopLimit,
  isNext,
  lineOfSlip,
  lineVersionOfSlip,
  nextStop,
  plotSlip,
  popAhead,
  pushAhead,
  readSlip,
  replaceAhead,
  slipOfChild,
  spareHops,
  visitsMax,
  writeSlip,
} from './slip.ts'
import type { Itinerary } from './slip.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/)
const visit = fc.record(
  {
    stop: name,
    attempt: fc.integer({ min: 1, max: 99 }),
    durationMs: fc.integer({ min: 0, max: 1e9 }).map((us) => us / 1000),
  },
  { noNullPrototype: true },
)
const itinerary: fc.Arbitrary<Itinerary> = fc.record(
  {
    line: name,
    version: fc.stringMatching(/^[0-9a-f]{8}$/),
    limit: fc.integer({ min: 0, max: 100_000 }),
    children: fc.oneof(fc.constant(childrenMax), fc.nat(childrenMax)),
    ahead: fc.array(name, { maxLength: 6 }),
    behind: fc.array(visit, { minLength: 1, maxLength: visitsMax }),
    dropped: fc.integer({ min: 0, max: 1000 }),
  },
  { noNullPrototype: true },
)
const refused = { code: 'MB_BAD_SLIP' }

test('a plotted slip has every stop ahead, none behind, and room for some more hops than stops', () => {
  const slip = plotSlip('campaign', '1a2b3c4d', ['add-email', 'white-list', 'archive'])
  assert.deepEqual(readSlip(slip), {
    line: 'campaign',
    version: '1a2b3c4d',
    limit: 3 + spareHops,
    children: childrenMax,
    ahead: ['add-email', 'white-list', 'archive'],
    behind: [],
    dropped: 0,
  })
  assert.equal(slip, 'add-email,white-list,archive|19|campaign|1a2b3c4d|')
})

test('an event advances stop by stop to the end of its itinerary', () => {
  let slip = plotSlip('campaign', '1', ['add-email', 'archive'])
  assert.equal(nextStop(slip), 'add-email')
  slip = advanceSlip(slip, 'add-email', 1, 0.0123)
  assert.equal(nextStop(slip), 'archive')
  slip = advanceSlip(slip, 'archive', 3, 1200)
  assert.equal(nextStop(slip), undefined)
  assert.equal(slip, '|18|campaign|1|add-email:12,archive:1200000:3')
  assert.deepEqual(readSlip(slip).behind, [
    { stop: 'add-email', attempt: 1, durationMs: 0.012 },
    { stop: 'archive', attempt: 3, durationMs: 1200 },
  ])
})

test('what is written is read again', () => {
  fc.assert(fc.property(itinerary, (given) => assert.deepEqual(readSlip(writeSlip(given)), given)))
})

test('to advance is to move the first stop ahead to the end behind, and to keep the last 32 visits', () => {
  fc.assert(
    fc.property(itinerary, visit, (given, { stop, attempt, durationMs }) => {
      const behind = [...given.behind, { stop, attempt, durationMs }]
      const excess = Math.max(0, behind.length - visitsMax)
      assert.deepEqual(readSlip(advanceSlip(writeSlip(given), stop, attempt, durationMs)), {
        ...given,
        ahead: given.ahead.slice(1),
        behind: behind.slice(excess),
        dropped: given.dropped + excess,
      })
    }),
  )
})

test('a ride of 300 stops remembers the last 32 and how many were before them', () => {
  const stops = Array.from({ length: 300 }, (_, index) => `s${index}`)
  const slip = stops.reduce((slip, stop) => advanceSlip(slip, stop, 1, 0), plotSlip('long', '1', stops))
  const { behind, dropped, ahead } = readSlip(slip)
  assert.deepEqual([behind.length, dropped, ahead.length], [32, 268, 0])
  assert.equal(behind.at(-1)?.stop, 's299')
})

test('stops ahead are replaced, pushed and popped, and nothing else changes', () => {
  fc.assert(
    fc.property(itinerary, fc.array(name, { minLength: 1, maxLength: 5 }), fc.nat(8), (given, stops, count) => {
      const slip = writeSlip(given)
      assert.deepEqual(readSlip(replaceAhead(slip, stops, 'other', 'v2')), {
        ...given,
        line: 'other',
        version: 'v2',
        ahead: stops,
      })
      assert.deepEqual(readSlip(pushAhead(slip, stops)), {
        ...given,
        ahead: [...stops, ...given.ahead],
      })
      assert.deepEqual(readSlip(popAhead(slip, count)), {
        ...given,
        ahead: given.ahead.slice(count),
      })
    }),
  )
})

test('single fields are read without decoding the rest', () => {
  fc.assert(
    fc.property(itinerary, (given) => {
      const slip = writeSlip(given)
      const [first] = given.ahead
      assert.equal(nextStop(slip), first)
      for (const stop of [...given.ahead, given.line, `${first}-`, first?.slice(0, -1) || 'a-'])
        assert.equal(isNext(slip, stop), stop === first)
      assert.equal(hopLimit(slip), given.limit)
      assert.equal(lineOfSlip(slip), given.line)
      assert.equal(lineVersionOfSlip(slip), `${given.line}|${given.version}`)
      assert.equal(childrenLeft(slip), given.children)
      assert.deepEqual(readSlip(slipOfChild(slip, 7, 12)), { ...given, limit: 7, children: 12 })
    }),
  )
})

test('an empty slip is an itinerary without anything', () => {
  assert.equal(nextStop(''), undefined)
  assert.equal(hopLimit(''), 0)
  assert.equal(lineOfSlip(''), '')
  assert.equal(lineVersionOfSlip(''), '')
  assert.deepEqual(readSlip('').ahead, [])
  assert.equal(writeSlip(readSlip('')), '')
})

test('refuses what is not a slip', () => {
  const bad = [
    'archive',
    'archive|19|campaign|1',
    'Archive|19|campaign|1|',
    'archive,|19|campaign|1|',
    ',archive|19|campaign|1|',
    'archive|019|campaign|1|',
    'archive|-1|campaign|1|',
    'archive|1e3|campaign|1|',
    'archive|19||1|',
    'archive|19|campaign||',
    'archive|19|campaign|1|x',
    'archive|19|campaign|1|x:1:2:3',
    'archive|19|campaign|1|x:1,',
    'archive|19|campaign|1|+3',
    'archive|19|campaign|1|x:1|y:1',
    'archive|19|campaign|1|x:1\n',
    '!archive|19|campaign|1|',
    '!k!archive|19|campaign|1|',
    `archive|19|campaign|1|${'x:1,'.repeat(visitsMax)}x:1`,
    `${'a'.repeat(101)}|19|campaign|1|`,
  ]
  for (const slip of bad) assert.throws(() => readSlip(slip), refused, slip)
  assert.throws(() => writeSlip({ ...readSlip('a|1|l|1|x:1'), line: 'a|b' }), refused)
})

test('tells of any text in bounded time whether it is a slip', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'b', '1', '|', ',', ':', '+', '!', '.', '-'),
    maxLength: 400,
  })
  fc.assert(
    fc.property(text, (slip) => {
      try {
        assert.equal(writeSlip(readSlip(slip)), slip.replace(/^!.*!/, ''))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'MB_BAD_SLIP')
      }
    }),
  )
})
