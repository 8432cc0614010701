/** What the apps need of the world outside. In tests, in simulations and in the demonstration something else stands for some of it. */
import { detectors } from './detect/detectors.ts'
import { certificatesOf } from './detect/fake-app/apk/certificates.ts'
import { iconHashOf } from './detect/fake-app/icon-hash.ts'
import { userAgent } from './sources/sources.ts'
import type { SourcesNeeds } from './sources/sources.ts'
import type { WatchNeeds } from './watch/watch.ts'
import { SafeWeb } from './web/safe-web.ts'
import { Webhook } from './webhook.ts'

export type Needs = SourcesNeeds & WatchNeeds

const { WEBHOOK_URL: webhookUrl = 'http://127.0.0.1:8081/alerts' } = process.env

export const realNeeds = (): Needs => ({
  web: new SafeWeb({ userAgent }),
  inspection: { iconHashOf, certificatesOf },
  detectors,
  alarm: new Webhook(webhookUrl),
  delayMs: 1_000,
  patience: { attempts: 5, backoff: { first: 1_000, factor: 4, max: 60_000 } },
})
