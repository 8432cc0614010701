/**
 * Acts that take two: one who asks for them, and another who approves.
 *
 * Invariants:
 *  P1 an approval is for one command, word for word, of one proposer, once, until it expires;
 *  P2 nobody approves what they have proposed themselves;
 *  P3 what is proposed is kept in this process alone: after a new start it has to be proposed again.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Clock } from '../internal/platform/platform.ts'
import type { ActKind } from './act.ts'
import type { Identity } from './identity.ts'

/** When an act takes two. */
export interface ApprovalRule {
  /** Only when it concerns more events than this. Default: always. An act that cannot tell how many it concerns always takes two. */
  readonly above?: number
}

/** What a proposal is about. */
export interface Command {
  readonly act: ActKind
  /** Its method and path, as it was asked. */
  readonly asked: string
  /** SHA-256 of all of it. */
  readonly command: string
  /** What was asked, without what may hold payloads. */
  readonly told: object
}

/** An act that waits for another, or was approved by one. */
export interface Proposal extends Command {
  readonly id: string
  readonly proposer: string
  readonly approver: string | undefined
  readonly expiresAt: number
}

const validMs = 15 * 60_000
const proposalsMax = 1_000

/** The proposals of one app. */
export class Approvals {
  readonly #rules: Readonly<Partial<Record<ActKind, ApprovalRule>>>
  readonly #clock: Clock
  readonly #newId: () => string
  readonly #proposals: Map<string, Proposal> = new Map()

  constructor(rules: Readonly<Partial<Record<ActKind, ApprovalRule>>>, clock: Clock, newId: () => string) {
    this.#rules = rules
    this.#clock = clock
    this.#newId = newId
  }

  /** Whether the act takes two; `weigh` counts the events that it concerns, and is asked only where that matters. */
  async isNeeded(act: ActKind, weigh: (() => Promise<number>) | undefined): Promise<boolean> {
    const rule = this.#rules[act]
    if (rule === undefined) return false
    return rule.above === undefined || weigh === undefined || (await weigh()) > rule.above
  }

  /** Uses up the approval of this command of this proposer, and answers who gave it; without one, proposes it and throws MB_APPROVAL_NEEDED. */
  use(command: Command, { name: proposer }: Identity): string {
    const known = this.list().find((one) => one.command === command.command && one.proposer === proposer)
    if (known?.approver !== undefined) {
      this.#proposals.delete(known.id)
      return known.approver
    }
    const { id, expiresAt } = known ?? this.#propose(command, proposer)
    throw new MetrobusError('MB_APPROVAL_NEEDED', { act: command.act, id, until: new Date(expiresAt).toISOString() })
  }

  /** Throws MB_NOT_FOUND for what nobody proposes any more, and MB_OWN_PROPOSAL. */
  approve(id: string, { name: approver }: Identity): Proposal {
    const proposal = this.list().find((one) => one.id === id)
    if (proposal === undefined) throw new MetrobusError('MB_NOT_FOUND', { kind: 'proposal', name: id })
    if (proposal.proposer === approver) throw new MetrobusError('MB_OWN_PROPOSAL', { id, identity: approver })
    // The first one counts.
    const approved = { ...proposal, approver: proposal.approver ?? approver }
    this.#proposals.set(id, approved)
    return approved
  }

  /** What has not expired, oldest first. */
  list(): readonly Proposal[] {
    const now = this.#clock.now()
    for (const { id, expiresAt } of this.#proposals.values()) if (expiresAt <= now) this.#proposals.delete(id)
    return [...this.#proposals.values()]
  }

  #propose(command: Command, proposer: string): Proposal {
    const id = this.#newId()
    const proposal: Proposal = {
      ...command,
      id,
      proposer,
      approver: undefined,
      expiresAt: this.#clock.now() + validMs,
    }
    if (this.#proposals.size >= proposalsMax) throw new MetrobusError('MB_TOO_MANY_PROPOSALS', { proposalsMax })
    this.#proposals.set(id, proposal)
    return proposal
  }
}
