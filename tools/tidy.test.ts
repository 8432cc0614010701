/** Every rule is shown a sample that it must flag and one that it must not; then all of them judge the tree. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { print, readTree, rules, tidy } from './tidy.ts'
import { areaOf, entriesOf } from './tidy/imports.ts'
import { parse } from './tidy/source.ts'
import type { Tree } from './tidy/source.ts'

type Files = Readonly<Record<string, string>>

interface Sample {
  readonly what: string
  readonly bad: Files
  readonly good: Files
  readonly given?: Partial<Tree>
}

const lines = (count: number): string => 'let line\n'.repeat(count)
const platform = 'src/internal/platform/clock.ts'

/** A file that breaks its rule once, and its neighbour that does not. */
const samples: Readonly<Record<string, readonly Sample[]>> = {
  direction: [
    {
      what: 'an import against the direction',
      bad: { 'src/event/event.ts': "import { stop } from '../stop/stop.ts'" },
      good: { 'src/stop/stop.ts': "import { event } from '../event/event.ts'" },
    },
    {
      what: 'a type against the direction',
      bad: { 'src/journal/log.ts': "import type { Bus } from '../bus/bus.ts'" },
      good: { 'src/bus/embedded/log.ts': "import type { Log } from '../../journal/log.ts'" },
    },
    {
      what: 'an import type against the direction',
      bad: { 'src/event/event.ts': "export type S = import('../stop/stop.ts').S" },
      good: { 'src/stop/stop.ts': "export type E = import('../event/event.ts').E" },
    },
    {
      what: 'a re-export against the direction',
      bad: { 'src/runtime/run.ts': "export { a } from '../admin/a.ts'" },
      good: { 'src/cli/run.ts': "export { a } from '../admin/a.ts'" },
    },
    {
      what: 'an import of what may only be loaded when it is needed',
      bad: { 'src/runtime/run.ts': "import { a } from '../admin/a.ts'" },
      good: { 'src/runtime/run.ts': "export const a = import('../admin/a.ts')" },
    },
    {
      what: 'a lazy import against the direction',
      bad: { 'src/event/run.ts': "export const a = import('../admin/a.ts')" },
      good: { 'src/cli/run.ts': "export const a = import('../admin/a.ts')" },
    },
    {
      what: 'an adapter that knows another',
      bad: { 'src/bus/memory/bus.ts': "import '../embedded/bus.ts'" },
      good: { 'src/bus/memory/bus.ts': "import '../bus.ts'" },
    },
    {
      what: 'a port that knows its adapter',
      bad: { 'src/bus/index.ts': "import './memory/bus.ts'" },
      good: { 'src/bus/index.ts': "import './conformance/order.ts'" },
    },
    {
      what: 'an adapter that knows the journal',
      bad: { 'src/bus/memory/bus.ts': "import '../../journal/log.ts'" },
      good: { 'src/bus/embedded/bus.ts': "import '../../journal/log.ts'" },
    },
    {
      what: 'code that knows the test kit',
      bad: { 'src/stop/stop.ts': "import '../testing/index.ts'" },
      good: { 'src/stop/stop.test.ts': "import '../testing/index.ts'" },
    },
    {
      what: 'the main entry that knows the admin API',
      bad: { 'src/index.ts': "export { a } from './admin/index.ts'" },
      good: { 'src/index.ts': "export { a } from './runtime/index.ts'" },
    },
    {
      what: 'an import from outside src',
      bad: { 'src/cli/main.ts': "import '../../tools/tidy.ts'" },
      good: { 'tools/other.ts': "import '../src/cli/main.ts'" },
    },
    {
      what: 'an area that is not in the table',
      bad: { 'src/utils/strings.ts': 'export {}' },
      good: { 'src/internal/strings.ts': 'export {}' },
    },
  ],
  packages: [
    {
      what: 'a package outside its area',
      bad: { 'src/runtime/run.ts': "import { Hono } from 'hono'" },
      good: { 'src/admin/api.ts': "import { Hono } from 'hono/tiny'" },
    },
    {
      what: 'a package that nobody may import',
      bad: { 'src/cli/main.ts': "import { z } from 'zod'" },
      good: { 'src/cli/main.test.ts': "import { z } from 'zod'" },
    },
    {
      what: 'a scoped package, lazily',
      bad: { 'src/stop/a.ts': "export const a = import('@hono/node-server/serve-static')" },
      good: { 'src/admin/a.ts': "export const a = import('@hono/node-server/serve-static')" },
    },
  ],
  determinism: [
    ...[
      'Date.now()',
      'new Date()',
      'Date()',
      'globalThis.Date.now()',
      "Date['now']()",
      'Math.random()',
      'const { a = Math.random() } = b',
      'setTimeout(run, 1)',
      'globalThis.setTimeout(run, 1)',
      'const later = setInterval',
      'setImmediate(run)',
      'const { now } = performance',
      'performance.now()',
      'process.hrtime.bigint()',
      'crypto.randomUUID()',
      'AbortSignal.timeout(1)',
      "fetch('http://metrobus.example')",
      "import { randomUUID } from 'node:crypto'",
      "import { readFileSync } from 'node:fs'",
      "import { open } from 'node:fs/promises'",
      "import { connect } from 'node:net'",
      "import { type Server, createServer } from 'node:http'",
      "const threads = import('node:worker_threads')",
    ].map((text) => ({
      what: text,
      bad: { 'src/runtime/run.ts': text },
      good: { [platform]: text, 'src/cli/run.ts': text, 'test/process/kill.test.ts': text },
    })),
    {
      what: 'a sleep in a test; but a test may open files',
      bad: { 'src/journal/log.test.ts': 'setTimeout(run, 1)' },
      good: { 'src/journal/log.test.ts': "import { mkdtempSync } from 'node:fs'" },
    },
    {
      what: 'the global; not what is given under its name',
      bad: { 'src/runtime/run.ts': 'setTimeout(run, 1); clock.now()' },
      good: {
        'src/runtime/run.ts':
          'const run = ({ setTimeout }: Timers) => setTimeout(go, 1); clock.setTimeout(go)\n' +
          'new Date(0); const timers = { setTimeout: 1 }; queueMicrotask(go); type T = typeof setTimeout',
        'src/runtime/hash.ts': "import { createHash } from 'node:crypto'",
        'src/runtime/server.ts': "import type { Server } from 'node:http'\ntype Socket = import('node:net').Socket",
        'src/runtime/comment.ts': "// Date.now() is banned\nconst text = 'Math.random()'",
      },
    },
  ],
  'coded errors': [
    {
      what: 'a bare error; a handler in a test may throw one',
      bad: { 'src/stop/a.ts': "throw new Error('no')" },
      good: {
        'src/stop/a.ts': "throw coded('MB_NO_OUTCOME', { stop })",
        'src/stop/a.test.ts': "throw new Error('no')",
        'src/errors/error.ts': 'class MetrobusError extends Error {}',
      },
    },
    {
      what: 'a bare TypeError',
      bad: { 'src/testing/a.ts': "throw TypeError('no')" },
      good: { 'tools/a.ts': "throw TypeError('no')" },
    },
  ],
  exports: [
    {
      what: 'export *',
      bad: { 'src/index.ts': "export * from './stop/index.ts'" },
      good: { 'src/index.ts': "export { stop } from './stop/index.ts'" },
    },
    {
      what: 'a default export; an app module has one',
      bad: { 'src/cli/main.ts': 'export default 1' },
      good: { 'examples/01-hello/app.ts': 'export default 1' },
    },
  ],
  dead: [
    {
      what: 'a file that only its test reaches',
      given: { entries: ['src/index.ts'] },
      bad: { 'src/index.ts': '', 'src/a.ts': '', 'src/a.test.ts': "import './a.ts'" },
      good: { 'src/index.ts': "import './a.ts'", 'src/a.ts': "import('./b.ts')", 'src/b.ts': '' },
    },
    {
      what: 'a file that no worker is started from',
      given: { entries: ['src/index.ts'] },
      bad: { 'src/index.ts': "new URL('./other.js', import.meta.url)", 'src/worker.ts': '' },
      good: { 'src/index.ts': "new URL('./worker.js', import.meta.url)", 'src/worker.ts': '' },
    },
  ],
  lengths: [
    {
      what: 'a long file; a codec is exempt',
      bad: { 'src/stop/a.ts': lines(401) },
      good: {
        'src/stop/a.ts': lines(400),
        'src/journal/frame-codec.ts': lines(401),
        'src/bus/kafka/codec/fetch.ts': lines(401),
        'src/stop/a.test.ts': lines(1000),
      },
    },
    {
      what: 'a long test file',
      bad: { 'src/stop/a.test.ts': lines(1001) },
      good: { 'src/stop/a.test.ts': lines(1000) },
    },
    {
      what: 'a long main entry',
      bad: { 'src/index.ts': lines(100) },
      good: { 'src/index.ts': lines(99), 'src/stop/index.ts': lines(100) },
    },
    {
      what: 'a long function; nested ones answer for themselves',
      bad: { 'src/stop/a.ts': `function a() {\n${lines(69)}}` },
      good: {
        'src/stop/a.ts': `function a() {\n${lines(68)}}`,
        'src/stop/b.ts': `const a = () => {\n${lines(60)}return () => {\n${lines(60)}}\n}`,
        'src/stop/b-codec.ts': `function a() {\n${lines(80)}}`,
        'src/stop/c.ts': `class A { a() {\n${lines(60)}}\nb() {\n${lines(60)}} }`,
      },
    },
    {
      what: 'a long nested function, once',
      bad: { 'src/stop/a.ts': `const a = () => {\nreturn () => {\n${lines(69)}}\n}` },
      good: { 'src/stop/a.ts': `const a = () => {\nreturn () => {\n${lines(68)}}\n}` },
    },
  ],
  'file names': [
    {
      what: 'a name in camel case',
      bad: { 'src/stop/retryPolicy.ts': '' },
      good: { 'src/stop/retry-policy.test.ts': '' },
    },
    {
      what: 'a folder with an underscore',
      bad: { 'examples/my_app/main.ts': '' },
      good: { 'examples/01-hello/main.ts': '' },
    },
  ],
  todos: [
    {
      what: 'a promise without a version',
      bad: { 'src/stop/a.ts': '// TODO: later' },
      good: { 'src/stop/a.ts': "// TODO(v0.3): drop the old name\nconst a = 'TODO'" },
    },
    {
      what: 'a promise whose version has come',
      given: { version: '0.3.0' },
      bad: { 'tools/a.ts': '/* TODO(v0.3): drop it */' },
      good: { 'tools/a.ts': '/* TODO(v0.3.1): drop it */' },
    },
    {
      what: 'a promise by another name',
      bad: { 'src/stop/a.ts': '// FIXME(v9.0): later' },
      good: { 'src/stop/a.ts': '// fixed for good' },
    },
  ],
  reasons: [
    {
      what: 'a check switched off in silence',
      bad: { 'src/stop/a.ts': '/* node:coverage ignore next */' },
      good: { 'src/stop/a.ts': '/* node:coverage ignore next -- only on Windows */' },
    },
    {
      what: 'a linter switched off in silence',
      bad: { 'test/a.ts': '// oxlint-disable-next-line no-new' },
      good: { 'test/a.ts': '// oxlint-disable-next-line no-new -- it registers itself' },
    },
    {
      what: 'a compiler error expected in silence',
      bad: { 'test/a.ts': '// @ts-expect-error' },
      good: { 'test/a.ts': '// @ts-expect-error: a stop needs a name' },
    },
  ],
  skips: [
    ...[
      "test.skip('a', () => {})",
      "test.skip('a reason?', 'no')",
      "describe.only('a', () => {})",
      "test('a', { skip: true }, () => {})",
      "test('a', { only: true }, () => {})",
      "test('a', { todo: '' }, () => {})",
      "t.test('a', { skip: slow }, () => {})",
      "test('a', { skip: slow ? true : false }, () => {})",
      't.skip()',
    ].map((text) => ({
      what: text,
      bad: { 'src/stop/a.test.ts': text },
      good: {
        'src/stop/a.test.ts':
          "test('a', { skip: 'no such disk' }, () => {}); test('b', { skip: false }, () => {})\n" +
          "test('c', { skip: windows ? 'no signals' : false }, (t) => t.skip('too late'))\n" +
          "test('d', { skip: windows && 'no signals' }, () => { list.skip(2) })",
      },
    })),
    {
      what: 'a skip with a reason in CI; a condition is judged when it runs',
      given: { ci: true },
      bad: { 'src/stop/a.test.ts': "test('a', { skip: 'no such disk' }, () => {})" },
      good: { 'src/stop/a.test.ts': "test('a', { skip: windows && 'no signals' }, () => {})" },
    },
  ],
  synonyms: [
    {
      what: 'a second word for a thing',
      bad: { 'src/runtime/a.ts': '// Sent to the dead-letter queue.' },
      good: { 'src/runtime/a.ts': '// Kept as a dead letter.' },
    },
  ],
  'machine paths': [
    {
      what: 'a path of one machine',
      bad: { 'tools/a.ts': `const a = '${['', 'home', 'ann', 'a.txt'].join('/')}'` },
      good: { 'tools/a.ts': "const a = './work/a.txt' + 'https://metrobus.example/home/a'" },
    },
  ],
}

