/**
 * Runs the tests that need a real Prometheus and Alertmanager: `npm run test:prometheus`. They take about two minutes, for alerts wait before they fire. Where the programs
 * cannot be found or brought it fails.
 */
import { globSync } from 'node:fs'
import { programOf } from './servers/prometheus/programs.ts'
import { ServerProblem } from './servers/run.ts'
import { relativePath, testsPass } from './test-run.ts'

const wanted = process.argv.slice(2).map(relativePath)
const files = globSync('test/prometheus/**/*.watched.ts')
  .map(relativePath)
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .toSorted()
if (files.length === 0) {
  console.error(`No test below ${wanted.join(', ') || 'test/prometheus'}.`)
  process.exit(1)
}
try {
  for (const name of ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'] as const) programOf(name)
  if (!(await testsPass({ files, concurrency: true }))) process.exitCode = 1
} catch (error) {
  if (!(error instanceof ServerProblem)) throw error
  console.error(error.message)
  process.exitCode = 1
}
