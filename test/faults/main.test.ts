/** The runner itself, on rows made for it: what is broken, missing or dead is red, and never passes by not running. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { missingCases, pageOf, readReport } from './report.ts'
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

/** Runs a portion of tier N with a report of its own, and answers what stands in it. */
function portion(
  row: string,
  ...args: readonly string[]
): { readonly report: readonly ReportedRun[]; readonly said: string } {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-portion-'))
  try {
    const words = ['--tier', 'N', '--resume', '--report', dir, '--row', row, '--minutes', '0.05', '--grace-ms', '200']
    const { status, stderr } = run(...words, ...args)
    assert.equal(status, 0, stderr)
    return { report: readReport(join(dir, 'report.json')), said: stderr }
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('a portion ends when its time is over, also in a row that never waits, and what it did counts', () => {
  const { report } = portion('J1', '--cases', '1000000000')

  assert.deepEqual(
    report.map(({ isWhole, cases }) => [isWhole, cases > 0]),
    [[false, true]],
  )
})

test('a case that goes on when the time is over is cut off, and those before it count', () => {
  const { report } = portion('J3')

  assert.deepEqual(
    report.map(({ cases, violations }) => [cases, violations]),
    [[2, 0]],
  )
})

test('a row whose case does not fit in what is left of the time is not begun', () => {
  const { report, said } = portion('J6')

  assert.deepEqual(report, [])
  assert.match(said, /^ℹ pass 0\nℹ fail 0$/m)
})

test('a portion draws a seed of its own', () => {
  const { status, stderr } = run('--tier', 'N', '--resume', '--seed', '7')
  assert.equal(status, 1)
  assert.match(stderr, /--resume draws a seed of its own/)
})

test('the runs of another report are added once', () => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-merge-'))
  try {
    const other = join(dir, 'other.json')
    writeFileSync(join(dir, 'report.json'), JSON.stringify([reported]))
    writeFileSync(other, JSON.stringify([reported, { ...reported, seed: 8, cases: 600 }]))
    for (let time = 0; time < 2; time++) assert.equal(run('--report', dir, '--merge', other).status, 0)

    assert.deepEqual(
      readReport(join(dir, 'report.json')).map(({ seed }) => seed),
      [7, 8],
    )
    assert.match(readFileSync(join(dir, 'fault-report.md'), 'utf8'), /\| J13 \| two processes \| 1,000, /)
  } finally {
    rmSync(dir, { recursive: true })
  }
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

test('a sweep that was cut short is not shown as a whole one', () => {
  const cut = { ...reported, row: 'J8', isWhole: false }
  assert.match(pageOf([cut]), /\| 400, not to its end, 1,000 events \| a whole sweep \|/)
  assert.match(pageOf([cut, { ...cut, isWhole: true }]), /\| 800, 2,000 events \| a whole sweep \|/)
})

test('the page adds the runs of a row up, and keeps each with its seed and commit', () => {
  const page = pageOf([reported, { ...reported, cases: 50, violations: 2, seed: 8, commit: 'def5678' }])

  assert.match(page, /\| J13 \| two processes \| 450, 2,000 events \| 1,000 \| 2 \|/)
  assert.match(page, /\| J13 \| 50 \| 2 \| 8 \| `def5678` \| 2026-01-01 \| 12 \|/)
  assert.match(page, /- J13: a race takes 3 ms/)
})
