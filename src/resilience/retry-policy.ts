/**
 * The one failure setting of a stop: how often an event is tried, how long between, which errors are worth another try, and how long one try may take.
 * After the last attempt the event is a dead letter.
 */

import { toMs } from '../internal/duration.ts'
import type { Faults } from '../internal/faults.ts'

/** Every field is optional; the defaults are `defaultPolicy`. */
export interface RetryPolicy {
  /** Tries in all, the first included; 1 never retries, Infinity never gives up. Default: 5. */
  readonly attempts?: number
  /** Wait before the second try, in milliseconds; doubles with each try. Default: 200. */
  readonly backoff?: number | { readonly first: number; readonly factor?: number; readonly max?: number }
  /** Share of a wait that is random, 0 to 1, so that retries do not come in step. Default: 0.2. */
  readonly jitter?: number
  /** Whether an error is worth another try. Default: all but errors of the families `park`, `stop` and `refuse`. */
  readonly retryIf?: (error: unknown) => boolean
  /** Longest time of one try, in milliseconds, or `{ seconds }`; then `signal` aborts and the outcome is discarded. Default: 30,000. */
  readonly deadline?: number | { readonly seconds: number }
  /** After the last try: later events of the key go on, or wait until an operator has decided. Default: 'goOn'. */
  readonly whenDeadLettered?: 'goOn' | 'holdKey'
}

/** A policy with every default filled in. */
export interface ResolvedPolicy {
  readonly attempts: number
  readonly backoffFirstMs: number
  readonly backoffFactor: number
  readonly backoffMaxMs: number
  readonly jitter: number
  readonly retryIf: ((error: unknown) => boolean) | undefined
  readonly deadlineMs: number
  readonly whenDeadLettered: 'goOn' | 'holdKey'
}

/** What a stop does when it declares nothing: 5 tries, waits of 200, 400, 800 and 1,600 ms with 20 % jitter, 30 s a try, then a dead letter, and the key goes on. */
export const defaultPolicy: ResolvedPolicy = Object.freeze({
  attempts: 5,
  backoffFirstMs: 200,
  backoffFactor: 2,
  backoffMaxMs: 60_000,
  jitter: 0.2,
  retryIf: undefined,
  deadlineMs: 30_000,
  whenDeadLettered: 'goOn',
})

/** Fills in the defaults, and adds what is wrong to `faults`, each with `path` before it. */
export function resolvePolicy(policy: RetryPolicy, faults: Faults, path: string): ResolvedPolicy {
  const given = policy.backoff
  const backoff = typeof given === 'number' ? { first: given } : given
  const first = backoff?.first ?? defaultPolicy.backoffFirstMs
  const resolved: ResolvedPolicy = {
    attempts: policy.attempts ?? defaultPolicy.attempts,
    backoffFirstMs: first,
    backoffFactor: backoff?.factor ?? defaultPolicy.backoffFactor,
    backoffMaxMs: backoff?.max ?? Math.max(first, defaultPolicy.backoffMaxMs),
    jitter: policy.jitter ?? defaultPolicy.jitter,
    retryIf: policy.retryIf,
    deadlineMs: toMs(policy.deadline ?? defaultPolicy.deadlineMs),
    whenDeadLettered: policy.whenDeadLettered ?? defaultPolicy.whenDeadLettered,
  }
  const backoffPath = typeof given === 'object' ? 'backoff.first' : 'backoff'
  if (resolved.attempts !== Infinity) faults.whole(`${path}attempts`, resolved.attempts, 1)
  faults.number(`${path}${backoffPath}`, resolved.backoffFirstMs, 0)
  faults.number(`${path}backoff.factor`, resolved.backoffFactor, 1)
  faults.number(`${path}backoff.max`, resolved.backoffMaxMs, resolved.backoffFirstMs)
  faults.number(`${path}jitter`, resolved.jitter, 0, 1)
  faults.function(`${path}retryIf`, resolved.retryIf)
  faults.number(`${path}deadline`, resolved.deadlineMs, 1)
  faults.oneOf(`${path}whenDeadLettered`, resolved.whenDeadLettered, ['goOn', 'holdKey'])
  return resolved
}
