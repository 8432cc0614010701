/** Compares a candidate with each client, with one detector. */
import { wait } from '../../../src/index.ts'
import type { HandlerContext, Wait } from '../../../src/index.ts'
import type { Detector } from '../types.ts'
import type { Judged } from './judged.ts'
import { clientsMax } from './shelves.ts'
import type { knowledge } from './shelves.ts'

/** What a detector throws, it throws again. */
export const comparing = { attempts: 1 }

export const compare =
  (detect: Detector) =>
  (judged: Judged, { event, stores }: HandlerContext<never, { knowledge: typeof knowledge }>): Judged | Wait => {
    const known = stores.knowledge.range({ prefix: `${event.key}/`, limit: clientsMax })
    if (known.length === 0) return wait({ seconds: 1 })
    const { candidate } = judged
    const threats = [...judged.threats]
    const reasons = new Set(judged.reasons)
    for (const { value } of known) {
      const verdict = detect(candidate, value)
      if (!verdict.threat) reasons.add(verdict.reason)
      else {
        const isOfFile = candidate.kind === 'app' && candidate.apkUrl !== null && verdict.kind === 'fake-app'
        threats.push({ client: value.client, threat: verdict, knowledge: isOfFile ? value : null })
      }
    }
    return { candidate, threats, reasons: [...reasons] }
  }
