/** The runner itself, on rows made for it: what is broken, missing or dead is red, and never passes by not running. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missingCases, pageOf } from './report.ts'
import type { ReportedRun } from './report.ts'

const program = fileURLToPath(new URL('main.ts', import.meta.url))
const rows = new URL('sample-rows/', import.meta.url).href

interface Line {
  readonly row: string
  readonly cases: number
  readonly violations: number
  readonly seed: number
  readonly notes?: readonly string[]
  readonly errors?: readonly string[]
}

function run(...args: readonly string[]): {
  readonly status: number | null
  readonly lines: readonly Line[]
  readonly stderr: string
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--rows', rows, '--json', ...args], {
    encoding: 'utf8',
  })
  const lines = stdout.split('\n').filter((line) => line !== '')
  return { status, lines: lines.map((line) => JSON.parse(line) as Line), stderr }
}

test('a clean row does as many cases as are wanted, each once, however many processes share them', () => {
  const alone = run('--row', 'J2', '--seed', '7', '--cases', '9', '--jobs', '1')
  const shared = run('--row', 'J2', '--seed', '7', '--cases', '9', '--jobs', '2')

  assert.equal(alone.status, 0, alone.stderr)
  assert.deepEqual([alone.lines[0]?.cases, alone.lines[0]?.violations, alone.lines[0]?.seed], [9, 0, 7])
  assert.equal(shared.lines[0]?.cases, 9)
  assert.deepEqual(shared.lines[0]?.notes?.toSorted(), alone.lines[0]?.notes?.toSorted())
  assert.equal(new Set(alone.lines[0]?.notes).size, 9)
  assert.match(alone.stderr, /^ℹ pass 1\nℹ fail 0$/m)
})

test('one case is done again by its number, and is the same one', () => {
  const all = run('--row', 'J2', '--seed', '7', '--cases', '5')
  const again = run('--row', 'J2', '--seed', '7', '--case', '4')

  assert.equal(again.lines[0]?.cases, 1)
  const [note] = again.lines[0]?.notes ?? []
  assert.match(note ?? '', /^case 4 seed /)
  assert.ok(all.lines[0]?.notes?.includes(note!))
})

test('a broken promise ends with 1, and says how to break it again', () => {
  const { status, lines, stderr } = run('--row', 'J4', '--seed', '7', '--cases', '5')

  assert.equal(status, 1)
  assert.deepEqual([lines[0]?.cases, lines[0]?.violations], [5, 1])
  assert.match(stderr, /an event is lost/)
  assert.match(stderr, /npm run -s faults -- --tier P --row J4 --seed 7 --case 3$/m)
  assert.match(stderr, /^ℹ pass 0\nℹ fail 1$/m)
})

for (const [row, reason] of [
  ['J5', /breaker is missing: apt-get install breaker-utils/],
  ['J8', /its process ended early \(SIGABRT\)/],
  ['J10', /it did no case/],
] as const)
  test(`a row that cannot run is red: ${reason.source}`, () => {
    const { status, lines, stderr } = run('--row', row, '--cases', '5')

    assert.equal(status, 1)
    assert.match(lines[0]?.errors?.[0] ?? '', reason)
    assert.match(stderr, reason)
    assert.match(stderr, /^ℹ pass 0\nℹ fail 1$/m)
  })

test('a row that nobody knows is refused', () => {
  const { status, stderr } = run('--row', 'Q9')
  assert.equal(status, 1)
  assert.match(stderr, /There is no row Q9; there are /)
})

const reported: ReportedRun = {
  row: 'J13',
  title: 'two processes',
  cases: 400,
  violations: 0,
  seed: 7,
  commit: 'abc1234',
  date: '2026-01-01',
  seconds: 12.4,
  isWhole: true,
  notes: ['a race takes 3 ms'],
  counts: { events: 1000 },
}

test('what the report lacks is the rest of the aim, and runs that found something do not count', () => {
  assert.equal(missingCases('J13', []), 1000)
  assert.equal(missingCases('J13', [reported, { ...reported, cases: 100 }]), 500)
  assert.equal(missingCases('J13', [{ ...reported, violations: 1 }]), 1000)
  assert.equal(missingCases('J8', [{ ...reported, row: 'J8', isWhole: false }]), Infinity)
  assert.equal(missingCases('J8', [{ ...reported, row: 'J8' }]), 0)
})

test('the page adds the runs of a row up, and keeps each with its seed and commit', () => {
  const page = pageOf([reported, { ...reported, cases: 50, violations: 2, seed: 8, commit: 'def5678' }])

  assert.match(page, /\| J13 \| two processes \| 450, 2,000 events \| 1,000 \| 2 \|/)
  assert.match(page, /\| J13 \| 50 \| 2 \| 8 \| `def5678` \| 2026-01-01 \| 12 \|/)
  assert.match(page, /- J13: a race takes 3 ms/)
})
