/** A deadline passes in a process that nothing but the handler keeps busy. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

test('a handler that waits for nothing but its signal is called back, and the process lives until then', () => {
  const program = join(import.meta.dirname, 'programs', 'heeding.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 30_000 })

  assert.equal(status, 0, stderr)
  assert.equal(stdout, 'MB_DEADLINE\n')
})
