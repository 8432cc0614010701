import type { Record } from '../event/record.ts'
/**
 * Signs itineraries and verifies those that come back from the bus. A signature proves that a holder of the key wrote this slip for this event, not that it is
 * fresh: a copy is a redelivery.
 */
import { hmacSigner, type Signer } from '../internal/platform/hmac.ts'
import { type AcceptedKey, signSlip, verifySlip } from '../itinerary/signature.ts'
import type { SigningOptions } from './options.ts'

export class SlipGuard {
  readonly #app: string
  readonly #signer: Signer
  readonly #accepted: readonly AcceptedKey[]

  /** `lines` are those of the app itself, which its own key may use. */
  constructor(app: string, lines: readonly string[], options: SigningOptions) {
    this.#app = app
    this.#signer = hmacSigner(options.key, options.secret)
    const others = (options.accept ?? []).map(({ key, secret, app: holder, lines: allowed }) => ({
      signer: hmacSigner(key, secret),
      app: holder,
      lines: allowed,
    }))
    this.#accepted = [{ signer: this.#signer, app, lines }, ...others]
  }

  sign(slip: string, id: string, hop: number): string {
    return signSlip(slip, { id, hop }, this.#app, this.#signer)
  }

  /** Throws MB_SLIP_FORGED or MB_BAD_SLIP. */
  verify({ slip, id, hop }: Record): void {
    verifySlip(slip, { id, hop }, this.#accepted)
  }
}
