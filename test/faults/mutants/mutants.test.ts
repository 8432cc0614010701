import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { mutants } from './all.ts'
import { smallBounds } from './bounds.ts'
import { hunt } from './hunt.ts'
import { edit } from './mutant.ts'
import type { Mutant } from './mutant.ts'

const some: Mutant = {
  name: 'some',
  breaks: 'Nothing.',
  file: 'a.ts',
  find: 'b',
  replace: 'c',
  hunt: { sweep: 'J10', seed: 1, cases: 1 },
}

test('every mutant and every small bound fits the source of today', () => {
  for (const mutant of [...mutants, ...smallBounds]) {
    const path = new URL(`../../../${mutant.file}`, import.meta.url)
    assert.notEqual(edit(readFileSync(path, 'utf8'), mutant), readFileSync(path, 'utf8'), mutant.name)
  }
})

test('mutants have names of their own', () => {
  assert.deepEqual(
    mutants.map(({ name }) => name).filter((name, index, names) => names.indexOf(name) !== index),
    [],
  )
})

test('a mutant whose text is gone, or stands there twice, is not passed over', () => {
  assert.equal(edit('a b', some), 'a c')
  assert.throws(() => edit('a', some), /"some" does not fit any more: its text stands 0 times in a.ts/)
  assert.throws(() => edit('b b', some), /stands 2 times/)
})

test('a sweep that cannot run, or never loads what is mutated, proves nothing', async () => {
  const [first] = mutants
  const unknown = await hunt(first, { sweep: 'J0', seed: 1, cases: 1 })
  assert.match(unknown.error ?? '', /Cannot find module/)
  const { error, violation } = await hunt(first, { sweep: 'src/runtime/ack-set.test.ts', seed: 1 })
  assert.equal(violation, undefined)
  assert.equal(error, `it never loaded ${first!.file}`)
})
