/**
 * Runs the tests: `npm test`, or `npm test -- src/journal` for the files below a path.
 *
 * It exists instead of a bare `node --test` because that command is green in three cases that must be red: when
 * no file matches, when a file holds no test, and, under `CI=true`, when a test was skipped.
 */
import { globSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const root = join(import.meta.dirname, '..')
const everything = [
  'tools/**/*.test.ts',
  'src/**/*.test.ts',
  'test/**/*.test.ts',
  'examples/**/*.test.ts',
]
const wanted = process.argv.slice(2).map((path) => relative(root, path).split(sep).join('/'))

const files = globSync(everything, { cwd: root })
  .map((file) => file.split(sep).join('/'))
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .toSorted()

if (files.length === 0) {
  console.error(`No test file below ${wanted.length === 0 ? 'the repository' : wanted.join(', ')}.`)
  process.exit(1)
}

const faults: string[] = []
const events = run({ cwd: root, files, concurrency: true })

events.on('test:fail', () => faults.push('a test failed'))
events.on('test:pass', ({ name, skip, todo }) => {
  const put = skip === undefined ? todo : skip
  if (put !== undefined && process.env['CI'] === 'true') faults.push(`skipped: ${name}`)
})
events.on('test:summary', ({ file, counts }) => {
  if (counts.tests === 0) faults.push(`no test ran in ${file ?? 'any file'}`)
})

await pipeline(events, new spec(), process.stdout, { end: false })
for (const fault of new Set(faults)) console.error(fault)
if (faults.length > 0) process.exitCode = 1
