import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'node:test'
import type { TestContext } from 'node:test'
import { SeededRandom, chooseSeed } from '../../testing/index.ts'
import { absorb, storeCasesFor } from '../conformance.ts'
import { sqlite } from './index.ts'

const seed = chooseSeed()

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-sqlite-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return dir
}

for (const { name, run } of storeCasesFor(sqlite({ dir: 'unused' })))
  test(`sqlite: ${name} (seed ${seed})`, (t) => {
    const dir = folder(t)
    const random = new SeededRandom(seed)
    return run({ make: () => sqlite({ dir }), random: () => random.next() })
  })

const open = async (dir: string) => {
  const engine = sqlite({ dir })
  await engine.open('app')
  return { engine, table: engine.table('orders', 0, { expires: false }) }
}

test('a file that is no database is replaced by a new one', async (t) => {
  const dir = folder(t)
  writeFileSync(
    join(dir, 'app.sqlite'),
    'this is not a database, and long enough to be looked at by anybody'.repeat(100),
  )
  const { engine, table } = await open(dir)
  assert.deepEqual(table.position, { offset: 0, mark: '' })
  await engine.close()
})

test('a file of another layout is replaced by a new one', async (t) => {
  const dir = folder(t)
  const other = new DatabaseSync(join(dir, 'app.sqlite'))
  other.exec('CREATE TABLE rows (other TEXT); PRAGMA user_version = 99')
  other.close()
  const { engine, table } = await open(dir)
  absorb(engine, table, [['a', 1]])
  assert.equal(table.get('a')?.value, 1)
  await engine.close()
})

test('damage that is met while the app runs ends the engine, and the next start begins anew', async (t) => {
  const dir = folder(t)
  const first = await open(dir)
  for (let n = 0; n < 200; n++) absorb(first.engine, first.table, [[`key-${n}`, 'x'.repeat(5_000)]])
  await first.engine.close()
  const file = openSync(join(dir, 'app.sqlite'), 'r+')
  writeSync(file, Buffer.alloc(900_000, 0xff), 0, 900_000, 40_960)
  closeSync(file)
  const second = await open(dir)
  assert.throws(() => second.table.range({ prefix: '', after: '', limit: 1_000 }), {
    code: 'MB_STORE_FAILED',
    family: 'stop',
  })
  assert.throws(() => second.table.get('key-1'), { code: 'MB_STORE_FAILED' })
  assert.deepEqual(readdirSync(dir), [])
  const third = await open(dir)
  assert.equal(third.table.position.offset, 0)
  await third.engine.close()
})

test('damage that is met when a table is asked for ends the engine, and the next start begins anew', async (t) => {
  const dir = folder(t)
  const first = await open(dir)
  absorb(first.engine, first.table, [['a', 1]])
  await first.engine.close()
  // The second page: it says how far each table has come.
  const file = openSync(join(dir, 'app.sqlite'), 'r+')
  writeSync(file, Buffer.alloc(4_096, 0xff), 0, 4_096, 4_096)
  closeSync(file)
  await assert.rejects(open(dir), { code: 'MB_STORE_FAILED', family: 'stop' })
  assert.deepEqual(readdirSync(dir), [])
  const third = await open(dir)
  assert.equal(third.table.position.offset, 0)
  await third.engine.close()
})

test('a file that another one has open is refused', async (t) => {
  const dir = folder(t)
  const { engine } = await open(dir)
  await assert.rejects(open(dir), { code: 'MB_STORE_FAILED' })
  await engine.close()
})

test('a folder that is not given is refused', () => {
  assert.throws(() => sqlite({ dir: '' }), { code: 'MB_BAD_OPTIONS' })
})
