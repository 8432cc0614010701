/**
 * Who asks: by a token of ours, a JSON Web Token of an identity provider, or the certificate of a TLS connection.
 *
 * Invariants:
 *  A1 a request with a credential that does not hold is refused, whatever else it brings;
 *  A2 a request without any is refused.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Disk } from '../internal/platform/disk.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { choice, form, required, several, text } from './form.ts'
import type { Form } from './form.ts'
import { grants, identityFrom } from './grant.ts'
import type { Grant } from './grant.ts'
import type { Identity } from './identity.ts'
import { jwtAlgorithms, jwtChecker } from './jwt.ts'
import type { JwtOptions } from './jwt.ts'
import { isToken, Tokens } from './tokens.ts'

/** The ways to be known; at least one. */
export interface AccessOptions {
  /** Path of the file that `metrobus admin token create` writes. */
  readonly tokens?: string
  readonly jwt?: JwtOptions
  /** What the subject of a client's certificate is granted, as `CN=ann,O=Acme`, its parts in the order of the certificate. Needs `tls` with a `ca`. */
  readonly certificates?: Readonly<Record<string, Grant>>
}

/** What a connection knows of its other end: the subject of a certificate that the server has checked. */
export interface Peer {
  readonly subject: string | undefined
}

/** Answers who asks, or rejects with MB_UNAUTHENTICATED. */
export type Identify = (request: Request, peer: Peer) => Promise<Identity>

/** The form of these options, for a file of them. */
export const accessForm: Form<AccessOptions> = form(
  {
    tokens: text,
    jwt: form(
      {
        issuer: required(text),
        audience: required(text),
        algorithms: several(choice(...jwtAlgorithms), jwtAlgorithms.length),
        keys: required(text),
        claim: text,
        grants: required(grants),
      },
      ({ keys }) =>
        keys?.startsWith('http:') === true ? '"keys" must come from an https address, or from a file' : undefined,
    ),
    certificates: grants,
  },
  ({ tokens, jwt, certificates }) =>
    tokens === undefined && jwt === undefined && certificates === undefined
      ? 'one of "tokens", "jwt" and "certificates" is needed'
      : undefined,
)

/** Throws MB_BAD_OPTIONS. */
export function accessOf(options: AccessOptions, disk: Disk, clock: Clock): Identify {
  const { tokens, jwt, certificates = {} } = accessForm.readOptions(options, 'The access to the admin API')
  const known = tokens === undefined ? undefined : new Tokens(disk, clock, tokens)
  const checkJwt = jwt === undefined ? undefined : jwtChecker(jwt, disk, clock)
  return async (request, { subject }) => {
    const credential = credentialOf(request)
    if (credential !== undefined) {
      if (isToken(credential) && known !== undefined) return known.identityOf(credential)
      if (!isToken(credential) && checkJwt !== undefined) return checkJwt(credential)
      throw new MetrobusError('MB_UNAUTHENTICATED', { reason: 'a credential of this kind is not taken here' })
    }
    if (subject !== undefined && Object.hasOwn(certificates, subject))
      return identityFrom(subject, [certificates[subject]!])
    const reason =
      subject === undefined ? 'the request brings no credential' : `the certificate of "${subject}" is granted nothing`
    throw new MetrobusError('MB_UNAUTHENTICATED', { reason })
  }
}

/** Of `Bearer`, or the password of `Basic` with any name, for programs that know nothing else. */
function credentialOf({ headers }: Request): string | undefined {
  const header = headers.get('authorization')
  if (header === null) return undefined
  const [, scheme = '', value = ''] = /^(\S+) +(\S+)$/.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return ''
  const pair = Buffer.from(value, 'base64').toString()
  return pair.slice(pair.indexOf(':') + 1)
}
