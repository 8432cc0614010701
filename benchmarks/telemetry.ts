/** What it costs to be watched: the processor's time of the campaign, with nobody looking, with Prometheus scraping, with traces sampled. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { openTelemetry, prometheus } from '../src/telemetry/index.ts'
import type { Telemetry } from '../src/telemetry/index.ts'
import { archiveOf } from './archive.ts'
import { choiceOf, numberOf } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { inFolder } from './folder.ts'
import { sendAll } from './load.ts'
import { Finish } from './meter.ts'
import { rounded } from './percentiles.ts'
import { startRun } from './run.ts'

export const telemetryBench: Bench = {
  name: 'telemetry',
  purpose: 'what the campaign costs when it is watched: run the modes alternately, and compare the CPU',
  options: {
    watched: { type: 'string', hint: 'none (default), prometheus, scraped each 5 s, or traces, 1 % of them sampled' },
    events: { type: 'string', hint: 'how many; default 200000' },
  },
  run: (options) => inFolder((dir) => run(dir, options)),
}

const scrapeMs = 5_000
const sampled = 0.01
const outstanding = 500

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const watched = choiceOf(options, 'watched', ['none', 'prometheus', 'traces'])
  const events = numberOf(options, 'events', 200_000)
  const metrics = prometheus({ port: 0 })
  const telemetry: readonly Telemetry[] =
    watched === 'none' ? [] : [watched === 'prometheus' ? metrics : openTelemetry({ metrics: false, share: sampled })]
  const spans = watched === 'traces' ? await sampling() : undefined
  const finish = new Finish(events, () => {})
  const archive = archiveOf(join(dir, 'archive.ndjson'))
  const schemas = await import('./contact-arktype.ts')
  const bus = buses.embedded.open(join(dir, 'journal'), events)
  const app = await startRun(bus, archive.put, finish.onEnded, 'made', schemas, telemetry)
  await app.running.listening
  const scraper = watched === 'prometheus' ? scrape(`http://127.0.0.1:${metrics.port}/metrics`) : undefined
  const before = process.cpuUsage()
  await app.during(sendAll(events, app.send, () => {}, outstanding).then(() => finish.done))
  const { user, system } = process.cpuUsage(before)
  scraper?.kill()
  await app.running.stop()
  await archive.close()
  return {
    bench: 'telemetry',
    watched,
    events,
    userSeconds: rounded(user / 1e6, 3),
    systemSeconds: rounded(system / 1e6, 3),
    ...(spans !== undefined && { spans: spans() }),
  }
}

/** In a process of its own: what asks is not what is measured. */
function scrape(url: string): ReturnType<typeof spawn> {
  const program = `for (;;) { await (await fetch('${url}')).text(); await new Promise((done) => setTimeout(done, ${scrapeMs})) }`
  return spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'ignore' })
}

/** Sets up the SDK as a program would; answers how many spans it was given. */
async function sampling(): Promise<() => number> {
  const { trace, context } = await import('@opentelemetry/api')
  const { AsyncLocalStorageContextManager } = await import('@opentelemetry/context-async-hooks')
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace')
  let count = 0
  const exporter = {
    export(spans: readonly object[], done: (result: { code: number }) => void): void {
      count += spans.length
      done({ code: 0 })
    },
    shutdown: () => Promise.resolve(),
  }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: 100_000 })] }),
  )
  return () => count
}
