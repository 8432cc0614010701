/** What a `retry()` outcome becomes inside: a failure that is always worth another try, after a wait of its own. */
export class Retrying {
  /** Undefined takes the policy's back-off. */
  readonly afterMs: number | undefined

  constructor(afterMs: number | undefined) {
    this.afterMs = afterMs
  }

  toString(): string {
    return 'the stop asked for another try'
  }
}

/** What a `wait()` outcome becomes inside: no failure, but the attempt has come to nothing. */
export class TooEarly {
  readonly afterMs: number

  constructor(afterMs: number) {
    this.afterMs = afterMs
  }
}

/** What a `deadLetter()` outcome becomes inside: a failure that is never worth another try. */
export class GivenUp {
  readonly slug: string
  readonly detail: string | undefined

  constructor(slug: string, detail: string | undefined) {
    this.slug = slug
    this.detail = detail
  }

  toString(): string {
    return this.detail === undefined ? this.slug : `${this.slug}: ${this.detail}`
  }
}
