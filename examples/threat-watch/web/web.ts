/** The web, as the stops see it: an answer, or a reason why there is none. Nothing that a stranger's server does is an exception. */

export interface Web {
  /**
   * Rejects only when `signal` aborts. The body of an answer has `bytesMax` bytes at most, decompressed.
   */
  get(url: string, options: GetOptions): Promise<Answer | NoAnswer>
}

export interface GetOptions {
  readonly signal: AbortSignal
  /** Of the body; longer ones are refused, not cut. */
  readonly bytesMax: number
  /** Media types that are wanted, such as `text/html`; another one is `other-content`, and not read. Default: any. */
  readonly types?: readonly string[]
  /** A redirect to another host is followed, too. Without it such a one is `moved`: whoever is polite asks that host's robots.txt first. Default: false. */
  readonly acrossHosts?: boolean
}

export interface Answer {
  readonly ok: true
  /** After redirects. */
  readonly url: string
  /** As the server says: `text/html; charset=utf-8`. */
  readonly contentType: string
  readonly bytes: Uint8Array
}

export interface NoAnswer {
  readonly ok: false
  readonly reason: Reason
  /** One sentence for whoever wonders. */
  readonly detail: string
  /** With `moved`: where to. */
  readonly to?: string
}

/** By which pages that are not read are counted. */
export type Reason = keyof typeof mayGoAway

/** Whether it may be otherwise the next time, so that it is worth another try. */
export const mayGoAway = {
  'bad-url': false,
  'private-address': false,
  'no-such-host': false,
  'not-there': false,
  forbidden: false,
  'other-content': false,
  moved: false,
  'too-many-redirects': false,
  'too-large': false,
  'zip-bomb': false,
  'bad-encoding': false,
  'bad-http': false,
  'slow-headers': true,
  'slow-body': true,
  unreachable: true,
  'server-error': true,
} as const

/** A page that is not answered now, but may be later: thrown, so that the policy of the stop decides. */
export class WebError extends Error {
  /** What its dead letter is counted by. */
  override readonly name: Reason

  constructor(url: string, { reason, detail }: NoAnswer) {
    super(`${url} was not read: ${detail}`)
    this.name = reason
  }
}
