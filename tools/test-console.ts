/**
 * Runs the tests of the console in a real browser: `npm run test:console`, or `npm run test:console -- test/console/map` for some of them.
 *
 * It builds the console, and installs Debian's Chromium where there is none. Where it cannot, it fails.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { buildConsole } from './console.ts'
import { filesWanted, testsPass } from './test-run.ts'

const files = filesWanted('test/console/**/*.browser.ts')
const installed = spawnSync(join(import.meta.dirname, 'chromium.sh'), { stdio: 'inherit' })
if (installed.status !== 0) process.exit(1)
await buildConsole()
// One browser at a time: two would take each other's frames.
if (!(await testsPass({ files, concurrency: 1 }))) process.exitCode = 1
