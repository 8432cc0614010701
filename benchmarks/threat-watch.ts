/**
 * Threat-watch: how often its detectors are right about the labelled set, how many candidates they compare a second, and how long a page takes to its alert through the app on a
 * durable journal. The web of the last one is in memory: what is measured is the app, not the net.
 */
import { threatWatch } from '../examples/threat-watch/app.ts'
import { detectors } from '../examples/threat-watch/detect/detectors.ts'
import type { LabelledSet } from '../examples/threat-watch/detect/labelled/make.ts'
import { measure, readLabelledSet } from '../examples/threat-watch/detect/labelled/measure.ts'
import { realNeeds } from '../examples/threat-watch/needs.ts'
import { ThreatKind } from '../examples/threat-watch/types.ts'
import type { Candidate, Client } from '../examples/threat-watch/types.ts'
import type { Answer, NoAnswer, Web } from '../examples/threat-watch/web/web.ts'
import { embedded, startAll } from '../src/index.ts'
import { numberOf, verify } from './bench.ts'
import type { Bench } from './bench.ts'
import { inFolder } from './folder.ts'
import { measureLimits } from './limits.ts'
import { dueMs, leadMs, sendAtRate } from './load.ts'
import { Durations, rounded } from './percentiles.ts'

export const threatWatchBench: Bench = {
  name: 'threat-watch',
  purpose:
    'precision and recall of the detectors, candidates they compare a second, and the time from a page to its alert',
  options: {
    candidates: { type: 'string', hint: 'compared with all clients of the labelled set (240000)' },
    pages: { type: 'string', hint: 'through the app (2000)' },
    rate: { type: 'string', hint: 'pages a second (100)' },
  },
  async run(options) {
    const set = readLabelledSet()
    const { detectors: quality, total } = measure(set)
    const compared = compareMany(set, numberOf(options, 'candidates', 240_000))
    const pages = numberOf(options, 'pages', 2_000)
    const rate = numberOf(options, 'rate', 100)
    const alerts = await inFolder((dir) => pagesToAlerts(dir, set, pages, rate))
    const limits = await inFolder(async (dir) => measureLimits(dir))
    return { bench: 'threat-watch', quality: { ...quality, total }, ...compared, ...alerts, limits }
  },
}

const chunk = 1_000

/** Each candidate with each client by each detector. A candidate is an object of its own, as it is when it comes from a journal, so that nothing is remembered of an earlier one. */
function compareMany({ clients, labelled }: LabelledSet, count: number): Readonly<Record<string, number>> {
  const lines = labelled.map(({ candidate }) => JSON.stringify(candidate))
  const threatsOf = (candidate: Candidate): number => {
    let threats = 0
    for (const knowledge of clients)
      for (const kind of ThreatKind.options) if (detectors[kind](candidate, knowledge).threat) threats++
    return threats
  }
  const expected = labelled.map(({ candidate }) => threatsOf(candidate))
  let threats = 0
  let wanted = 0
  let spentMs = 0
  let cpuUs = 0
  for (let from = 0; from < count; from += chunk) {
    const indexes = Array.from({ length: Math.min(chunk, count - from) }, (_, index) => (from + index) % lines.length)
    const candidates = indexes.map((index) => JSON.parse(lines[index]!) as Candidate)
    const [begun, cpuBegun] = [performance.now(), process.cpuUsage()]
    for (const candidate of candidates) threats += threatsOf(candidate)
    spentMs += performance.now() - begun
    cpuUs += process.cpuUsage(cpuBegun).user
    wanted += indexes.reduce((sum, index) => sum + expected[index]!, 0)
  }
  verify(threats === wanted, `${threats} threats were found among ${count} candidates, and there are ${wanted}`)
  const candidatesPerSecond = rounded((count * 1000) / spentMs, 0)
  // The processor's time is the same on a busy machine.
  const cpuUsPerCandidate = rounded(cpuUs / count, 1)
  return { candidates: count, clients: clients.length, threats, candidatesPerSecond, cpuUsPerCandidate }
}

/** Counted from when a page was due to be sent until its first alert is raised. Every second page is a threat; each is on a host of its own, because a crawler lets a host rest. */
async function pagesToAlerts(
  dir: string,
  { clients }: LabelledSet,
  pages: number,
  rate: number,
): Promise<Readonly<Record<string, number>>> {
  const web = new PagesInMemory(clients.map(({ client }) => client))
  const durations = new Durations(pages)
  const alerted = new Set<string>()
  let startMs = Infinity
  const alarm = {
    async raise({ subject }: { readonly subject: string }): Promise<void> {
      if (alerted.has(subject)) return
      alerted.add(subject)
      const index = web.indexOf(subject)
      if (index >= 0) durations.add(performance.now() - dueMs(index, rate, startMs))
    },
  }
  const log = { info: () => {}, warn: () => {}, error: console.error }
  const apps = threatWatch({ ...realNeeds(), web, alarm, delayMs: 0 })
  await using system = await startAll(apps, { bus: embedded({ dir }), log, signals: false })
  const { sources, watch } = system.apps
  for (const { client } of clients) await watch.send('clients', client)
  await system.caughtUp()

  const send = (index: number): Promise<unknown> =>
    sources.send('seeds', { as: 'page', url: web.urlOf(index), depth: 0, moves: 0 })
  // The engine translates what runs often while it runs: that is over before anything is measured.
  await sendAtRate(warmUpPages, rate, (index) => send(index - warmUpPages), performance.now() + leadMs)
  await system.caughtUp()
  startMs = performance.now() + leadMs
  await sendAtRate(pages, rate, send, startMs)
  await system.caughtUp()
  const expected = Math.ceil(pages / 2) + warmUpPages / 2
  verify(alerted.size === expected, `${alerted.size} of ${expected} pages raised an alert`)
  return {
    pages,
    pagesPerSecond: rate,
    alertedPages: durations.count,
    pageToAlertP50Ms: rounded(durations.percentile(0.5), 1),
    pageToAlertP99Ms: rounded(durations.percentile(0.99), 1),
  }
}

/** Before those that count, with numbers below 0. */
const warmUpPages = 300

/** The home pages of the clients, and as many pages of others as anybody asks for. */
class PagesInMemory implements Web {
  readonly #clients: readonly Client[]

  constructor(clients: readonly Client[]) {
    this.#clients = clients
  }

  urlOf(index: number): string {
    const { domain } = this.#clientOf(index)
    const label = index % 2 === 0 ? `${domain.split('.')[0]}-login` : 'garden'
    return `https://${index < 0 ? `warm-up-${-index}` : `p${index}`}-${label}.test/`
  }

  indexOf(url: string): number {
    const [, before, number] = /^https:..(p|warm-up-)(\d+)-/.exec(url) ?? []
    return before === 'p' ? Number(number) : -Number(number)
  }

  async get(url: string): Promise<Answer | NoAnswer> {
    const index = this.indexOf(url)
    const client = this.#clients.find(({ domain }) => url === `https://${domain}/`) ?? this.#clientOf(index)
    if (!url.endsWith('/') || client === undefined)
      return { ok: false, reason: 'not-there', detail: 'nothing is there' }
    const text = index % 2 === 0 ? `Sign in to ${client.name}.` : 'Chairs and tables, made of oak. '
    const html = `<html><title>${index}</title><p>${text.repeat(40)}<form><input type="password"></form></html>`
    return { ok: true, url, contentType: 'text/html; charset=utf-8', bytes: Buffer.from(html) }
  }

  #clientOf(index: number): Client {
    return this.#clients[Math.floor(Math.abs(index) / 2) % this.#clients.length]!
  }
}
