/** What the documents say is checked: codes, links, and the program of the README. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { catalogue } from '../src/errors/catalogue.ts'
import { errorsPage, pagePath } from './errors-page.ts'
import { metricsPage, metricsPagePath } from './metrics-page.ts'

const root = join(import.meta.dirname, '..')
const pages = globSync(['*.md', '{docs,examples,src}/**/*.md'], { cwd: root })
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

test('the page of errors says what the catalogue says, no less and no more', () => {
  assert.equal(readFileSync(pagePath, 'utf8'), errorsPage(), 'run `npm run docs`')
})

test('the page of metrics says what the signals say', () => {
  assert.equal(readFileSync(metricsPagePath, 'utf8'), metricsPage(), 'run `npm run docs`')
})

test('every code that is named anywhere is in the catalogue', () => {
  const known = new Set(Object.keys(catalogue))
  const unknown = [...pages, ...globSync('{src,examples}/**/*.ts', { cwd: root })].flatMap((path) =>
    [...textOf(path).matchAll(/\bMB_[A-Z]+(?:_[A-Z]+)*\b/g)]
      .filter(([code]) => !known.has(code))
      .map(([code]) => `${path}: ${code}`),
  )
  assert.deepEqual(unknown, [])
})

test('every code of the catalogue is used', () => {
  const sources = globSync('{src,examples}/**/*.ts', { cwd: root, exclude: ['src/errors/**', '**/*.test.ts'] })
  const used = new Set(sources.flatMap((path) => textOf(path).match(/\bMB_[A-Z]+(?:_[A-Z]+)*\b/g) ?? []))
  assert.deepEqual(
    Object.keys(catalogue).filter((code) => !used.has(code)),
    [],
  )
})

test('every link to a file of the repository leads somewhere', () => {
  const broken = pages.flatMap((path) =>
    [...textOf(path).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  )
  assert.deepEqual(broken, [])
})

test('every page but those beside the code is reached by links from the README', () => {
  const withSlashes = (path: string): string => path.replaceAll('\\', '/')
  const reached = new Set(['README.md'])
  for (const page of reached)
    for (const [, target = ''] of textOf(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+\.md)/g))
      reached.add(withSlashes(join(dirname(page), target)))
  const hidden = pages.map(withSlashes).filter((page) => !page.startsWith('src/') && !reached.has(page))
  assert.deepEqual(hidden, [])
})

test('the program of the README is the example that runs', () => {
  const [, program = ''] = /```ts\n([\s\S]*?)```/.exec(textOf('README.md')) ?? []
  assert.equal(program.replace("'metrobus'", "'../../src/index.ts'"), textOf('examples/01-hello/main.ts'))
  assert.ok(program.trimEnd().split('\n').length <= 15)
})

test('the README fits on two screens before what to read on', () => {
  const [before = ''] = textOf('README.md').split('## Read on')
  const lines = before.split('\n').flatMap((line) => line.match(/.{1,150}/g) ?? [''])
  assert.ok(lines.length <= 100, `${lines.length} lines`)
})
