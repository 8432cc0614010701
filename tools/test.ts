/** Runs the tests: `npm test`, or `npm test -- src/journal` for the files below a path. */
import { globSync } from 'node:fs'
import { relativePath, testsPass } from './test-run.ts'

const cwd = process.cwd()
const wanted = process.argv.slice(2).map(relativePath)

const files = globSync('{tools,src,test,examples,benchmarks}/**/*.test.{ts,js}', { cwd })
  .map(relativePath)
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .toSorted()

if (files.length === 0) {
  console.error(`No test file below ${wanted.length === 0 ? cwd : wanted.join(', ')}.`)
  process.exit(1)
}

if (!(await testsPass({ files, concurrency: true }))) process.exitCode = 1
