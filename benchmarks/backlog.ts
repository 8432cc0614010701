/** Memory while a backlog drains: it must not grow with the backlog. */
import { join } from 'node:path'
import { nodePlatform } from '../src/internal/platform/node.ts'
import { numberOf } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { appName } from './campaign-app.ts'
import { inFolder } from './folder.ts'
import { judgeBus } from './judge.ts'
import { rounded } from './percentiles.ts'
import { rides } from './rides.ts'
import { compiled } from './start.ts'

export const backlog: Bench = {
  name: 'backlog',
  purpose: 'memory while a backlog drains that was left before the last stop by kill -9',
  options: { events: { type: 'string', hint: 'how many; default 1000000' } },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const events = numberOf(options, 'events', 1_000_000)
  const journal = join(dir, 'journal')
  const packageUrl = compiled(join(dir, 'dist'))
  const filled = await rides('fill', journal, packageUrl, events)
  const from = performance.now()
  const drained = await rides('drain', journal, packageUrl, events)
  const drainSeconds = (performance.now() - from) / 1000
  const bus = buses.embedded.open(journal, events)
  await bus.open(nodePlatform)
  await judgeBus(bus.inspector, appName, events)
  await bus.close()
  return {
    bench: 'backlog',
    events,
    rssMaxMb: drained.rssMb,
    rssFillMb: filled.rssMb,
    drainSeconds: rounded(drainSeconds, 1),
  }
}