const treeOf = (files: Files, given: Partial<Tree> = {}): Tree => ({
  sources: Object.entries(files).map(([path, text]) => parse(path, text)),
  entries: Object.keys(files),
  version: '0.1.0',
  ci: false,
  ...given,
})

for (const rule of rules) {
  suite(`tidy, ${rule.name}`, () => {
    const own = samples[rule.name] ?? []

    test('has a sample', () => {
      assert.notEqual(own.length, 0)
    })

    for (const { what, bad, good, given } of own) {
      test(`flags: ${what}`, () => {
        const findings = [...rule.check(treeOf(bad, given))]
        assert.equal(findings.length, 1, JSON.stringify(findings))
      })

      test(`lets pass what is beside: ${what}`, () => {
        assert.deepEqual([...rule.check(treeOf(good, given))], [])
      })
    }
  })
}

test('a finding names the line', () => {
  const tree = treeOf({ 'src/stop/a.ts': 'const a = 1\n\nMath.random()\n' })
  assert.deepEqual(
    tidy(tree).map(({ line }) => line),
    [3],
  )
})

test('an adapter is an area of its own, what lies beside its port is not', () => {
  assert.equal(areaOf('src/bus/kafka/driver/fetcher.ts'), 'bus/kafka')
  assert.equal(areaOf('src/bus/bus.ts'), 'bus')
  assert.equal(areaOf('src/bus/conformance/order.ts'), 'bus')
  assert.equal(areaOf('src/runtime/parking/table.ts'), 'runtime')
  assert.equal(areaOf('src/index.ts'), 'index.ts')
  assert.equal(areaOf('src/index.test.ts'), 'index.ts')
})

test('an entry of the package is its source file', () => {
  const target = { types: './dist/bus/index.d.ts', default: './dist/bus/index.js' }
  const entries = entriesOf({
    exports: { './bus': target },
    bin: { metrobus: './dist/cli/main.js' },
  })
  assert.deepEqual(entries, ['src/bus/index.ts', 'src/cli/main.ts'])
})

test('the repository is tidy', () => {
  const findings = tidy(readTree(join(import.meta.dirname, '..')))
  assert.equal(findings.length, 0, `\n${findings.map(print).join('\n')}`)
})
