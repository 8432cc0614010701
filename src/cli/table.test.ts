import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderTable } from './table.ts'

test('texts stand on the left and numbers on the right, under one rule', () => {
  const table = renderTable(
    ['TOPIC', 'RECORDS'],
    [
      ['orders', 7],
      ['a', 12_345],
    ],
    undefined,
  )

  assert.equal(table, ['TOPIC   RECORDS', '---------------', 'orders        7', 'a         12345'].join('\n'))
})

test('without rows it is the head alone', () => {
  assert.equal(renderTable(['TOPIC', 'RECORDS'], [], undefined), 'TOPIC  RECORDS\n--------------')
})

test('no line is wider than the terminal, and the widest column gives way', () => {
  const table = renderTable(['PLACE', 'MESSAGE'], [['archive/0/7', 'x'.repeat(200)]], 40)

  for (const line of table.split('\n')) assert.ok(line.length <= 40, line)
  assert.match(table, /archive\/0\/7 {2}x+…/)
})

test('what is not on a terminal is not cut', () => {
  assert.ok(renderTable(['MESSAGE'], [['x'.repeat(500)]], undefined).includes('x'.repeat(500)))
})

test('data cannot steer the terminal or break a row', () => {
  assert.equal(
    renderTable(['DATA'], [['a\u001b[31m\nb']], undefined)
      .split('\n')
      .at(-1),
    'a [31m b',
  )
})
