/** The harness must be red for a case that is not as it says. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { faultsOf } from './harness.ts'

const cache = join(import.meta.dirname, '..', '..', 'node_modules', '.cache')

const faultsIn = (text: string): readonly string[] => {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'metrobus-harness-'))
  const file = join(folder, 'case.ts')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(folder, 'parts.ts'), 'export type Of<T> = T extends string ? 1 : 2\n')
  writeFileSync(file, text)
  try {
    return faultsOf([file])
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const many = Array.from({ length: 50 }, (_, at) => `export const c${at}: Of<'${at}'> = 1`).join('\n')

test('lets pass a case that compiles', () => {
  assert.deepEqual(faultsIn('export const a: number = 1'), [])
})

test('lets pass a line that is refused with the sentence', () => {
  const text = "// error: Type 'string' is not assignable\n// why\nexport const a: number = 'a'"
  assert.deepEqual(faultsIn(text), [])
})

test('flags an error that nobody expected', () => {
  const [fault, ...others] = faultsIn("\nexport const a: number = 'a'")
  assert.match(fault ?? '', /case\.ts:2 is refused with: Type 'string'/)
  assert.deepEqual(others, [])
})

test('flags a line that compiles though it must not', () => {
  const [fault] = faultsIn("// error: Type 'string' is not assignable\nexport const a = 'a'")
  assert.match(fault ?? '', /case\.ts:2 is not refused with: Type 'string'/)
})

test('flags a line that is refused with another sentence', () => {
  const faults = faultsIn("// error: A stop needs a name\nexport const a: number = 'a'")
  assert.equal(faults.length, 2)
})

test('flags a case that does not find its import', () => {
  const [fault] = faultsIn("import { a } from './missing.ts'\nexport const b = a")
  assert.match(fault ?? '', /Cannot find module/)
})

test('bounds the cost of a case beyond what it imports', () => {
  const bounded = (max: number): string =>
    `// cost: at most ${max} instantiations\nimport type { Of } from './parts.ts'\n${many}`
  assert.deepEqual(faultsIn(bounded(1000)), [])
  assert.match(faultsIn(bounded(1))[0] ?? '', /costs \d+ instantiations, more than 1/)
})
