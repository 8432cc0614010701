import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isMetrobusError } from '../../errors/index.ts'
import { CsvFormat } from './csv-format.ts'
import type { CsvOptions } from './csv-format.ts'
import type { Row } from './format.ts'
import { LineSplitter } from './line-splitter.ts'
import type { Line } from './line-splitter.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Reads a text in portions of so many lines. */
function read(
  content: string | Uint8Array,
  options: CsvOptions & { readonly lineBytesMax?: number } = {},
  portion = 3,
): Row[] {
  const { lineBytesMax = 1000 } = options
  const splitter = new LineSplitter({ lineBytesMax, offset: 0, lines: 0 })
  const format = new CsvFormat({ ...options, name: 'test.csv', lineBytesMax })
  const lines = splitter.push(typeof content === 'string' ? bytesOf(content) : content)
  const rows: Row[] = []
  const add = (lines: readonly Line[], isEnd: boolean): void => {
    let given = format.read(lines, isEnd)
    rows.push(...given.rows)
    while (given.isMore) {
      given = format.read([], isEnd)
      assert.ok(given.rows.length <= 1000)
      rows.push(...given.rows)
    }
  }
  for (let at = 0; at < lines.length; at += portion) add(lines.slice(at, at + portion), false)
  add(splitter.end(), true)
  return rows
}

const briefly = (rows: readonly Row[]): unknown[] =>
  rows.map((row) => (row.fault === undefined ? row.data : `${row.line}: ${row.fault}`))

test('reads any values that a writer of CSV has quoted, at the lines on which their rows begin', () => {
  const value = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r\n', ' '), maxLength: 6 })
  const table = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 5 }), (table, portion) => {
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
      const content = ['a,b', ...table.map((row) => row.map(quoted).join(','))].join('\n')

      const rows = read(content, {}, portion)

      let line = 2
      for (const [index, [a, b]] of table.entries()) {
        assert.deepEqual(rows[index], { line, data: { a, b } })
        line += 1 + (a + b).split('\n').length - 1
      }
      assert.equal(rows.length, table.length)
    }),
  )
})

test('passes over blank lines and takes line ends of Windows', () => {
  const rows = read('a,b\r\n\r\n1,2\r\n   \n3,4')

  assert.deepEqual(briefly(rows), [
    { a: '1', b: '2' },
    { a: '3', b: '4' },
  ])
  assert.deepEqual(
    rows.map(({ line }) => line),
    [3, 5],
  )
})

test('a quote that is never closed costs its own line and no other', () => {
  const rows = read('a,b\n1,2\n3,"4\n5,6\n7,8\n')

  assert.deepEqual(briefly(rows), [
    { a: '1', b: '2' },
    '3: not CSV: a quote is not closed',
    { a: '5', b: '6' },
    { a: '7', b: '8' },
  ])
})

test('a quote inside a value costs its own line and no other', () => {
  const rows = read('a,b\n1,5" disk\n3,4\n5,6" disk\n7,8\n')

  assert.deepEqual(briefly(rows), [
    '2: not CSV: a quote stands in the middle of a value',
    { a: '3', b: '4' },
    '4: not CSV: a quote is not closed',
    { a: '7', b: '8' },
  ])
})

test('a row with too few or too many values is a fault', () => {
  const rows = read('a,b\n1\n1,2,3\n1,2\n')

  assert.deepEqual(briefly(rows), [
    '2: 1 values, and the header names 2 columns',
    '3: 3 values, and the header names 2 columns',
    { a: '1', b: '2' },
  ])
})

test('bytes that are not UTF-8 are a fault, and the rest is read', () => {
  const rows = read(Buffer.concat([bytesOf('a,b\n1,'), Buffer.from([0xff]), bytesOf('\n3,4\n')]))

  assert.deepEqual(briefly(rows), ['2: not UTF-8', { a: '3', b: '4' }])
})

test('a row longer than the limit is a fault, on one line or on many', () => {
  const rows = read(`a,b\n${'x'.repeat(50)},1\n2,"${'y\n'.repeat(20)}"\n3,4\n`, { lineBytesMax: 30 })

  const [first, second] = rows
  assert.deepEqual([first?.line, first?.fault], [2, 'longer than 30 bytes'])
  assert.deepEqual([second?.line, second?.fault], [3, 'not CSV: a quote is not closed'])
  assert.deepEqual(briefly(rows.slice(-1)), [{ a: '3', b: '4' }])
})

test('turns columns into their declared types, leaves empty ones out, and says which value does not fit without repeating it', () => {
  const rows = read('n,b,j,t\n1.5,TRUE,"{""x"":[1]}",7\n,,,\nsecret,true,1,x\n', {
    types: { n: 'number', b: 'boolean', j: 'json' },
  })

  assert.deepEqual(briefly(rows), [
    { n: 1.5, b: true, j: { x: [1] }, t: '7' },
    { t: '' },
    '4: n: expected number, found text',
  ])
})

test('refuses a header that names a column twice or lacks one that has a type', () => {
  const isUnreadable = (error: unknown): boolean => isMetrobusError(error, 'MB_INPUT_UNREADABLE')

  assert.throws(() => read('a,b,a\n1,2,3\n'), isUnreadable)
  assert.throws(() => read('a,b\n1,2\n', { types: { c: 'number' } }), isUnreadable)
})

test('never says that a row was read whose end has not come', () => {
  const format = new CsvFormat({ name: 'test.csv', lineBytesMax: 1000 })
  const splitter = new LineSplitter({ lineBytesMax: 1000, offset: 0, lines: 0 })

  const first = format.read(splitter.push(bytesOf('a,b\n1,2\n3,"4\n')), false)
  const second = format.read(splitter.push(bytesOf('5"\n')), false)

  assert.deepEqual([first.lines, first.end], [2, 8])
  assert.deepEqual([second.lines, second.end, second.rows], [4, 16, [{ line: 3, data: { a: '3', b: '4\n5' } }]])
})

test('a quote that never closes costs its line, and gives the others back a portion at a time', () => {
  const count = 25_000
  const rows = read(`a,b\n"open\n${'x,1\n'.repeat(count)}`, { lineBytesMax: 1024 * 1024 }, 1000)

  assert.equal(rows.length, count + 1)
  assert.deepEqual(rows[0], { line: 2, fault: 'not CSV: a quote is not closed' })
  assert.deepEqual(rows.at(-1), { line: count + 2, data: { a: 'x', b: '1' } })
})
