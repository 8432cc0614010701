/**
 * Tokens of the admin API, kept as hashes: who reads the file can ask nothing with it.
 *
 * A token is `mbt_<id>_<secret>`: the id finds its line, and the secret is 256 random bits, which nobody can try out. That is why one SHA-256 is enough, where a password
 * would need a slow hash.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { MetrobusError } from '../errors/index.ts'
import type { Disk } from '../internal/platform/disk.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { choice, flag, form, required, several, text } from './form.ts'
import { roles } from './identity.ts'
import type { Identity, Role } from './identity.ts'
import { readTextFile, replaceTextFile } from './text-file.ts'

/** What the file keeps of a token. */
export interface KeptToken {
  readonly id: string
  /** Whose it is, as the audit log names them. */
  readonly name: string
  readonly roles: readonly Role[]
  readonly payloads: boolean
  /** RFC 3339, both. */
  readonly created: string
  readonly expires: string
  /** Of the whole token, in hexadecimal digits. */
  readonly sha256: string
}

const kept = form({
  id: required(text),
  name: required(text),
  roles: required(several(choice(...roles), roles.length)),
  payloads: required(flag),
  created: required(text),
  expires: required(text),
  sha256: required(text),
})
const file = form({ tokens: several(kept, 10_000) })

const spelled = /^mbt_([a-z0-9]{12})_[\w-]{43}$/

/** True when it was meant to be one of these tokens. */
export const isToken = (credential: string): boolean => credential.startsWith('mbt_')

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

/** What is needed to make a token. */
export interface TokenOrder {
  readonly name: string
  readonly roles: readonly Role[]
  readonly payloads: boolean
  readonly expiresAt: number
}

/** The tokens of one file. What is changed there counts from the next request on. */
export class Tokens {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #path: string

  constructor(disk: Disk, clock: Clock, path: string) {
    this.#disk = disk
    this.#clock = clock
    this.#path = path
  }

  /** Throws MB_UNAUTHENTICATED; what is wrong is told only to who holds the token. */
  async identityOf(token: string): Promise<Identity> {
    const id = spelled.exec(token)?.[1]
    const found = (await this.list()).find((one) => one.id === id)
    // Equal for every wrong token, whether its id is known or not.
    const isRight = timingSafeEqual(hashOf(token), found === undefined ? Buffer.alloc(32) : digestOf(found))
    if (found === undefined || !isRight)
      throw new MetrobusError('MB_UNAUTHENTICATED', { reason: 'the token is not known' })
    if (!(Date.parse(found.expires) > this.#clock.now()))
      throw new MetrobusError('MB_UNAUTHENTICATED', {
        reason: `the token of ${found.name} expired at ${found.expires}`,
      })
    return { name: found.name, roles: found.roles, payloads: found.payloads }
  }

  /** Throws MB_BAD_OPTIONS when the file is not one of tokens; without a file there are none. */
  async list(): Promise<readonly KeptToken[]> {
    const written = await readTextFile(this.#disk, this.#path)
    if (written === undefined) return []
    return file.readFile(written, `The file of tokens ${this.#path}`).tokens ?? []
  }

  /** Answers the token: it is nowhere else. `secret` is 32 random bytes, `id` 12 characters. */
  async create(
    order: TokenOrder,
    { id, secret }: { readonly id: string; readonly secret: Uint8Array },
  ): Promise<string> {
    const token = `mbt_${id}_${Buffer.from(secret).toString('base64url')}`
    const made: KeptToken = {
      id,
      name: order.name,
      roles: order.roles,
      payloads: order.payloads,
      created: new Date(this.#clock.now()).toISOString(),
      expires: new Date(order.expiresAt).toISOString(),
      sha256: hashOf(token).toString('hex'),
    }
    await this.#replace([...(await this.list()), made])
    return token
  }

  /** Throws MB_NOT_FOUND. */
  async revoke(id: string): Promise<void> {
    const tokens = await this.list()
    const left = tokens.filter((token) => token.id !== id)
    if (left.length === tokens.length)
      throw new MetrobusError('MB_NOT_FOUND', { kind: 'token', name: id, known: tokens.map((token) => token.id) })
    await this.#replace(left)
  }

  #replace(tokens: readonly KeptToken[]): Promise<void> {
    const text = tokens.length === 0 ? {} : { tokens }
    return replaceTextFile(this.#disk, this.#path, `${JSON.stringify(text, null, 2)}\n`)
  }
}

/** 32 bytes, whatever the file says: one that is not a hash fits no token. */
const digestOf = ({ sha256 }: KeptToken): Buffer =>
  /^[0-9a-f]{64}$/.test(sha256) ? Buffer.from(sha256, 'hex') : Buffer.alloc(32)
