/**
 * The signed slip: proves that the holder of a key wrote this itinerary for this event. It does not prove that the event is
 * fresh, for a copy is a redelivery; and it does not cover the visits behind, which are never trusted.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Signer } from '../internal/platform/hmac.ts'
import { checkSlip, lineOfSlip, startOfAhead, startOfBehind } from './slip.ts'

/** Whom a slip was written for. */
export interface SlipBearer {
  /** The event's id. */
  readonly id: string
  /** Its hops so far. */
  readonly hop: number
}

/** A key that is accepted from outside, with the app that holds it and the lines that it may use. */
export interface AcceptedKey {
  readonly signer: Signer
  readonly app: string
  readonly lines: readonly string[]
}

/** The slip with a signature of `app` for this event, in the place of any that it had. */
export function signSlip(slip: string, bearer: SlipBearer, app: string, signer: Signer): string {
  const bare = slip.slice(startOfAhead(slip))
  return `!${signer.key}.${signer.sign(signedText(bare, bearer, app, signer.key))}!${bare}`
}

/**
 * Refuses with MB_SLIP_FORGED a slip that no accepted key signed for this event and line, and with MB_BAD_SLIP what is no slip.
 * Answers the key that signed it.
 */
export function verifySlip(slip: string, bearer: SlipBearer, accepted: readonly AcceptedKey[]): AcceptedKey {
  checkSlip(slip)
  const start = startOfAhead(slip)
  if (start === 0) throw forged(bearer, 'it is not signed')
  const [key = '', mac = ''] = slip.slice(1, start - 1).split('.')
  const bare = slip.slice(start)
  const holder = accepted.find(({ signer }) => signer.key === key)
  if (holder === undefined) throw forged(bearer, `the key "${key}" is not accepted here`)
  if (!holder.signer.verify(signedText(bare, bearer, holder.app, key), mac))
    throw forged(bearer, `it is not what the key "${key}" of the app "${holder.app}" signed`)
  const line = lineOfSlip(bare)
  if (!holder.lines.includes(line)) throw forged(bearer, `the key "${key}" may not be used for the line "${line}"`)
  return holder
}

/** As JSON, because an event's id may hold any character and no two lists of fields may give one text. */
function signedText(bare: string, { id, hop }: SlipBearer, app: string, key: string): string {
  return JSON.stringify([key, app, id, hop, bare.slice(0, startOfBehind(bare))])
}

const forged = ({ id }: SlipBearer, reason: string): MetrobusError =>
  new MetrobusError('MB_SLIP_FORGED', { id, reason })
