/**
 * Threat-watch over a small web of its own: `npm run threat-watch` crawls it, tells what it has found, and ends; `npm run threat-watch -- --serve` stays open, with the page of
 * alerts at http://127.0.0.1:8080. `--webhook <url>` is told of the alerts instead of a receiver of its own, and
 * `--bus kafka --brokers <host:port,…>` takes a cluster instead of the journal in `./data`, where the names of all topics begin
 * with `--prefix`.
 */
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { kafka } from '../../src/bus/kafka/index.ts'
import { embedded, startAll } from '../../src/index.ts'
import { listen } from '../orders/listen.ts'
import { threatWatch } from './app.ts'
import { threatWatchHttp } from './http.ts'
import { realNeeds } from './needs.ts'
import { SafeWeb } from './web/safe-web.ts'
import { Webhook } from './webhook.ts'
import { startReceiver } from './world/receiver.ts'
import { registrations, seeds } from './world/sites.ts'
import { startWorld } from './world/world.ts'

const { values } = parseArgs({
  options: {
    serve: { type: 'boolean', default: false },
    webhook: { type: 'string' },
    bus: { type: 'string', default: 'embedded' },
    brokers: { type: 'string', default: '127.0.0.1:9092' },
    prefix: { type: 'string', default: '' },
  },
})
const { brokers, prefix } = values
const bus = values.bus === 'kafka' ? kafka({ brokers: brokers.split(','), prefix }) : embedded({ dir: './data' })

await using world = await startWorld()
await using receiver = await startReceiver()
// The world is on this machine, and in it those who let others wait are found out sooner.
const { connectTo } = world
await using web = new SafeWeb({ connectTo, headersTimeoutMs: 3_000, timeoutMs: 4_000 })
const system = threatWatch({
  ...realNeeds(),
  web,
  alarm: new Webhook(values.webhook ?? receiver.url),
  delayMs: 20,
  patience: { attempts: 2, backoff: 100 },
})
const log = { info: () => {}, warn: () => {}, error: console.error }
await using running = await startAll(system, { bus, log, signals: values.serve })
const { sources, watch } = running.apps

await watch.send('clients', { name: 'Veloris Bank', domain: 'veloris.example' })
for (const seed of seeds) await sources.send('seeds', seed)
for (const domain of registrations) await sources.send('registrations', domain)

if (values.serve) {
  await using page = await listen(threatWatchHttp(running.apps), 8080)
  console.log(`the alerts are at ${page.url}`)
  await Promise.all([sources.stopped, watch.stopped])
} else {
  await running.caughtUp()
  console.log('-- told to the webhook')
  for (const { kind, subject, evidence } of receiver.alerts.values())
    console.log(`${kind} ${subject}: ${evidence[0]!.what}`)
  console.log('-- given up, to be looked at')
  for (const app of [sources, watch])
    for (const { stop, cause, message } of await app.deadLetters.list()) console.log(`${stop} ${cause}: ${message}`)
  console.log('-- left out, and why')
  console.log(reasons())
}

function reasons(): string {
  const table = new Table({ head: ['stop', 'reason', 'times'], style: { head: [], border: [], compact: true } })
  for (const app of [sources, watch])
    for (const { stop, dropped } of app.stats().stops)
      for (const [reason, times] of Object.entries(dropped)) table.push([stop, reason, times])
  return table.toString()
}
