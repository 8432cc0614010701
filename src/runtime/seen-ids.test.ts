import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { CommitUnit } from '../event/unit.ts'
import { stop } from '../stop/stop.ts'
import { VirtualClock, memory } from '../testing/index.ts'
import { metrobus } from './app.ts'
import { entry } from './entry.ts'
import { SeenIds } from './seen-ids.ts'

test('an id rides in the unit of its event, also when many are sent in one turn', async () => {
  const Order = z.object({ number: z.number() })
  const units: CommitUnit[] = []
  const bus = memory({ plan: ({ unit }) => void units.push(unit) })
  const route = stop('keep', { in: Order }, () => {})
  await using running = await metrobus('shop', { entries: [entry('orders', { in: Order, route })] }).start({ bus })

  await Promise.all(
    Array.from({ length: 2000 }, (_, number) => running.send('orders', { number }, { id: `o-${number}` })),
  )

  const withSends = units.filter(({ outputs }) => outputs.some(({ topic }) => topic === 'shop.keep'))
  assert.ok(withSends.length > 1)
  for (const { outputs, changes } of withSends) {
    const sent = outputs.filter(({ topic }) => topic === 'shop.keep').flatMap(({ records }) => records)
    const rows = changes.filter(({ store }) => store === 'seen/orders').map(({ value }) => value ?? '')
    assert.deepEqual(rows.flatMap((row) => row.split(' ').slice(1)).toSorted(), sent.map(({ ride }) => ride).toSorted())
  }
})

test('an id is remembered for so many ids and so long, over a restart too', () => {
  const seen = new SeenIds('orders', { countMax: 3, timeMs: 1000 })
  const rows = new Map<string, string>()
  for (const [at, ids] of [['a', 'b'], ['c', 'd'], ['e']].entries()) {
    for (const id of ids) seen.add(id, at * 100)
    for (const { key, value } of seen.takeChanges()) {
      if (value === null) rows.delete(key)
      else rows.set(key, value)
    }
  }
  const later = new SeenIds('orders', { countMax: 3, timeMs: 1000 })
  later.load(rows)

  for (const window of [seen, later]) {
    assert.deepEqual(
      ['a', 'c', 'd', 'e'].map((id) => window.find(id, 300) !== undefined),
      [false, true, true, true],
    )
    assert.equal(window.find('c', 1101), undefined)
  }
})

test('members that write beside each other do not overwrite what the other has seen', () => {
  const rows = new Map<string, string>()
  const windowOf = (member: string): SeenIds => {
    const seen = new SeenIds('orders', { countMax: 100, timeMs: 1000 })
    seen.load(rows, member)
    return seen
  }
  const [one, other] = [windowOf('one'), windowOf('other')]
  for (const [seen, id] of [
    [one, 'a'],
    [other, 'b'],
    [one, 'c'],
  ] as const) {
    seen.add(id, 10)
    for (const { key, value } of seen.takeChanges()) rows.set(key, value!)
  }
  const later = windowOf('later')
  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((id) => later.find(id, 10) !== undefined),
    [true, true, true, false],
  )
  later.add('d', 2000)
  for (const { key, value } of later.takeChanges()) if (value === null) rows.delete(key)
  assert.equal(rows.size, 0, 'who comes later deletes what all have written')
})

test('what leaves the window by its time is deleted with the next unit', () => {
  const seen = new SeenIds('orders', { countMax: 100, timeMs: 1000 })
  const changesAt = (id: string, at: number) => {
    seen.add(id, at)
    return seen.takeChanges().map(({ key, value }) => [key, value])
  }
  assert.deepEqual(changesAt('a', 0), [['0', '0 a']])
  assert.deepEqual(changesAt('b', 1000), [['1', '1000 b']])
  assert.deepEqual(changesAt('c', 1001), [
    ['2', '1001 c'],
    ['0', null],
  ])
  assert.ok(seen.find('b', 1001))
})

test('a window of no ids remembers none, and writes none', () => {
  const seen = new SeenIds('orders', { countMax: 0, timeMs: 1000 })
  seen.add('a', 1)
  assert.equal(seen.find('a', 1), undefined)
  seen.again('a')
  assert.deepEqual(seen.takeChanges(), [])
})

test('an id whose unit was refused rides with the next one', () => {
  const seen = new SeenIds('orders', { countMax: 10, timeMs: 1000 })
  seen.add('a', 1)
  seen.takeChanges()
  seen.again('a')
  assert.deepEqual(
    seen.takeChanges().map(({ value }) => value),
    ['1 a'],
  )
  assert.ok(seen.find('a', 2))
})

test('the window of ids goes by the time that passes, whatever is done to the wall clock', () => {
  const clock = new VirtualClock({ now: 1_000_000 })
  const seen = new SeenIds('orders', { countMax: 3, timeMs: 1000 })
  seen.load(new Map([['0', '1000500 a']]))

  // The newest id is of a later wall time than the start: it goes on from there.
  assert.equal(seen.time(clock), 1_000_500)
  clock.jump(365 * 24 * 3_600_000)
  assert.equal(seen.time(clock), 1_000_500)
  clock.jump(-2 * 365 * 24 * 3_600_000)
  assert.equal(seen.time(clock), 1_000_500)
})
