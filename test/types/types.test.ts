/** Runs every case in `cases/`; harness.ts says how a case is written. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultsOf } from './harness.ts'

test('the types accept, refuse and cost what the cases say', () => {
  const cases = globSync('*.ts', { cwd: join(import.meta.dirname, 'cases') })
  assert.notEqual(cases.length, 0, 'there is no case in test/types/cases')
  const faults = faultsOf(cases.toSorted().map((file) => join(import.meta.dirname, 'cases', file)))
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`)
})
