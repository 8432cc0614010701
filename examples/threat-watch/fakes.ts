/** What stands for the world outside in tests and simulations: pages in memory, and detectors that are told what to say. */
import type { Needs } from './needs.ts'
import type { Detector, ThreatKind } from './types.ts'
import type { Alert } from './watch/judged.ts'
import type { Alarm } from './watch/watch.ts'
import type { Answer, GetOptions, NoAnswer, Web } from './web/web.ts'

type Told = string | Uint8Array | Omit<NoAnswer, 'ok' | 'detail'>

/** Answers what it holds: a page, or why there is none. What it does not hold is not there. */
export class FakeWeb implements Web {
  readonly #pages: ReadonlyMap<string, Told>
  readonly #types: readonly (readonly [end: string, type: string])[] = [
    ['.xml', 'application/rss+xml'],
    ['.json', 'application/json'],
  ]

  constructor(pages: Readonly<Record<string, Told>>) {
    this.#pages = new Map(Object.entries(pages))
  }

  async get(url: string, _options: GetOptions): Promise<Answer | NoAnswer> {
    const told = this.#pages.get(url) ?? { reason: 'not-there' }
    if (typeof told === 'object' && 'reason' in told) return { ok: false, detail: 'as told', ...told }
    const [, contentType = 'text/html'] = this.#types.find(([end]) => url.endsWith(end)) ?? []
    return { ok: true, url, contentType, bytes: Buffer.from(told) }
  }
}

/** Keeps alerts by key. */
export class FakeAlarm implements Alarm {
  readonly raised = new Map<string, Alert>()

  async raise(alert: Alert, { idempotencyKey }: { readonly idempotencyKey: string }): Promise<void> {
    this.raised.set(idempotencyKey, alert)
  }
}

/** A threat where the word `evil` stands in the name that is looked at. */
const detector =
  (kind: ThreatKind, nameOf: (candidate: Parameters<Detector>[0]) => string | undefined): Detector =>
  (candidate, { apps }) => {
    const name = nameOf(candidate)
    if (name === undefined) return { threat: false, reason: 'other-kind' }
    if (!name.includes('evil')) return { threat: false, reason: 'not-evil' }
    const signed = candidate.kind === 'app' ? candidate.certificates : null
    if (signed?.some((one) => apps.some(({ certificates }) => certificates.includes(one))) === true)
      return { threat: false, reason: 'signed-by-client' }
    const how = signed === null ? 'name' : 'certificate'
    return { threat: true, kind, score: 0.9, evidence: [{ what: how, detail: name, score: 0.9 }] }
  }

export const fakeDetectors: Needs['detectors'] = {
  'fake-domain': detector('fake-domain', ({ kind, host }) => (kind === 'domain' ? host : undefined)),
  'fake-app': detector('fake-app', (app) => (app.kind === 'app' ? app.name : undefined)),
  keyword: detector('keyword', (read) => (read.kind === 'page' || read.kind === 'feed' ? read.text : undefined)),
}

/** A certificate is what stands in the file. */
export const fakeNeeds = (pages: Readonly<Record<string, Told>> = {}) => ({
  web: new FakeWeb(pages),
  alarm: new FakeAlarm(),
  detectors: fakeDetectors,
  inspection: {
    iconHashOf: (image: Uint8Array) => (image.length === 8 ? Buffer.from(image).toString('hex') : null),
    certificatesOf: (apk: Uint8Array) => (apk.length === 64 ? [Buffer.from(apk).toString()] : { reason: 'not-signed' }),
  },
  delayMs: 100,
  patience: { attempts: 3, backoff: 1_000 },
})
