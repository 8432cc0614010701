import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { exitCode } from '../src/cli/exit-code.ts'
import { cliPage, cliPagePath } from './cli-page.ts'

test('the page of the command line says what the command tree says, no less and no more', async () => {
  assert.equal(readFileSync(cliPagePath, 'utf8'), await cliPage(), 'run `npm run docs`')
})

test('every exit code is on the page', async () => {
  const page = await cliPage()

  for (const code of Object.values(exitCode))
    assert.match(page, new RegExp(`\\| (?:\\d+, )?${code}(?:, \\d+)? \\|`), String(code))
})
