/**
 * How a program gets at a cluster: TLS and login, checked before anything is opened. What is misspelt is refused, since a `tsl` that is passed over would
 * be a connection without TLS; and the certificate and host name of a broker are verified whatever the options say.
 */
import type { ConnectionOptions } from 'node:tls'
import { closest } from '../../errors/closest.ts'

type Pem = string | Buffer

/** TLS to the brokers; certificates and keys as PEM. The certificate of a broker and its host name are always verified. */
export interface KafkaTls {
  /** Who vouches for the brokers. Default: the authorities that Node knows. */
  readonly ca?: Pem | readonly Pem[]
  /** The certificate of this program, where brokers ask for one; with `key`. */
  readonly cert?: Pem
  /** The key of `cert`. */
  readonly key?: Pem
  /** Opens an encrypted `key`. */
  readonly passphrase?: string
  /** Default: Node's, which is 'TLSv1.2'. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** A secret, or a function that is asked for it at every login. */
export type KafkaSecret = string | (() => string | Promise<string>)

/** How this program logs in. */
export type KafkaLogin =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: KafkaSecret
      readonly password: KafkaSecret
    }
  | { readonly mechanism: 'OAUTHBEARER'; readonly token: KafkaSecret }

const ofTls: Readonly<Record<keyof KafkaTls, true>> = {
  ca: true,
  cert: true,
  key: true,
  passphrase: true,
  minVersion: true,
}

/** The words of each mechanism beside its name. */
const ofLogin: Readonly<Record<KafkaLogin['mechanism'], readonly string[]>> = {
  PLAIN: ['username', 'password'],
  'SCRAM-SHA-256': ['username', 'password'],
  'SCRAM-SHA-512': ['username', 'password'],
  OAUTHBEARER: ['token'],
}

/** Adds a fault for each option that there is not, with the one that was probably meant. */
export function refuseUnknown(path: string, options: object, known: readonly string[], faults: string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const meant = closest(name, known)
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `"${meant}" is`
    faults.push(`"${path}${name}" is no option, ${hint}`)
  }
}

/** As sockets take it; undefined for none. Adds what is wrong to `faults`. */
export function tlsOf(tls: boolean | KafkaTls, faults: string[]): ConnectionOptions | undefined {
  if (tls === false) return undefined
  const given: KafkaTls = tls === true ? {} : tls
  if (typeof given !== 'object' || given === null) {
    faults.push(`tls must be true, false or an object, not ${JSON.stringify(tls)}`)
    return undefined
  }
  refuseUnknown('tls.', given, Object.keys(ofTls), faults)
  if ((given.cert === undefined) !== (given.key === undefined)) faults.push('tls.cert and tls.key go together')
  const { ca, ...rest } = given
  return {
    ...rest,
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    // Said outright, because Node lets an environment variable turn it off where nothing is said.
    rejectUnauthorized: true,
  }
}

/** Adds what is wrong with a login to `faults`. */
export function checkLogin(login: KafkaLogin | undefined, faults: string[]): void {
  if (login === undefined) return
  if (typeof login !== 'object' || login === null) {
    faults.push('sasl must be an object with a mechanism')
    return
  }
  const words = Object.hasOwn(ofLogin, login.mechanism) ? ofLogin[login.mechanism] : undefined
  if (words === undefined) {
    const mechanisms = Object.keys(ofLogin).join(', ')
    faults.push(`sasl.mechanism must be one of ${mechanisms}, not ${JSON.stringify(login.mechanism)}`)
    return
  }
  refuseUnknown('sasl.', login, ['mechanism', ...words], faults)
  for (const word of words) {
    const secret = (login as Readonly<Record<string, unknown>>)[word]
    const isGiven = typeof secret === 'function' || (typeof secret === 'string' && secret !== '')
    if (!isGiven) faults.push(`sasl.${word} must be a text or a function that gives one`)
  }
}
