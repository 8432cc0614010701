/** JSON Web Tokens of an identity provider (OIDC), checked by `jose`: algorithm, issuer and audience are pinned, and what the provider says of roles is translated. */
import type { JSONWebKeySet, JWTPayload, JWTVerifyGetKey } from 'jose'
import { MetrobusError } from '../errors/index.ts'
import type { Disk } from '../internal/platform/disk.ts'
import type { Clock } from '../internal/platform/platform.ts'
import type { Grant } from './grant.ts'
import { identityFrom } from './grant.ts'
import type { Identity } from './identity.ts'
import { readTextFile } from './text-file.ts'

/** Whose JSON Web Tokens count. */
export interface JwtOptions {
  /** The `iss` of the provider, letter by letter. */
  readonly issuer: string
  /** The `aud` that stands for this app. A token for another one is refused. */
  readonly audience: string
  /** Asymmetric ones only: with a shared secret, who checks a token could also make one. Default: RS256, ES256 and EdDSA. */
  readonly algorithms?: readonly JwtAlgorithm[]
  /** The provider's key set: its https address, or the path of a file. */
  readonly keys: string
  /** The claim that holds a text or a list of them. Default: `roles`. */
  readonly claim?: string
  /** What each of its values is granted; other values grant nothing. */
  readonly grants: Readonly<Record<string, Grant>>
}

export const jwtAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const

export type JwtAlgorithm = (typeof jwtAlgorithms)[number]

const algorithmsDefault: readonly JwtAlgorithm[] = ['RS256', 'ES256', 'EdDSA']
/** Clocks of two machines differ. */
const toleranceSeconds = 5

/** Checks tokens; the keys are looked up on first use. */
export function jwtChecker(options: JwtOptions, disk: Disk, clock: Clock): (token: string) => Promise<Identity> {
  const { issuer, audience, algorithms = algorithmsDefault, claim = 'roles', grants } = options
  let keys: Promise<JWTVerifyGetKey> | undefined
  return async (token) => {
    const { jwtVerify } = await import('jose')
    keys ??= keysOf(options.keys, disk)
    try {
      const { payload } = await jwtVerify(token, await keys, {
        algorithms: [...algorithms],
        issuer,
        audience,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: toleranceSeconds,
        currentDate: new Date(clock.now()),
      })
      return identityFrom(payload.sub!, grantsIn(payload, claim, grants))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new MetrobusError('MB_UNAUTHENTICATED', { reason: `the JSON Web Token is refused (${reason})` }, { cause })
    }
  }
}

function grantsIn(payload: JWTPayload, claim: string, grants: Readonly<Record<string, Grant>>): readonly Grant[] {
  const values: readonly unknown[] = [payload[claim]].flat()
  return values.flatMap((value) => (typeof value === 'string' && Object.hasOwn(grants, value) ? grants[value]! : []))
}

async function keysOf(keys: string, disk: Disk): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet, createRemoteJWKSet } = await import('jose')
  if (keys.startsWith('https:')) return createRemoteJWKSet(new URL(keys))
  return createLocalJWKSet(JSON.parse((await readTextFile(disk, keys)) ?? '') as JSONWebKeySet)
}
