/** What was done and by whom, and what waits for a second one. */
import { MetrobusError } from '../errors/index.ts'
import type { Approvals, Proposal } from './approvals.ts'
import type { AuditHead, AuditLog } from './audit.ts'
import { form, integer } from './form.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { anything, list, nullable, number, object, record, string, time } from './schema.ts'

const linesMax = 1_000
const linesDefault = 100

const proposal = object({
  id: string,
  act: string,
  asked: string,
  command: string,
  told: record(anything),
  proposer: string,
  approver: nullable(string),
  expires: time,
})

const head = object({ lines: number, hash: string })

/** Both may be missing: then there is nothing to be seen. */
export interface Oversight {
  readonly audit: AuditLog | undefined
  readonly approvals: Approvals | undefined
}

export function oversightRoutes({ audit, approvals }: Oversight): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/audit',
      does: 'Reads the audit log behind a line, and where it stands: keep the hash elsewhere, and a log that was cut is found out.',
      needs: 'auditor',
      query: form({
        after: integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        count: integer({ min: 1, max: linesMax }),
      }),
      answer: object({ lines: list(record(anything)), head }),
      async serve({ query: { after = 0, count = linesDefault } }) {
        const head: AuditHead = (await audit?.head()) ?? { lines: 0, hash: '' }
        return { lines: (await audit?.lines({ after, count })) ?? [], head }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/approvals',
      does: 'Lists the acts that wait for a second one, or were approved and not done yet.',
      needs: 'viewer',
      answer: object({ approvals: list(proposal) }),
      serve: () => ({ approvals: (approvals?.list() ?? []).map(proposalAnswer) }),
    }),
    route({
      method: 'POST',
      path: '/v1/approvals/:id/approve',
      does: 'Approves an act that somebody else has asked for: they may then ask for it once more, word for word.',
      needs: 'operator',
      act: 'approve',
      answer: proposal,
      serve({ params: { id }, identity }) {
        if (approvals === undefined) throw new MetrobusError('MB_NOT_FOUND', { kind: 'proposal', name: id })
        return proposalAnswer(approvals.approve(id, identity))
      },
    }),
  ]
}

const proposalAnswer = ({ id, act, asked, command, told, proposer, approver, expiresAt }: Proposal) => ({
  id,
  act,
  asked,
  command,
  told: { ...told },
  proposer,
  approver: approver ?? null,
  expires: new Date(expiresAt).toISOString(),
})
