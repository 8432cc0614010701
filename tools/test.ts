/**
 * Runs the tests: `npm test`, or `npm test -- src/journal` for the files below a path.
 *
 * It exists instead of a bare `node --test` because that command is green in three cases that must be red: when
 * no file matches, when a file holds no test, and, under `CI=true`, when a test was skipped.
 */
import { globSync } from 'node:fs'
import { basename, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'

const cwd = process.cwd()
const relativePath = (path: string): string => relative(cwd, path).split(sep).join('/')
const wanted = process.argv.slice(2).map(relativePath)

const files = globSync('{tools,src,test,examples,benchmarks}/**/*.test.{ts,js}', { cwd })
  .map(relativePath)
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .toSorted()

if (files.length === 0) {
  console.error(`No test file below ${wanted.length === 0 ? cwd : wanted.join(', ')}.`)
  process.exit(1)
}

let failed = false
const faults = new Set<string>()
// A file that hangs is a failure, not a run without an end; the longest kills processes for some minutes.
const events = run({ cwd, files, concurrency: true, timeout: 15 * 60_000 })

events.on('test:fail', () => {
  failed = true
})
events.on('test:pass', ({ name, file = '', skip, todo, nesting }) => {
  // A file that declares no test passes under its own name.
  if (nesting === 0 && name.endsWith(basename(file)) && /\.test\.[jt]s$/.test(file))
    faults.add(`No test in ${relativePath(file)}.`)
  if ((skip ?? todo) !== undefined && process.env['CI'] === 'true') faults.add(`Skipped: ${name}.`)
})

await pipeline(events, new spec(), process.stdout, { end: false })
for (const fault of faults) console.error(fault)
if (failed || faults.size > 0) process.exitCode = 1
