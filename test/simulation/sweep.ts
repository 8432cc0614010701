/**
 * Random programs over many seeds: each is run, judged, and, when something was broken, shrunk to the simplest program and the fewest steps that still break it. What `npm test`, the fault
 * matrix and the hunt for mutants call.
 */
import { Coverage } from './program/coverage.ts'
import { runCase, smaller } from './program/run.ts'
import type { CaseResult } from './program/run.ts'
import type { Size, WorldKind } from './program/schedule.ts'
import { shrink } from './program/shrink.ts'

export interface SweepOptions {
  /** The seeds to run. */
  readonly seeds: Iterable<number>
  /** Default: both, a machine and a cluster, by turns. */
  readonly worlds?: readonly WorldKind[]
  /** Of all. Default: 'small'. */
  readonly size?: Size
  /** Programs with what only some apps have. Default: false. */
  readonly isWide?: boolean
  /** Ends the sweep before the next case. */
  readonly signal?: AbortSignal
  /** Hears of each case when it is done. */
  readonly onCase?: (result: CaseResult) => void
  /** Default: true. Shrinking takes some hundred runs of the case. */
  readonly shrinks?: boolean
  /** Ends the sweep with the first failure. Default: false. */
  readonly stopsAtFirst?: boolean
}

/** A case in which something was broken. */
export interface Failure {
  readonly seed: number
  readonly world: WorldKind
  readonly violations: readonly string[]
  /** The command that does it again, shrunk. */
  readonly replay: string
  /** The steps that are left, each as JSON. */
  readonly schedule: readonly string[]
}

export interface SweepResult {
  readonly cases: number
  /** Events that handlers were given. */
  readonly events: number
  readonly failures: readonly Failure[]
  readonly coverage: Coverage
}

/** Runs the cases of some seeds. */
export async function sweep(options: SweepOptions): Promise<SweepResult> {
  const { seeds, worlds = ['machine', 'cluster'], size = 'small', isWide = false, signal, onCase } = options
  const { shrinks = true, stopsAtFirst = false } = options
  const coverage = new Coverage()
  const failures: Failure[] = []
  let cases = 0
  let events = 0
  for (const seed of seeds) {
    if (signal?.aborted === true || (stopsAtFirst && failures.length > 0)) break
    const result = await runCase({ seed, world: worlds[seed % worlds.length]!, size, isWide })
    cases++
    events += result.events
    coverage.merge(result.coverage)
    if (result.violations.length > 0) failures.push(await failureOf(result, shrinks))
    onCase?.(result)
  }
  return { cases, events, failures, coverage }
}

/** A failed case, shrunk, with the command that does it again. */
export async function failureOf(result: CaseResult, shrinks: boolean): Promise<Failure> {
  const { seed, world, size, isWide } = result
  const { cuts, only, burstMax, violations } = shrinks
    ? await shrink(result)
    : { cuts: [], only: result.steps.map((_, index) => index), burstMax: Infinity, violations: result.violations }
  const smallest =
    (cuts.length === 0 ? '' : ` --cut ${cuts.join()}`) + (burstMax === Infinity ? '' : ` --burst ${burstMax}`)
  return {
    seed,
    world,
    violations,
    replay: `node test/simulation/replay.ts --seed ${seed} --world ${world} --size ${size}${isWide ? ' --wide' : ''}${smallest} --only ${only.join() || 'none'}`,
    schedule: only.map((index) => `${index} ${JSON.stringify(smaller(result.steps[index]!, burstMax))}`),
  }
}

/** A failure in words. */
export const describeFailure = ({ seed, world, violations, replay, schedule }: Failure): string =>
  [
    `seed ${seed}, ${world}: ${violations.length} violations`,
    ...violations,
    ...schedule.map((step) => `  ${step}`),
    `again: ${replay}`,
  ].join('\n')
