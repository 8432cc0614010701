/** Every example runs by one command and prints what is written beside it. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { folder, run } from './example-program.ts'

const root = join(import.meta.dirname, '../..')
const mains = globSync('examples/*/main.ts', { cwd: root }).toSorted()

/** What takes time is no part of what is expected, nor is the width that it has in a table. */
const masked = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !/^[┌├└]/.test(line))
    .map((line) => (line.startsWith('│') ? maskedRow(line) : line))
    .join('\n')
    .replace(/in \d+\.\d\d s \(\d+ events\/s\)/, 'in * s (* events/s)')

function maskedRow(line: string): string {
  const cells = line
    .split('│')
    .slice(1, -1)
    .map((cell) => cell.trim())
  const isHead = cells[0] === 'stop'
  return cells.map((cell, column) => (column < 6 || isHead ? cell : '*')).join(' | ')
}

/** Between two headings, keys overtake each other. */
const inAnyOrder = (text: string): string[] =>
  text.split(/^(?=-- )/m).map((part) => part.trim().split('\n').sort().join('\n'))

test('there are examples, each with what it prints', () => {
  assert.ok(mains.length >= 6, mains.join(', '))
  for (const main of mains) assert.ok(existsSync(join(root, main, '../expected-output.txt')), main)
})

for (const main of mains)
  test(`${main} prints what is expected`, async (t) => {
    const { code, stdout, stderr } = await run(t, main, [], folder(t))

    assert.deepEqual([code, stderr], [0, ''])
    const expected = readFileSync(join(root, main, '../expected-output.txt'), 'utf8')
    if (main.includes('contact-campaign')) assert.equal(masked(stdout), expected)
    else assert.deepEqual(inAnyOrder(stdout), inAnyOrder(expected))
  })

test('the first example has at most 15 lines', () => {
  const lines = readFileSync(join(root, 'examples/01-hello/main.ts'), 'utf8').trimEnd().split('\n')

  assert.ok(lines.length <= 15, `${lines.length} lines`)
})
