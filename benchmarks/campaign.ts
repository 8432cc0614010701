/** Throughput and latency of the contact campaign, and what this machine could do at best. */
import { join } from 'node:path'
import { nodePlatform } from '../src/internal/platform/node.ts'
import { archiveOf } from './archive.ts'
import { choiceOf, numberOf, textOf } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { buses } from './buses.ts'
import { appName } from './campaign-app.ts'
import type { Schemas } from './campaign-app.ts'
import { deliveredOf } from './contact.ts'
import { bytesOf, inFolder } from './folder.ts'
import { judgeArchive, judgeBus } from './judge.ts'
import type { Rides } from './judge.ts'
import { kafkaLimits, removeTopics } from './kafka-broker.ts'
import { measureLimits } from './limits.ts'
import { dueMs, leadMs, outstandingDefault, sendAll, sendAtRate } from './load.ts'
import { Finish } from './meter.ts'
import { Durations, rounded } from './percentiles.ts'
import { profiled } from './profile.ts'
import { startRun } from './run.ts'
import type { Run } from './run.ts'

export const campaign: Bench = {
  name: 'campaign',
  purpose: 'throughput and latency over three durable hops, every result verified',
  options: {
    bus: {
      type: 'string',
      hint: 'embedded (default), memory, or kafka, on the broker of `npm run servers -- kafka up`',
    },
    guarantee: { type: 'string', hint: 'of kafka: exactly-once (default) or at-least-once' },
    events: { type: 'string', hint: 'how many; default 200000' },
    rate: {
      type: 'string',
      hint: 'events a second, whether or not the app keeps up; default: as fast as it takes them',
    },
    ids: {
      type: 'string',
      hint: 'made (default) by Metrobus, or given by the sender, so that one sent twice is one event',
    },
    validator: {
      type: 'string',
      hint: 'arktype (default), which answers what it was given, or zod, which makes an object anew',
    },
    outstanding: { type: 'string', hint: 'sends that wait for their answer without --rate; default 500' },
    profile: { type: 'string', hint: 'file to write a CPU profile to' },
  },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const busName = choiceOf(options, 'bus', ['embedded', 'memory', 'kafka'])
  const guarantee = choiceOf(options, 'guarantee', ['exactly-once', 'at-least-once'])
  const events = numberOf(options, 'events', 200_000)
  const rate = numberOf(options, 'rate', undefined)
  const outstanding = numberOf(options, 'outstanding', outstandingDefault)
  const ids = choiceOf(options, 'ids', ['made', 'given'])
  const schemas = await schemasOf(choiceOf(options, 'validator', ['arktype', 'zod']))
  const limits = busName === 'kafka' ? await kafkaLimits(events, recordBytes) : measureLimits(dir)
  const journal = join(dir, 'journal')
  const archive = archiveOf(join(dir, 'archive.ndjson'))
  const load = new Load(events, rate, outstanding)
  const app = await startRun(
    buses[busName].open(journal, events, guarantee),
    archive.put,
    load.finish.onEnded,
    ids,
    schemas,
  )
  const cpuBefore = process.cpuUsage()
  await profiled(textOf(options, 'profile'), () => app.during(load.send(app)))
  const cpu = process.cpuUsage(cpuBefore)
  const rssMb = process.resourceUsage().maxRSS / 1024

  let rides = busName === 'embedded' ? undefined : await judgeBus(app.running.inspector, appName, events)
  await app.running.stop()
  await archive.close()
  rides ??= await judgeJournal(journal, events)
  await judgeArchive(archive.entries(), rides)
  if (busName === 'kafka') await removeTopics()
  return {
    bench: 'campaign',
    bus: busName,
    durability: buses[busName].durability,
    events,
    delivered: deliveredOf(events),
    ...load.figures,
    rssMb: rounded(rssMb, 0),
    cpuSeconds: rounded((cpu.user + cpu.system) / 1e6, 2),
    ...(busName === 'kafka'
      ? { guarantee, intervalMs: 0 }
      : { journalBytesPerEvent: busName === 'embedded' ? Math.round(bytesOf(journal) / events) : 0 }),
    limits,
  }
}

/** A contact with its headers, about. */
const recordBytes = 1_024

const schemasOf = (validator: 'arktype' | 'zod'): Promise<Schemas> =>
  validator === 'zod' ? import('./contact.ts') : import('./contact-arktype.ts')

/** Sends all contacts and times each from when it was sent, or was due, to the end of its ride. */
class Load {
  readonly finish: Finish
  readonly #events: number
  readonly #rate: number | undefined
  readonly #outstanding: number
  readonly #sentMs: Float64Array
  readonly #latencies: Durations
  #firstMs = 0

  constructor(events: number, rate: number | undefined, outstanding: number) {
    this.#events = events
    this.#rate = rate
    this.#outstanding = outstanding
    this.#sentMs = new Float64Array(events)
    this.#latencies = new Durations(events)
    this.finish = new Finish(events, (index, atMs) => this.#latencies.add(atMs - this.#sentMs[index]!))
  }

  async send({ send }: Run): Promise<void> {
    const rate = this.#rate
    this.#firstMs = performance.now() + (rate === undefined ? 0 : leadMs)
    if (rate === undefined)
      await sendAll(this.#events, send, (from, to, atMs) => this.#sentMs.fill(atMs, from, to), this.#outstanding)
    else {
      for (let index = 0; index < this.#events; index++) this.#sentMs[index] = dueMs(index, rate, this.#firstMs)
      await sendAtRate(this.#events, rate, send, this.#firstMs)
    }
    await this.finish.done
  }

  get figures(): { readonly eventsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number } {
    return {
      eventsPerSecond: Math.round(this.#events / ((this.finish.lastMs - this.#firstMs) / 1000)),
      p50Ms: rounded(this.#latencies.percentile(0.5)),
      p99Ms: rounded(this.#latencies.percentile(0.99)),
    }
  }
}

async function judgeJournal(dir: string, events: number): Promise<Rides> {
  const bus = buses.embedded.open(dir, events)
  await bus.open(nodePlatform)
  try {
    return await judgeBus(bus.inspector, appName, events)
  } finally {
    await bus.close()
  }
}
