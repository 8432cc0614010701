import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue } from './catalogue.ts'
import { closest } from './closest.ts'

const known = ['staff.check', 'staff.archive', 'orders']

test('a letter too many, too few, wrong or swapped is what was meant', () => {
  for (const typed of ['staff.checck', 'staff.chck', 'staff.chock', 'staff.chekc', 'stafff.chek', 'satff.chekc'])
    assert.equal(closest(typed, known), 'staff.check', typed)
})

test('another word is another word', () => {
  for (const typed of ['staff', 'invoices', 'x', '', 'oders-of-today'])
    assert.equal(closest(typed, known), undefined, typed)
})

test('the nearest wins', () => {
  assert.equal(closest('orderss', ['order', 'orders-2', 'orders']), 'orders')
})

test('a sentence about what is not there says what was meant, else what is there, and not a hundred names', () => {
  const { message } = catalogue.MB_NOT_FOUND
  const many = Array.from({ length: 30 }, (_, index) => `topic-${index}`)

  assert.equal(message({ kind: 'topic', name: 'ordesr', known }), 'There is no topic "ordesr": did you mean "orders"?')
  assert.equal(
    message({ kind: 'topic', name: 'nothing', known }),
    'There is no topic "nothing"; there is staff.check, staff.archive, orders.',
  )
  assert.match(message({ kind: 'topic', name: 'nothing', known: many }), /topic-9 and 20 more\.$/)
  assert.equal(
    message({ kind: 'topic', name: 'nothing', known: [] }),
    'There is no topic "nothing"; there is none at all.',
  )
  assert.equal(message({ kind: 'ride', name: 'x' }), 'There is no ride "x".')
})
