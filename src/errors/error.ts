/**
 * The one error class of Metrobus. What happened is told by `code`, which is permanent; what the runtime does next is told
 * by `family`, which is total: every error, also one that is not ours, has exactly one family.
 */
import { catalogue } from './catalogue.ts'

/** What happens next: `retry` the same work later, `stop` the process or the start, `park` the event, `refuse` the caller. */
export type ErrorFamily = 'retry' | 'stop' | 'park' | 'refuse'

/** Every permanent code. A code is never reused for another meaning. */
export type ErrorCode = keyof typeof catalogue

/** The typed facts that the sentence of a code is built from. */
export type ErrorFacts<Code extends ErrorCode> = Parameters<(typeof catalogue)[Code]['message']>[0]

/** A failure with a permanent code, a family, and the facts that its sentence is made of. */
export class MetrobusError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code
  readonly family: ErrorFamily
  readonly facts: ErrorFacts<Code>

  constructor(code: Code, facts: ErrorFacts<Code>, options?: { readonly cause?: unknown }) {
    const entry = catalogue[code]
    super((entry.message as (facts: unknown) => string)(facts), options)
    this.name = 'MetrobusError'
    this.code = code
    this.family = entry.family
    this.facts = facts
  }
}

/** True for an error of ours, optionally of one code. */
export function isMetrobusError<Code extends ErrorCode = ErrorCode>(
  error: unknown,
  code?: Code,
): error is MetrobusError<Code> {
  return error instanceof MetrobusError && (code === undefined || error.code === code)
}

/** The family of anything thrown: ours by the catalogue, all else is `retry`, so that classification is total. */
export function familyOf(error: unknown): ErrorFamily {
  return error instanceof MetrobusError ? error.family : 'retry'
}
