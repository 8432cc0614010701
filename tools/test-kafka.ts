/**
 * Runs the tests that need real brokers: `npm run test:kafka`, or `npm run test:kafka -- test/kafka/traps` for some of them.
 *
 * It installs what the brokers need, starts three of them on free ports, in a folder of their own, and ends them whatever comes of the
 * tests. Where no broker can be started it fails.
 */
import { readFileSync } from 'node:fs'
import { withBrokers } from './servers/kafka/for-tests.ts'
import { filesWanted, testsPass } from './test-run.ts'

const files = filesWanted('test/kafka/**/*.broker.ts')
/** Those that end brokers have them for themselves; the others mostly wait, and two wait at once. */
const endsBrokers = (file: string): boolean => readFileSync(file, 'utf8').includes('brokers.stop(')
const violent = files.filter(endsBrokers)
const peaceful = files.filter((file) => !endsBrokers(file))

async function run(): Promise<boolean> {
  let isGreen = true
  for (const [some, concurrency] of [
    [peaceful, 2],
    [violent, 1],
  ] as const)
    if (some.length > 0 && !(await testsPass({ files: some, concurrency }))) isGreen = false
  return isGreen
}

process.once('SIGINT', () => process.kill(process.pid, 'SIGTERM'))
if (!(await withBrokers(run))) process.exitCode = 1
