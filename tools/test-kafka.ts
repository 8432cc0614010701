/**
 * Runs the tests that need real brokers: `npm run test:kafka`, or `npm run test:kafka -- test/kafka/traps` for some of them.
 *
 * It installs what the brokers need, starts three of them on free ports, in a folder of their own, and ends them whatever comes of the
 * tests. Where no broker can be started it fails.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Brokers, planOf, portsOf } from './servers/kafka/brokers.ts'
import { freePorts, ServerProblem } from './servers/run.ts'
import { filesWanted, testsPass } from './test-run.ts'

/** Killing one leaves a quorum and enough replicas. */
const nodes = 3

const files = filesWanted('test/kafka/**/*.broker.ts')
/** Those that end brokers have them for themselves; the others mostly wait, and two wait at once. */
const endsBrokers = (file: string): boolean => readFileSync(file, 'utf8').includes('brokers.stop(')
const violent = files.filter(endsBrokers)
const peaceful = files.filter((file) => !endsBrokers(file))
const installed = spawnSync(join(import.meta.dirname, 'kafka-programs.sh'), { stdio: 'inherit' })
if (installed.status !== 0) process.exit(1)
const folder = mkdtempSync(join(tmpdir(), 'metrobus-kafka-'))
let brokers: Brokers | undefined
try {
  brokers = Brokers.create(planOf(folder, await freePorts(portsOf(true) * nodes), nodes, true))
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void brokers?.remove().then(() => process.exit(1)))
  await brokers.start()
  process.env['METROBUS_KAFKA'] = folder
  for (const [some, concurrency] of [
    [peaceful, 2],
    [violent, 1],
  ] as const)
    if (some.length > 0 && !(await testsPass({ files: some, concurrency }))) process.exitCode = 1
} catch (error) {
  if (!(error instanceof ServerProblem)) throw error
  console.error(error.message)
  process.exitCode = 1
} finally {
  await Brokers.in(folder)?.remove()
}
