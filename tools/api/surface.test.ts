/** The snapshot must change when the interface changes, and only then. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { surfaceOf } from './surface.ts'

const surface = (files: Readonly<Record<string, string>>): string => {
  const dist = mkdtempSync(join(tmpdir(), 'metrobus-surface-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dist, name)), { recursive: true })
      writeFileSync(join(dist, name), text)
    }
    return surfaceOf(join(dist, 'index.d.ts'), dist)
  } finally {
    rmSync(dist, { recursive: true })
  }
}

test('shows a declaration of the entry itself, all overloads of it', () => {
  const text = surface({
    'index.d.ts': 'export declare function stop(name: string): void;\nexport declare function stop(name: 1): void;\n',
  })
  assert.equal(
    text,
    '// stop from index.d.ts\ndeclare function stop(name: string): void;\ndeclare function stop(name: 1): void;',
  )
})

test('follows re-exports, imports that are exported again, and new names', () => {
  const text = surface({
    'index.d.ts': "import { type B } from './b/b.js';\nexport { a as first } from './a.js';\nexport { type B };\n",
    'a.d.ts': 'declare const a: 1;\nexport { a };\n',
    'b/b.d.ts': 'export interface B { readonly b: 1 }\n',
  })
  assert.equal(
    text,
    '// B from b/b.d.ts\ninterface B { readonly b: 1 }\n\n' +
      '// first (declared as a) from a.d.ts\ndeclare const a: 1;',
  )
})

test('shows what an exported declaration names, to the last', () => {
  const text = surface({
    'index.d.ts': "import type { O } from './o.js';\nexport declare const run: (o: O) => void;\n",
    'o.d.ts':
      "export interface O extends P { readonly q: import('./q.js').Q }\ninterface P { p: Set<R[]> }\n" +
      "declare class R implements S {}\ninterface S { t: typeof t }\ndeclare const t: 'T';\n" +
      'interface NotNamed { never: 1 }\n',
    'q.d.ts': "export type Q = 'q';\n",
  })
  for (const name of ['O', 'P', 'Q', 'R', 'S', 't'])
    assert.match(text, new RegExp(`// named by the above\n// ${name} from`))
  assert.doesNotMatch(text, /NotNamed/)
})

test('names what is of another package, and does not follow it', () => {
  const text = surface({
    'index.d.ts': "import { B } from 'b';\nexport { A } from 'a';\nexport declare const b: B;\n",
  })
  assert.equal(text, '// A is of another package\n\n// b from index.d.ts\ndeclare const b: B;')
})

test('does not change with a comment', () => {
  const plain = surface({ 'index.d.ts': 'export interface A {\n    a: 1;\n    b: 2;\n}\n' })
  const told = surface({
    'index.d.ts': '/** Why. */\nexport interface A {\n    /** What. */\n    a: 1;\n    b: 2;\n}\n',
  })
  assert.equal(told, plain)
})

test('changes with a member', () => {
  const one = surface({ 'index.d.ts': 'export interface A { a: 1 }\n' })
  const two = surface({ 'index.d.ts': 'export interface A { a: 1; b?: 2 }\n' })
  assert.notEqual(one, two)
})

test('refuses what it would leave out', () => {
  assert.throws(() => surface({ 'index.d.ts': "export * from './a.js';\n" }), /export \*/)
  assert.throws(() => surface({ 'index.d.ts': 'export { a };\n' }), /a is exported and not found/)
})
