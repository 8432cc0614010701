import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Listed, Roster } from './roster.ts'

const items = (count: number): Listed[] => Array.from({ length: count }, () => ({ place: -1 }))

test('holds what was added and not taken out, each once', () => {
  const roster = new Roster<Listed>()
  const [first, second, third] = items(3) as [Listed, Listed, Listed]
  for (const item of [first, second, third, second]) roster.add(item)
  roster.delete(first)
  roster.delete(first)
  assert.deepEqual(new Set(roster.list()), new Set([second, third]))
  assert.equal(roster.size, 2)
})

test('agrees with a set whatever is added and taken out', () => {
  const roster = new Roster<Listed>()
  const set = new Set<Listed>()
  const all = items(50)
  // 7 and 50 share no divisor: every item comes up, in an order that jumps.
  for (let step = 0; step < 5_000; step++) {
    const item = all[(step * 7 + (step >> 4)) % all.length]!
    const adds = (step * 2_654_435_761) % 3 > 0
    if (adds) roster.add(item)
    else roster.delete(item)
    if (adds) set.add(item)
    else set.delete(item)
    assert.equal(roster.size, set.size)
  }
  assert.deepEqual(new Set(roster.list()), set)
})

test('takes out nothing that is on another roster', () => {
  const one = new Roster<Listed>()
  const other = new Roster<Listed>()
  const [mine, theirs] = items(2) as [Listed, Listed]
  one.add(mine)
  other.add(theirs)
  one.delete(theirs)
  assert.deepEqual(one.list(), [mine])
  assert.deepEqual(other.list(), [theirs])
})

test('a list of what is there may be walked while all of it is taken out', () => {
  const roster = new Roster<Listed>()
  for (const item of items(10)) roster.add(item)
  for (const item of roster.list()) roster.delete(item)
  assert.equal(roster.size, 0)
})
