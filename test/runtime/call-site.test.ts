import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import * as z from 'zod'
import { line, stop, switchStop } from '../../src/index.ts'
import { placeOf } from '../../src/stop/call-site.ts'

const Item = z.object({ id: z.string() })
const here = fileURLToPath(import.meta.url)

const keep = stop('keep', { in: Item }, () => {})
const keepAll = stop.batch('keep-all', { in: Item }, (items) => items.map(() => undefined))
const choose = switchStop('choose', { in: Item, lines: { other: line('other').to(keep) } }, () => 'other')

test('a stop knows the file and line where it was declared, however it is made', () => {
  assert.deepEqual(
    [keep, keepAll, choose].map(({ declaredAt }) => placeOf(declaredAt!)),
    [11, 12, 13].map((line) => ({ file: here, line })),
  )
})

test('code without frames of its own has no place', () => {
  assert.equal(placeOf({}), undefined)
  assert.equal(placeOf({ stack: 'Error\n    at node:internal/modules/run_main:1:1' }), undefined)
})
