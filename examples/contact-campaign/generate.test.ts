import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate } from './generate.ts'

test('the files of the example are those that its generator makes', () => {
  for (const [name, content] of Object.entries(generate()))
    assert.ok(readFileSync(join(import.meta.dirname, name)).equals(content), `${name} differs: run generate.ts`)
})
