/** Makes a failed case smaller: leaves out steps, in halves and then one by one, as long as it still breaks the same invariant. */
import { runCase } from './run.ts'
import type { CaseResult } from './run.ts'

/** Runs of the case at most; then what is left is small enough. */
const runsMax = 200

export interface Shrunk {
  /** Numbers of the steps that are left. */
  readonly only: readonly number[]
  readonly violations: readonly string[]
}

export async function shrink({ seed, world, size, isWide, steps, violations }: CaseResult): Promise<Shrunk> {
  const kind = kindOf(violations)
  let best: Shrunk = { only: steps.map((_, index) => index), violations }
  let runs = 0
  for (let left = Math.ceil(best.only.length / 2); left >= 1; left = left === 1 ? 0 : Math.ceil(left / 2))
    for (let from = 0; from < best.only.length && runs < runsMax;) {
      const only = [...best.only.slice(0, from), ...best.only.slice(from + left)]
      runs++
      const result = await runCase({ seed, world, size, isWide, only })
      if (result.violations.length > 0 && kindOf(result.violations) === kind)
        best = { only, violations: result.violations }
      else from += left
    }
  return best
}

/** What was broken: the invariant, with which a violation begins. */
const kindOf = ([first = '']: readonly string[]): string => first.split(' ', 1)[0]!
