/**
 * Makes a failed case smaller, as long as it still breaks the same invariant: first the program, part by part, then the events that are sent, in halves and then one by one, and
 * last whatever else happens, the faults. What is left is done again by one command.
 */
import { runCase } from './run.ts'
import type { CaseOptions, CaseResult } from './run.ts'
import type { Step } from './schedule.ts'
import { cutsOf, simplify } from './simplify.ts'

/** Runs of the case at most, and milliseconds; then what is left is small enough. */
const runsMax = 400
const mostMs = 60_000

export interface Shrunk {
  /** What the program is without. */
  readonly cuts: readonly string[]
  /** Numbers of the steps that are left. */
  readonly only: readonly number[]
  /** Events of a burst at most. */
  readonly burstMax: number
  readonly violations: readonly string[]
}

/** Runs a case again; a test gives another. */
type Run = (options: CaseOptions) => Promise<Pick<CaseResult, 'violations'>>

export async function shrink(
  result: Pick<CaseResult, 'seed' | 'world' | 'size' | 'isWide' | 'program' | 'steps' | 'violations'>,
  run: Run = runCase,
): Promise<Shrunk> {
  const { seed, world, size, isWide, program, steps, violations } = result
  const kind = kindOf(violations)
  const until = performance.now() + mostMs
  let best: Shrunk = { cuts: [], only: steps.map((_, index) => index), burstMax: Infinity, violations }
  let runs = 0
  const hasTime = (): boolean => runs < runsMax && performance.now() < until
  const attempt = async (smaller: Partial<Shrunk>): Promise<boolean> => {
    runs++
    const { cuts, only, burstMax } = { ...best, ...smaller }
    const again = await run({ seed, world, size, isWide, cuts, only, burstMax })
    if (again.violations.length === 0 || kindOf(again.violations) !== kind) return false
    best = { cuts, only, burstMax, violations: again.violations }
    return true
  }
  const leaveOut = async (isMeant: (step: Step) => boolean): Promise<void> => {
    let meant = best.only.filter((index) => isMeant(steps[index]!))
    for (let left = Math.ceil(meant.length / 2); left >= 1; left = left === 1 ? 0 : Math.ceil(left / 2))
      for (let from = 0; from < meant.length && hasTime();) {
        const out = new Set(meant.slice(from, from + left))
        if (await attempt({ only: best.only.filter((index) => !out.has(index)) }))
          meant = meant.filter((index) => !out.has(index))
        else from += left
      }
  }
  for (const cut of cutsOf(program)) {
    const cuts = [...best.cuts, cut]
    // A part of what is gone already.
    const changes = JSON.stringify(simplify(program, cuts)) !== JSON.stringify(simplify(program, best.cuts))
    if (changes && hasTime()) await attempt({ cuts })
  }
  if (size === 'large') for (const burstMax of [1, 3, 10, 20]) if (hasTime() && (await attempt({ burstMax }))) break
  await leaveOut((step) => 'entry' in step)
  await leaveOut((step) => !('entry' in step))
  return best
}

/** What was broken: the invariant, with which a violation begins. */
const kindOf = ([first = '']: readonly string[]): string => first.split(' ', 1)[0]!
