/**
 * Servers for tests and benchmarks, without containers: `npm run servers -- kafka up|down [--nodes 3] [--tls]`, and `npm run servers -- prometheus up|down [--rules metrobus.rules.yml]` with an
 * Alertmanager.
 *
 * `up` does nothing when the same servers run, `down` nothing when none does. Tests start their own on free ports; these
 * are for people and benchmarks, on ports that do not change.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { Brokers, planOf, portsOf } from './kafka/brokers.ts'
import { home } from './kafka/jars.ts'
import { removeWatchers, startWatchers, watchersIn } from './prometheus/watchers.ts'
import { ServerProblem } from './run.ts'

const usage =
  'npm run servers -- kafka up|down [--nodes 1|3] [--tls], or npm run servers -- prometheus up|down [--rules FILE]'
const folder = join(home, 'kafka')
const firstPort = 21_091
const nodesMax = 9

async function up(nodes: number, tls: boolean): Promise<void> {
  const running = Brokers.in(folder)
  const isSame = running?.plan.nodes.length === nodes && (running.plan.keystore !== undefined) === tls
  if (!isSame) await running?.remove()
  // The ports of one kind are neighbours, and the kinds lie a hundred apart.
  const ports = Array.from(
    { length: portsOf(tls) * nodes },
    (_, index) => firstPort + 100 * Math.floor(index / nodes) + (index % nodes),
  )
  const brokers = isSame && running !== undefined ? running : Brokers.create(planOf(folder, ports, nodes, tls))
  await brokers.start()
  console.log(`Kafka serves at ${brokers.bootstrap.join(',')}`)
  if (!tls) return
  console.log(`with SASL_SSL at ${brokers.secured.join(',')}, certificate ${join(folder, 'ca.pem')}`)
  console.log(`for certificates of clients at ${brokers.mutual.join(',')}, as ${brokers.plan.keystore?.client}`)
}

const watchersFolder = join(home, 'watchers')
const watchersPorts = { prometheusPort: 29_090, alertmanagerPort: 29_093 }

async function watchersUp(rules: string | undefined): Promise<void> {
  if (watchersIn(watchersFolder) === undefined) {
    await removeWatchers(watchersFolder)
    await startWatchers({
      folder: watchersFolder,
      ...watchersPorts,
      targets: ['127.0.0.1:9464'],
      scrapeSeconds: 5,
      evaluateSeconds: 5,
      rules: rules === undefined ? [] : [resolve(rules)],
      webhook: undefined,
    })
  }
  const [prometheus, alertmanager] = Object.values(watchersPorts).map((port) => `http://127.0.0.1:${port}`)
  console.log(`Prometheus serves at ${prometheus} and scrapes 127.0.0.1:9464, Alertmanager at ${alertmanager}`)
}

async function watchersDown(): Promise<void> {
  const wasRunning = watchersIn(watchersFolder) !== undefined
  await removeWatchers(watchersFolder)
  console.log(wasRunning ? 'Prometheus is stopped, its data removed.' : 'No Prometheus was running.')
}

async function down(): Promise<void> {
  const running = Brokers.in(folder)
  await running?.remove()
  console.log(running === undefined ? 'No Kafka was running.' : 'Kafka is stopped, its data removed.')
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      nodes: { type: 'string', default: '1' },
      tls: { type: 'boolean', default: false },
      rules: { type: 'string' },
    },
  })
  const [server, deed] = positionals
  const nodes = Number(values.nodes)
  const deeds: Readonly<Record<string, () => Promise<void>>> = {
    'kafka up': () => up(nodes, values.tls),
    'kafka down': down,
    'prometheus up': () => watchersUp(values.rules),
    'prometheus down': watchersDown,
  }
  const run = deeds[`${server} ${deed}`]
  if (run === undefined || !(nodes >= 1 && nodes <= nodesMax)) throw new ServerProblem(usage)
  await run()
} catch (error) {
  if (!(error instanceof ServerProblem) && !(error instanceof TypeError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
