/** Why the certificates of a file are not known. */
export type Reason =
  /** It is no ZIP file, or the end of one is missing. */
  | 'no-apk'
  /** It is larger than what is read. */
  | 'too-large'
  /** It says, or shows, that it unpacks to much more than an app has. */
  | 'zip-bomb'
  /** Nobody has signed it. */
  | 'not-signed'
  /** More than one has signed it, and stores take no such files. */
  | 'several-signers'
  /** It is signed by means that are no longer trusted, or not known here. */
  | 'unknown-signature'
  /** The signature is not that of the certificate, or not of this file: somebody changed it. */
  | 'wrong-signature'
  /** A newer signature was taken out. */
  | 'stripped-signature'
  /** Its parts do not fit together. */
  | 'broken'

export class Fault extends Error {
  readonly reason: Reason

  constructor(reason: Reason) {
    super(reason)
    this.name = 'Fault'
    this.reason = reason
  }
}

export function check(holds: boolean, reason: Reason): asserts holds {
  if (!holds) throw new Fault(reason)
}
