/**
 * The record of an event given up: the event untouched, and in headers what an operator needs to decide. Header names follow the field's convention for
 * dead letters (`__connect.errors.*`, `__streams.errors.*`).
 */
import { familyOf, isMetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import type { ResolvedPolicy } from '../resilience/retry-policy.ts'
import type { Attempt } from './attempt.ts'
import { GivenUp, Retrying } from './retrying.ts'

/** Prefix of every header that speaks of the failure. */
export const errorPrefix = '__metrobus.errors.'

const stackBytesMax = 8 * 1024
const messageMax = 1024

/** Whether an error is worth another try under a policy. */
export function isWorthRetrying(policy: ResolvedPolicy, error: unknown): boolean {
  if (error instanceof Retrying) return true
  if (error instanceof GivenUp || isMetrobusError(error, 'MB_KILLED_PROCESS')) return false
  if (policy.retryIf !== undefined) {
    try {
      return policy.retryIf(error)
    } catch {
      // A policy that cannot tell does not get another try out of it.
      return false
    }
  }
  return familyOf(error) === 'retry'
}

/** The dead letter of an attempt. Coordinates of an earlier death are kept. */
export function deadLetterOf(
  attempt: Attempt,
  error: unknown,
  firstFailure: number,
  now: number,
  codeVersion: string,
): Record {
  const { record, lane } = attempt
  const cause = causeOf(error)
  const stack = error instanceof Error ? error.stack?.slice(0, stackBytesMax) : undefined
  const headers: { [name: string]: string } = {
    [`${errorPrefix}topic`]: attempt.feed.topic,
    [`${errorPrefix}partition`]: String(attempt.feed.partition),
    [`${errorPrefix}offset`]: String(record.offset),
    [`${errorPrefix}timestamp`]: String(record.appendedAt),
    [`${errorPrefix}first.failed.at`]: String(firstFailure),
    // What a replayed event carries of its first death comes after, and so stays.
    ...record.headers,
    [`${errorPrefix}group`]: lane.engine.definition.name,
    [`${errorPrefix}stop`]: lane.stop.name,
    [`${errorPrefix}attempts`]: String(attempt.attempt),
    [`${errorPrefix}exception`]: cause,
    [`${errorPrefix}message`]: messageOf(error),
    [`${errorPrefix}last.failed.at`]: String(now),
    [`${errorPrefix}app.version`]: codeVersion,
    [`${errorPrefix}fingerprint`]: `${lane.stop.name}/${cause}/${firstFrame(stack)}`,
  }
  if (stack !== undefined) headers[`${errorPrefix}stacktrace`] = stack
  return record.copy({ headers })
}

/** The code of our errors, the slug of a `deadLetter()`, the name of others. */
export function causeOf(error: unknown): string {
  if (error instanceof GivenUp) return error.slug
  if (error instanceof Retrying) return 'retry'
  if (isMetrobusError(error)) return error.code
  return error instanceof Error ? error.name : typeof error
}

/** What an error says, cut to a length that a header can carry. */
export function messageOf(error: unknown): string {
  try {
    return (error instanceof Error ? error.message : String(error)).slice(0, messageMax)
  } catch {
    return 'an error that cannot be shown as text'
  }
}

/** The first line of the stack that says where, without line numbers, so that an edit elsewhere in the file does not make a new kind. */
function firstFrame(stack: string | undefined): string {
  const line = stack?.split('\n').find((text) => text.trimStart().startsWith('at ') && !text.includes('node:internal'))
  return line === undefined
    ? ''
    : line
        .trim()
        .replace(/:\d+:\d+\)?$/, '')
        .replace(/^at (?:async )?/, '')
        .replace(/\(.*[\\/]/, '(')
}
