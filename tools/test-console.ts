/**
 * Runs the tests of the console in a real browser: `npm run test:console`, or `npm run test:console -- test/console/map` for some of them.
 *
 * It builds the console, and installs Debian's Chromium where there is none. Where it cannot, it fails.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { buildConsole } from './console.ts'
import { relativePath, testsPass } from './test-run.ts'

const wanted = process.argv.slice(2).map(relativePath)
const files = globSync('test/console/**/*.browser.ts')
  .map(relativePath)
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .toSorted()
if (files.length === 0) {
  console.error(`No test of the console below ${wanted.join(', ') || 'test/console'}.`)
  process.exit(1)
}
const installed = spawnSync(join(import.meta.dirname, 'chromium.sh'), { stdio: 'inherit' })
if (installed.status !== 0) process.exit(1)
await buildConsole()
// One browser at a time: two would take each other's frames.
if (!(await testsPass({ files, concurrency: 1 }))) process.exitCode = 1
