/**
 * Compares every candidate with every client, and raises an alert for each threat, once: to a webhook, and to a store that the page of alerts shows. What is no threat ends here,
 * counted by the reason.
 */
import * as z from 'zod'
import { drop, entry, line, metrobus, split, stop, store, switchStop } from '../../../src/index.ts'
import type { RetryPolicy } from '../../../src/index.ts'
import { digest } from '../digest.ts'
import { hostOf } from '../sources/visits.ts'
import { candidates } from '../topics.ts'
import { Candidate, Client } from '../types.ts'
import type { AppListing, Detector, Evidence, Inspection, ThreatKind } from '../types.ts'
import { WebError, mayGoAway } from '../web/web.ts'
import type { Web } from '../web/web.ts'
import { clean } from './clean.ts'
import { compare, comparing } from './compare.ts'
import { Alert, Judged, alertOf } from './judged.ts'
import { learn } from './learn.ts'
import { allShelves, knowledge, shelfOf, shelves } from './shelves.ts'

export interface WatchNeeds {
  readonly web: Web
  readonly inspection: Inspection
  readonly detectors: Readonly<Record<ThreatKind, Detector>>
  readonly alarm: Alarm
  /** With hosts that do not answer. */
  readonly patience: RetryPolicy & { readonly attempts: number }
}

/** Whoever is to be told. A key that it has seen is the same alert. */
export interface Alarm {
  raise(alert: Alert, call: { readonly idempotencyKey: string; readonly signal: AbortSignal }): Promise<void>
}

const apkBytesMax = 100_000_000
/** What a candidate was when it was last compared, by host and candidate. */
const seen = store('seen', z.string(), { ttl: { days: 30 } })
/** By the id of the alert. A threat that is found again within this time is not news. */
export const alerts = store('alerts', z.object({ ...Alert.shape, times: z.int() }), { ttl: { days: 90 } })

export const watch = ({ web, inspection, detectors, alarm, patience }: WatchNeeds) => {
  const cleanUp = stop('clean', { in: Candidate, out: Candidate, effects: 'none' }, clean)
  const once = stop(
    'once',
    { in: Candidate, out: Judged, stores: { seen }, key: ({ candidate }) => shelfOf(candidate.host), effects: 'none' },
    (candidate, { text, stores: { seen } }) => {
      const name = candidate.kind === 'domain' ? candidate.host : candidate.url
      const row = `${candidate.host}/${digest(candidate.kind, name)}`
      const content = digest(text)
      if (seen.get(row) === content) return drop('seen-before')
      seen.put(row, content)
      return { candidate, threats: [], reasons: [] }
    },
  )

  const compared = { in: Judged, out: Judged, stores: { knowledge }, effects: 'none', policy: comparing } as const
  const fakeDomain = stop('fake-domain', compared, compare(detectors['fake-domain']))
  const fakeApp = stop('fake-app', compared, compare(detectors['fake-app']))
  const keyword = stop('keyword', { ...compared, key: hostInDoubt }, compare(detectors.keyword))

  const certify = stop(
    'certify',
    { in: Judged, out: Alert, key: ({ id }) => id, policy: patience },
    async (judged, { attempt, signal }) => {
      const { candidate, threats } = judged
      if (candidate.kind !== 'app' || candidate.apkUrl === null || threats.every(({ knowledge }) => knowledge === null))
        return split(threats.map(({ client, threat }) => alertOf(judged, client, threat)))
      const url = candidate.apkUrl
      const answer = await web.get(url, { signal, bytesMax: apkBytesMax, acrossHosts: true })
      // Whoever cannot be asked about a fake app is not waited for: the alert goes out without this.
      if (!answer.ok && mayGoAway[answer.reason] && attempt < patience.attempts) throw new WebError(url, answer)
      const read = answer.ok ? inspection.certificatesOf(answer.bytes) : answer
      const raised = bySignature(judged, candidate, 'reason' in read ? read.reason : read)
      return raised.length === 0 ? drop('signed-by-client') : split(raised)
    },
  )
  const bySignature = (judged: Judged, app: AppListing, read: readonly string[] | string): Alert[] =>
    judged.threats.flatMap(({ client, threat, knowledge }) => {
      if (knowledge === null) return [alertOf(judged, client, threat)]
      if (typeof read === 'string')
        return [alertOf(judged, client, { ...threat, evidence: [...threat.evidence, unread(read)] })]
      const verdict = detectors['fake-app']({ ...app, certificates: read }, knowledge)
      return verdict.threat ? [alertOf(judged, client, verdict)] : []
    })

  const raiseOnce = stop('raise-once', { in: Alert, out: Alert, stores: { alerts }, effects: 'none' }, (alert, ctx) => {
    const times = ctx.stores.alerts.get(alert.id)?.times ?? 0
    ctx.stores.alerts.put(alert.id, { ...alert, times: times + 1 })
    return times === 0 ? alert : drop('raised-before')
  })
  const notify = stop(
    'notify',
    { in: Alert, policy: { attempts: Infinity, backoff: { first: 200, max: 60_000 } } },
    (alert, { idempotencyKey, signal }) => alarm.raise(alert, { idempotencyKey, signal }),
  )
  const alert = line('alert').via(certify).via(raiseOnce).to(notify)

  const ignore = stop('ignore', { in: Judged, effects: 'none' }, ({ reasons }) =>
    drop(reasons.find((reason) => reason !== 'other-kind') ?? 'other-kind'),
  )
  const decide = switchStop('decide', { in: Judged, lines: { alert, ignore }, effects: 'none' }, ({ threats }) =>
    threats.length > 0 ? 'alert' : 'ignore',
  )

  const study = stop(
    'study',
    {
      in: Client,
      emits: [shelves],
      // Several fetches, one after the other.
      policy: { attempts: Infinity, backoff: { first: 1_000, max: 600_000 }, deadline: { seconds: 120 } },
    },
    async (client, { emit, signal }) => {
      const known = await learn(client, { web, inspection }, signal)
      for (const shelf of allShelves) emit(shelves, { shelf, knowledge: known })
    },
  )

  const watching = line('watch').via(cleanUp).via(once).via(fakeDomain).via(fakeApp).via(keyword).to(decide)
  return metrobus('watch', {
    entries: [
      entry('candidates', { from: candidates, start: 'beginning', route: watching }),
      entry('clients', { in: Client, key: ({ domain }) => domain, route: study }),
      shelves,
    ],
  })
}

const unread = (reason: string): Evidence => ({ what: 'file', detail: `its file was not read: ${reason}`, score: 0 })

/** Whoever has to be asked about what looks like a threat: one host after the other waits for itself alone. */
const hostInDoubt = ({ candidate }: Judged): string =>
  candidate.kind === 'app' && candidate.apkUrl !== null ? hostOf(candidate.apkUrl) : candidate.host
