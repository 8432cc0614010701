/** The code in the documents is that of the examples: a block names its file behind its language, and stands in it word for word. */
import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { folder, run } from './example-program.ts'

const root = join(import.meta.dirname, '../..')

interface Block {
  readonly page: string
  readonly language: string
  readonly file: string
  readonly code: string
}

const blocks: readonly Block[] = globSync('docs/**/*.md', { cwd: root }).flatMap((page) =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(\w+) (\S+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', file = '', code = '']) => ({ page, language, file, code }),
  ),
)

/** Without indentation and wrapping: a page may show a part of a function. */
const wordsOf = (code: string): string => code.split(/\s+/).join(' ').trim()

const exampleOf = ({ file }: Block): string => readFileSync(join(root, file), 'utf8')

test('every block of code stands in the example that it names', () => {
  const code = blocks.filter(({ language }) => language === 'ts')
  assert.ok(code.length >= 8, `only ${code.length} blocks`)

  for (const block of code)
    assert.ok(
      wordsOf(exampleOf(block)).includes(wordsOf(block.code)),
      `${block.page}: not in ${block.file}:\n${block.code}`,
    )
})

const diffs = blocks.filter(({ language }) => language === 'diff')

test('each style of routing has a page that inserts a stop', () => {
  assert.equal(new Set(diffs.map(({ file }) => file)).size, 3)
})

for (const diff of diffs)
  test(`the change that ${diff.page} shows for ${diff.file} can be made, and inserts the stop`, async (t) => {
    const lines = diff.code.trimEnd().split('\n')
    const before = lines
      .filter((line) => !line.startsWith('+'))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
    const after = lines
      .filter((line) => !line.startsWith('-'))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
    const example = exampleOf(diff)
    assert.ok(example.includes(before), `${diff.file} has no such lines:\n${before}`)
    const dir = folder(t)
    const changed = example
      .replace(before, () => after)
      .replaceAll(/from '(\.\.[^']*)'/g, (_, path: string) => `from '${join(root, dirname(diff.file), path)}'`)
      .replace("from 'zod'", `from '${join(root, 'node_modules/zod/index.js')}'`)
    writeFileSync(join(dir, 'changed.ts'), changed)

    const { code, stdout, stderr } = await run(t, relative(root, join(dir, 'changed.ts')), [], dir)

    assert.deepEqual([code, stderr], [0, ''])
    const expected = readFileSync(join(root, dirname(diff.file), 'expected-output.txt'), 'utf8')
    const hidden = expected.replaceAll(/(\S)\S*@/g, '$1...@')
    assert.notEqual(hidden, expected)
    assert.deepEqual(stdout.trim().split('\n').sort(), hidden.trim().split('\n').sort())
  })
