import assert from 'node:assert/strict'
import test from 'node:test'
import type { Record } from '../../event/record.ts'
import { offsetsOf, record } from '../conformance/fixture.ts'
import { Window, WindowBudget } from './window.ts'

/** Appended records as the journal leaves them: with an offset, and a home of so many bytes. */
function appended(from: number, count: number, bytes = 744): Record[] {
  return Array.from({ length: count }, (_, index) => {
    const made = record(`r${from + index}`)
    made.offset = from + index
    made.home = { segment: 0, position: 0, length: bytes }
    return made
  })
}

/** So many records of 744 bytes, with what a record costs beside them. */
const room = (count: number): WindowBudget => new WindowBudget(count * 1000)

test('holds what was pushed, in order, and finds it by offset', () => {
  const window = new Window(room(100))
  const records = appended(10, 5)
  window.push(records.slice(0, 2))
  window.push(records.slice(2))
  assert.deepEqual([window.begin, window.end], [10, 15])
  assert.deepEqual(
    [9, 10, 14, 15].map((offset) => window.has(offset)),
    [false, true, true, false],
  )
  assert.deepEqual(window.slice(11, 14), records.slice(1, 4))
})

test('lets go of what lies below an offset and of nothing else', () => {
  const window = new Window(room(1000))
  const records = appended(0, 500)
  window.push(records)
  for (let offset = 1; offset < 500; offset += 7) {
    window.release(offset)
    window.release(offset - 1)
    assert.equal(window.begin, offset)
    assert.deepEqual(window.slice(offset, Math.min(offset + 3, 500)), records.slice(offset, offset + 3))
  }
  window.release(Infinity)
  assert.ok(window.isEmpty)
  window.push(appended(900, 2))
  assert.deepEqual([window.begin, window.end], [900, 902])
})

test('takes no record behind a gap until it has been emptied', () => {
  const window = new Window(room(100))
  window.push(appended(0, 3))
  window.push(appended(5, 2))
  assert.equal(window.end, 3)
  window.release(3)
  window.push(appended(7, 2))
  assert.deepEqual(offsetsOf(window.slice(7, 9)), [7, 8])
})

test('takes nothing when the budget is used up, and takes again when it has been given back', () => {
  const budget = room(10)
  budget.count(1)
  const window = new Window(budget)
  window.push(appended(0, 10))
  assert.equal(budget.bytes, 10_000)
  window.push(appended(10, 1))
  assert.equal(window.end, 10)
  window.release(4)
  assert.equal(budget.bytes, 6000)
  window.push(appended(10, 1))
  assert.equal(window.end, 11)
  window.clear()
  assert.equal(budget.bytes, 0)
})

test('a window has its share also when others have used up the budget', () => {
  const budget = room(10)
  budget.count(1)
  budget.count(1)
  const greedy = new Window(budget)
  const modest = new Window(budget)
  for (let offset = 0; offset < 20; offset++) greedy.push(appended(offset, 1))
  assert.equal(greedy.end, 10)
  for (let offset = 0; offset < 20; offset++) modest.push(appended(offset, 1))
  assert.equal(modest.end, 5)
  budget.count(-1)
  for (let offset = 5; offset < 20; offset++) modest.push(appended(offset, 1))
  assert.equal(modest.end, 10, 'who stops reading gives its share back')
})
