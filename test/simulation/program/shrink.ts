/** Makes a failed case smaller: fewer events in a burst, and fewer steps, in halves and then one by one, as long as it still breaks the same invariant. */
import { runCase } from './run.ts'
import type { CaseResult } from './run.ts'

/** Runs of the case at most, and milliseconds; then what is left is small enough. */
const runsMax = 200
const mostMs = 60_000

export interface Shrunk {
  /** Numbers of the steps that are left. */
  readonly only: readonly number[]
  /** Events of a burst at most. */
  readonly burstMax: number
  readonly violations: readonly string[]
}

export async function shrink({ seed, world, size, isWide, steps, violations }: CaseResult): Promise<Shrunk> {
  const kind = kindOf(violations)
  const until = performance.now() + mostMs
  let best: Shrunk = { only: steps.map((_, index) => index), burstMax: Infinity, violations }
  let runs = 0
  const hasTime = (): boolean => runs < runsMax && performance.now() < until
  const attempt = async (smaller: Partial<Shrunk>): Promise<boolean> => {
    runs++
    const { only, burstMax } = { ...best, ...smaller }
    const result = await runCase({ seed, world, size, isWide, only, burstMax })
    if (result.violations.length === 0 || kindOf(result.violations) !== kind) return false
    best = { only, burstMax, violations: result.violations }
    return true
  }
  if (size === 'large') for (const burstMax of [1, 3, 10, 20]) if (hasTime() && (await attempt({ burstMax }))) break
  for (let left = Math.ceil(best.only.length / 2); left >= 1; left = left === 1 ? 0 : Math.ceil(left / 2))
    for (let from = 0; from < best.only.length && hasTime();) {
      const only = [...best.only.slice(0, from), ...best.only.slice(from + left)]
      if (!(await attempt({ only }))) from += left
    }
  return best
}

/** What was broken: the invariant, with which a violation begins. */
const kindOf = ([first = '']: readonly string[]): string => first.split(' ', 1)[0]!
