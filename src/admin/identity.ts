/** Who asks, and what that one may do. */

/** What a route can need. `auditor` stands beside the others: who reads the audit log need not be able to act, and who acts need not read it. */
export type Role = 'viewer' | 'operator' | 'admin' | 'auditor'

export const roles: readonly Role[] = ['viewer', 'operator', 'admin', 'auditor']

/** Whoever asks. */
export interface Identity {
  /** As the audit log names it. */
  readonly name: string
  readonly roles: readonly Role[]
  /** May see what events and rows hold: a right of its own, in no role. */
  readonly payloads: boolean
}

/** What is needed to be answered. */
export interface Right {
  readonly needs: Role
  readonly payloads: boolean
}

/** Whoever may open the socket file, or sits at this machine, holds the journal itself: nothing can be kept from them. */
export const thisMachine: Identity = { name: 'this machine', roles, payloads: true }

const held: Readonly<Record<Role, readonly Role[]>> = {
  viewer: ['viewer'],
  operator: ['viewer', 'operator'],
  admin: ['viewer', 'operator', 'admin'],
  auditor: ['viewer', 'auditor'],
}

/** True when one of the roles holds what is needed, and payloads are shown only to whom they may be. */
export function mayAsk(identity: Identity, { needs, payloads }: Right): boolean {
  return identity.roles.some((role) => held[role].includes(needs)) && (identity.payloads || !payloads)
}

/** The right in words. */
export const rightText = ({ needs, payloads }: Right): string =>
  `the role ${needs}${payloads ? ' and the right to see payloads' : ''}`
