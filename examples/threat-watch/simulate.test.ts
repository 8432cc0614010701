import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const beside = (file: string): string => join(import.meta.dirname, file)

test('the system stands crashes, redeliveries, delays, overlaps, take-overs and restarts', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [beside('simulate.ts'), '20'])

  assert.equal(stdout, readFileSync(beside('simulate.expected-output.txt'), 'utf8'))
})
