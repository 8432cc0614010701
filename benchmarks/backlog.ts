/** Memory while a backlog builds up before the last stop and drains: it must not grow with the backlog. */
import { join } from 'node:path'
import { nodePlatform } from '../src/internal/platform/node.ts'
import { numberOf } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { appName } from './campaign-app.ts'
import { inFolder } from './folder.ts'
import { judgeBus } from './judge.ts'
import { sendAll } from './load.ts'
import { Finish } from './meter.ts'
import { rounded } from './percentiles.ts'
import { startRun } from './run.ts'

export const backlog: Bench = {
  name: 'backlog',
  purpose: 'memory while a backlog drains that was sent when the last stop was held',
  options: { events: { type: 'string', hint: 'how many; default 1000000' } },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const events = numberOf(options, 'events', 1_000_000)
  const journal = join(dir, 'journal')
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  let isHeld = true
  const finish = new Finish(events, () => {})
  const app = await startRun(buses.embedded.open(journal, events), () => (isHeld ? held : undefined), finish.onEnded)
  await app.during(sendAll(events, app.send))
  isHeld = false
  release()
  await app.during(finish.done)
  const rssMaxMb = process.resourceUsage().maxRSS / 1024
  await app.running.stop()
  const bus = buses.embedded.open(journal, events)
  await bus.open(nodePlatform)
  await judgeBus(bus.inspector, appName, events)
  await bus.close()
  return { bench: 'backlog', events, rssMaxMb: rounded(rssMaxMb, 0) }
}
