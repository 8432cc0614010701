/** A Prometheus and an Alertmanager on this machine, started and stopped by process id, in a folder of their own. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { end, launch, lives, ServerProblem } from '../run.ts'
import { programOf } from './programs.ts'

export interface WatchersPlan {
  readonly folder: string
  readonly prometheusPort: number
  readonly alertmanagerPort: number
  /** `host:port` of what is scraped. */
  readonly targets: readonly string[]
  readonly scrapeSeconds: number
  readonly evaluateSeconds: number
  /** Paths of rules files. */
  readonly rules: readonly string[]
  /** Alerts go there; undefined for nowhere. */
  readonly webhook: string | undefined
}

interface State {
  readonly plan: WatchersPlan
  readonly pids: readonly number[]
}

const readyMsMax = 30_000
const graceMs = 5_000

/** Starts both, and answers when they serve. */
export async function startWatchers(plan: WatchersPlan): Promise<void> {
  const { folder, prometheusPort, alertmanagerPort } = plan
  mkdirSync(folder, { recursive: true })
  const [prometheusFile, alertmanagerFile] = [join(folder, 'prometheus.yml'), join(folder, 'alertmanager.yml')]
  writeFileSync(prometheusFile, prometheusConfig(plan))
  writeFileSync(alertmanagerFile, alertmanagerConfig(plan))
  const pids = [
    launch(
      programOf('prometheus-alertmanager'),
      [
        `--config.file=${alertmanagerFile}`,
        `--storage.path=${join(folder, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${alertmanagerPort}`,
        '--cluster.listen-address=',
      ],
      join(folder, 'alertmanager.log'),
    ),
    launch(
      programOf('prometheus'),
      [
        `--config.file=${prometheusFile}`,
        `--storage.tsdb.path=${join(folder, 'prometheus')}`,
        `--web.listen-address=127.0.0.1:${prometheusPort}`,
      ],
      join(folder, 'prometheus.log'),
    ),
  ]
  writeFileSync(stateFile(folder), JSON.stringify({ plan, pids } satisfies State))
  for (const port of [prometheusPort, alertmanagerPort]) await ready(port, folder, pids)
}

/** What was started in a folder and lives; undefined when nothing does. */
export function watchersIn(folder: string): WatchersPlan | undefined {
  const state = stateOf(folder)
  return state?.pids.every((pid) => lives(pid, folder)) === true ? state.plan : undefined
}

/** Ends what was started in a folder, and removes it. */
export async function removeWatchers(folder: string): Promise<void> {
  for (const pid of stateOf(folder)?.pids ?? []) await end(pid, folder, graceMs)
  rmSync(folder, { recursive: true, force: true })
}

async function ready(port: number, folder: string, pids: readonly number[]): Promise<void> {
  const until = Date.now() + readyMsMax
  while (Date.now() < until && pids.every((pid) => lives(pid, folder))) {
    const response = await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok === true) return
    await pause(100)
  }
  const said = ['prometheus.log', 'alertmanager.log'].map((name) =>
    readFileSync(join(folder, name), 'utf8').slice(-2000),
  )
  await removeWatchers(folder)
  throw new ServerProblem(`Prometheus or Alertmanager did not become ready:\n${said.join('\n')}`)
}

/** YAML takes JSON as it is. */
function prometheusConfig(plan: WatchersPlan): string {
  return JSON.stringify({
    global: { scrape_interval: `${plan.scrapeSeconds}s`, evaluation_interval: `${plan.evaluateSeconds}s` },
    rule_files: plan.rules,
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${plan.alertmanagerPort}`] }] }] },
    scrape_configs: [{ job_name: 'metrobus', static_configs: [{ targets: plan.targets }] }],
  })
}

function alertmanagerConfig({ webhook }: WatchersPlan): string {
  const webhooks = webhook === undefined ? {} : { webhook_configs: [{ url: webhook, send_resolved: true }] }
  return JSON.stringify({
    route: { receiver: 'default', group_by: ['alertname', 'app', 'stop'], group_wait: '1s', group_interval: '1s' },
    receivers: [{ name: 'default', ...webhooks }],
  })
}

const stateFile = (folder: string): string => join(folder, 'state.json')

function stateOf(folder: string): State | undefined {
  return existsSync(stateFile(folder)) ? JSON.parse(readFileSync(stateFile(folder), 'utf8')) : undefined
}
