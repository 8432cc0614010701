/** A candidate on its way through the detectors, and the alert that becomes of it. */
import * as z from 'zod'
import type { Data } from '../../../src/index.ts'
import { digest } from '../digest.ts'
import { Candidate, Client, Evidence, Knowledge, Threat, ThreatKind } from '../types.ts'

export const Judged = z.object({
  candidate: Candidate,
  threats: z.array(
    z.object({
      client: Client,
      threat: Threat,
      /** Of an app whose file is to be looked at: what to compare it with. */
      knowledge: Knowledge.nullable(),
    }),
  ),
  /** Why it is none, as far as detectors have said. */
  reasons: z.array(z.string()),
})
export type Judged = Data<typeof Judged>

export const Alert = z.object({
  /** The same for the same threat to the same client, however often it is found. */
  id: z.string(),
  client: Client,
  kind: ThreatKind,
  score: Threat.shape.score,
  /** The address or the domain that threatens. */
  subject: z.string(),
  title: z.string(),
  evidence: z.array(Evidence),
})
export type Alert = Data<typeof Alert>

export function alertOf({ candidate }: Judged, client: Client, { kind, score, evidence }: Data<typeof Threat>): Alert {
  const subject = candidate.kind === 'domain' ? candidate.host : candidate.url
  const title =
    candidate.kind === 'domain' ? candidate.host : candidate.kind === 'app' ? candidate.name : candidate.title
  return { id: digest(client.domain, kind, subject), client, kind, score, subject, title, evidence }
}
