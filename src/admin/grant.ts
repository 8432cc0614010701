/** What is granted to whom a certificate or an identity provider names. */
import { byName, choice, flag, form, required, several } from './form.ts'
import type { Field } from './form.ts'
import { roles } from './identity.ts'
import type { Identity, Role } from './identity.ts'

/** Roles, and whether payloads may be seen. */
export interface Grant {
  readonly roles: readonly Role[]
  /** Default: false. */
  readonly payloads?: boolean
}

export const grants: Field<Readonly<Record<string, Grant>>> = byName(
  form({ roles: required(several(choice(...roles), roles.length)), payloads: flag }),
)

/** Whoever holds all of these; without any, somebody who may ask nothing. */
export function identityFrom(name: string, held: readonly Grant[]): Identity {
  return {
    name,
    roles: [...new Set(held.flatMap((grant) => grant.roles))],
    payloads: held.some(({ payloads }) => payloads === true),
  }
}
