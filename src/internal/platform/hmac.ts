/** The one place that knows a secret: signing and comparing texts with HMAC-SHA256. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Signs texts with one key that it keeps to itself. */
export interface Signer {
  /** Names the key, in public: a-z, 0-9 and "-". */
  readonly key: string
  sign(text: string): string
  /** Whether `mac` is what `sign` answers for `text`; takes the same time for every wrong one. */
  verify(text: string, mac: string): boolean
}

/** Signs with HMAC-SHA256; a mac is 43 characters of base64url. */
export function hmacSigner(key: string, secret: string | Uint8Array): Signer {
  const macOf = (text: string): Buffer => createHmac('sha256', secret).update(text).digest()
  return {
    key,
    sign: (text) => macOf(text).toString('base64url'),
    verify: (text, mac) => {
      const wanted = macOf(text)
      const given = Buffer.from(mac, 'base64url')
      // The decoder skips what is not of its alphabet, so one mac would have many spellings.
      if (given.toString('base64url') !== mac) return false
      return given.length === wanted.length && timingSafeEqual(given, wanted)
    },
  }
}
