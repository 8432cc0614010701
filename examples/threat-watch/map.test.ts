import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

test('the picture is that of the system as it is', async () => {
  const cli = join(import.meta.dirname, '../../src/cli/main.ts')

  const { stdout } = await promisify(execFile)(process.execPath, [cli, 'map', import.meta.dirname, '--format', 'svg'])

  assert.equal(readFileSync(join(import.meta.dirname, 'map.svg'), 'utf8'), stdout)
})
