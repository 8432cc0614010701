/** What the compiler, the linter and the formatter find is a failing test, so that one command says everything. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')

const passes = (packageName: string, bin: string, ...args: string[]): void => {
  const file = join(root, 'node_modules', packageName, 'bin', bin)
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [file, ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  assert.ifError(error)
  assert.equal(status, 0, `${stdout}${stderr}`)
}

test('every file compiles', () => {
  passes('typescript', 'tsc', '-p', 'tsconfig.json')
})

test('src compiles as the package, each file on its own', () => {
  passes('typescript', 'tsc', '-p', 'tsconfig.build.json', '--noEmit')
})

test('the linter finds nothing', () => {
  passes('oxlint', 'oxlint')
})

test('every file is formatted', () => {
  passes('oxfmt', 'oxfmt', '--check')
})
