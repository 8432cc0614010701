/** The runner of the tests must be red where a test did not run. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const runner = join(import.meta.dirname, 'test.ts')
const testing = "import { test } from 'node:test'\n"

const outcomeOf = (files: Readonly<Record<string, string>>, ...args: string[]) => ({
  in: (env: Readonly<Record<string, string>>) => {
    const cwd = mkdtempSync(join(tmpdir(), 'metrobus-runner-'))
    mkdirSync(join(cwd, 'src'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, 'src', name), text)
    // Without this a run inside a run reports to the outer one, and tests nothing.
    const { NODE_TEST_CONTEXT: _, CI: _ci, ...outer } = process.env
    const { status, stdout, stderr } = spawnSync(process.execPath, [runner, ...args], {
      cwd,
      encoding: 'utf8',
      env: { ...outer, ...env },
    })
    rmSync(cwd, { recursive: true })
    return { status, output: stdout + stderr }
  },
})

test('passes when every test passes, and ends with the counts', () => {
  const { status, output } = outcomeOf({ 'a.test.ts': `${testing}test('a', () => {})` }).in({})
  assert.equal(status, 0, output)
  assert.match(output, /pass 1\n.*fail 0\n/)
})

test('fails when a test fails', () => {
  const failing = `${testing}test('a', () => { throw new Error('no') })`
  const { status, output } = outcomeOf({ 'a.test.ts': failing }).in({})
  assert.equal(status, 1, output)
})

test('fails when a file does not load', () => {
  const { status, output } = outcomeOf({ 'a.test.ts': "import './missing.ts'" }).in({})
  assert.equal(status, 1, output)
})

test('fails when no file matches', () => {
  const { status, output } = outcomeOf({ 'a.test.ts': testing }, 'src/b').in({})
  assert.equal(status, 1, output)
  assert.match(output, /No test file below src\/b/)
})

test('fails when a file holds no test', () => {
  const { status, output } = outcomeOf({ 'a.test.ts': testing }).in({})
  assert.equal(status, 1, output)
  assert.match(output, /No test in src\/a\.test\.ts/)
})

test('fails in CI when a test was skipped, and only there', () => {
  const skipping = outcomeOf({ 'a.test.ts': `${testing}test('a', { skip: 'no disk' }, () => {})` })
  const [here, ci] = [skipping.in({}), skipping.in({ CI: 'true' })]
  assert.equal(here.status, 0, here.output)
  assert.equal(ci.status, 1, ci.output)
  assert.match(ci.output, /Skipped: a/)
})
