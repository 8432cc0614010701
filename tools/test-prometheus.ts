/**
 * Runs the tests that need a real Prometheus and Alertmanager: `npm run test:prometheus`. They take about two minutes, for alerts wait before they fire. Where the programs
 * cannot be found or brought it fails.
 */
import { programOf } from './servers/prometheus/programs.ts'
import { ServerProblem } from './servers/run.ts'
import { filesWanted, testsPass } from './test-run.ts'

const files = filesWanted('test/prometheus/**/*.watched.ts')
try {
  for (const name of ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'] as const) programOf(name)
  if (!(await testsPass({ files, concurrency: true }))) process.exitCode = 1
} catch (error) {
  if (!(error instanceof ServerProblem)) throw error
  console.error(error.message)
  process.exitCode = 1
}
