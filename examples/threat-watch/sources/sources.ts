/**
 * Brings in what may be a threat: crawls pages, reads feeds and listings of app stores, and takes registrations of domains. Everything that is fetched is keyed by its host: one
 * request at a time and a pause after it, and a host that is slow, or down, holds up nobody but itself.
 */
import * as z from 'zod'
import { drop, entry, line, metrobus, stop, store, wait } from '../../../src/index.ts'
import type { RetryPolicy } from '../../../src/index.ts'
import { digest } from '../digest.ts'
import { candidates } from '../topics.ts'
import { Registration } from '../types.ts'
import type { Inspection } from '../types.ts'
import { robotsOf } from '../web/robots.ts'
import { WebError, mayGoAway } from '../web/web.ts'
import type { Web } from '../web/web.ts'
import { findings } from './findings.ts'
import { Allowed, Listed, Visit, hostOf, isVisitable, links, listed } from './visits.ts'

export interface SourcesNeeds {
  readonly web: Web
  readonly inspection: Pick<Inspection, 'iconHashOf'>
  /** Between two visits of one host, where it does not ask for a longer one. */
  readonly delayMs: number
  /** With hosts that do not answer. */
  readonly patience: RetryPolicy & { readonly attempts: number }
}

export const userAgent = 'metrobus-threat-watch'
const day = 86_400_000
/** Visits of one host in a day. */
const visitsMax = 500
/** When the same address is visited again. */
const againAfterMs = { page: day, feed: 60_000, listing: 3_600_000 }
const movesMax = 5
const bytesMax = { page: 2_000_000, feed: 1_000_000, listing: 2_000_000, robots: 200_000, icon: 500_000 }
const types = {
  page: ['text/html', 'application/xhtml+xml'],
  feed: ['application/rss+xml', 'application/atom+xml', 'application/rdf+xml', 'application/xml', 'text/xml'],
  listing: ['application/json'],
}

/** When an address was visited, by host and address. */
const visited = store('visited', z.number(), { ttl: { days: 2 } })
/** How often a host was visited, by host. */
const visits = store('visits', z.object({ day: z.int(), count: z.int() }), { ttl: { days: 2 } })
/** The robots.txt of each origin, by host and origin. */
const robots = store('robots', z.string(), { ttl: { days: 1 } })
/** When a host may be visited again, by host. */
const turns = store('turns', z.number(), { ttl: { days: 1 } })

export const sources = ({ web, inspection, delayMs, patience }: SourcesNeeds) => {
  const admit = stop(
    'admit',
    { in: Visit, out: Visit, stores: { visited, visits }, effects: 'none' },
    (visit, { event, stores: { visited, visits } }) => {
      const host = hostOf(visit.url)
      const row = `${host}/${digest(visit.as, visit.url)}`
      const before = visited.get(row)
      if (before !== undefined && event.time < before + againAfterMs[visit.as]) return drop('seen-before')
      const today = Math.floor(event.time / day)
      const last = visits.get(host)
      const count = last?.day === today ? last.count : 0
      if (count >= visitsMax) return drop('enough-of-this-host')
      visited.put(row, event.time)
      visits.put(host, { day: today, count: count + 1 })
      return visit
    },
  )

  const askRobots = stop(
    'ask-robots',
    { in: Visit, out: Allowed, stores: { robots }, policy: patience },
    async (visit, { stores: { robots }, signal }) => {
      const { origin } = new URL(visit.url)
      const row = `${hostOf(visit.url)}/${origin}`
      let text = robots.get(row)
      if (text === undefined) {
        const url = `${origin}/robots.txt`
        const answer = await web.get(url, { signal, bytesMax: bytesMax.robots, acrossHosts: true })
        if (!answer.ok && mayGoAway[answer.reason]) throw new WebError(url, answer)
        // A host without rules has nothing against it. One that cannot be visited is not.
        if (!answer.ok && !['not-there', 'forbidden', 'too-many-redirects'].includes(answer.reason))
          return drop(answer.reason, answer.detail)
        text = answer.ok ? Buffer.from(answer.bytes).toString() : ''
        robots.put(row, text)
      }
      const rules = robotsOf(text, visit.url, userAgent)
      return rules.mayVisit(visit.url)
        ? { ...visit, delayMs: Math.max(delayMs, rules.delayMs) }
        : drop('robots-say-no', visit.url)
    },
  )

  const waitForTurn = stop(
    'wait-for-turn',
    { in: Allowed, out: Allowed, stores: { turns } },
    (visit, { stores: { turns } }) => {
      const host = hostOf(visit.url)
      const waitMs = (turns.get(host) ?? 0) - Date.now()
      if (waitMs > 0) return wait(waitMs)
      turns.put(host, Date.now() + visit.delayMs)
      return visit
    },
  )

  const visit = stop(
    'visit',
    { in: Allowed, emits: [links, listed, candidates], policy: patience },
    async ({ as, url, depth, moves }, { emit, signal, report }) => {
      const answer = await web.get(url, { signal, bytesMax: bytesMax[as], types: types[as] })
      if (!answer.ok) {
        if (mayGoAway[answer.reason]) throw new WebError(url, answer)
        if (answer.to === undefined) return drop(answer.reason, answer.detail)
        if (!isVisitable(answer.to)) return drop('bad-url', url)
        if (moves >= movesMax) return drop('too-many-redirects', url)
        return emit(links, { as, url: answer.to, depth, moves: moves + 1 })
      }
      const found = findings(as, answer)
      if (found === undefined) return drop(`no-${as}`, url)
      for (const fault of found.faults) report(new Error(`${url}: ${fault}`))
      for (const one of found.candidates) emit(candidates, one)
      for (const one of found.listed) emit(listed, one)
      if (depth > 0) for (const link of found.links) emit(links, { as: 'page', url: link, depth: depth - 1, moves: 0 })
      return undefined
    },
  )

  const seeIcon = stop(
    'see-icon',
    { in: Listed, emits: [candidates], policy: patience },
    async ({ app, iconUrl }, { attempt, emit, signal }) => {
      let iconHash: string | null = null
      if (iconUrl !== null) {
        const answer = await web.get(iconUrl, { signal, bytesMax: bytesMax.icon, acrossHosts: true })
        // An app is looked at without its icon rather than not at all.
        if (!answer.ok && mayGoAway[answer.reason] && attempt < patience.attempts) throw new WebError(iconUrl, answer)
        if (answer.ok) iconHash = inspection.iconHashOf(answer.bytes)
      }
      return emit(candidates, { kind: 'app', ...app, iconHash, certificates: null })
    },
  )

  const tell = stop('tell', { in: Registration, emits: [candidates], effects: 'none' }, (domain, { emit }) =>
    emit(candidates, domain),
  )

  const crawl = line('crawl').via(admit).via(askRobots).via(waitForTurn).to(visit)
  return metrobus('sources', {
    entries: [
      entry('seeds', { in: Visit, key: (seed) => hostOf(seed.url), route: crawl }),
      entry('links', { from: links, start: 'beginning', route: crawl }),
      entry('listed', { from: listed, start: 'beginning', route: seeIcon }),
      entry('registrations', { in: Registration, key: ({ host }) => host, route: tell }),
    ],
    publishes: [candidates, links, listed],
  })
}
