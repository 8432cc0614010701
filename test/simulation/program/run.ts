/**
 * One case: a drawn program runs in a drawn world through a drawn schedule, the oracle watching; then the faults end, everything must come to its end, and the
 * topics must hold what was to be expected.
 */
import { Cluster, Machine, SeededRandom } from '../../../src/testing/index.ts'
import type { WorldOptions } from '../../../src/testing/index.ts'
import { count } from './counting.ts'
import { Coverage } from './coverage.ts'
import { Driver } from './driver.ts'
import { Oracle } from './oracle.ts'
import { drawProgram } from './program.ts'
import type { Program } from './program.ts'
import { drawSchedule } from './schedule.ts'
import type { Size, Step, WorldKind } from './schedule.ts'
import { simplify } from './simplify.ts'
import { widen } from './wide.ts'

/** Which case. */
export interface CaseOptions {
  readonly seed: number
  readonly world: WorldKind
  /** How much happens. Default: 'small'. */
  readonly size?: Size
  /** The program has what only some apps have (`wide.ts`). Default: false. */
  readonly isWide?: boolean
  /** What the program is without (`simplify.ts`), for a case that is being shrunk. Default: nothing. */
  readonly cuts?: readonly string[]
  /** Numbers of the steps to take, for a case that is being shrunk. Default: all. */
  readonly only?: readonly number[]
  /** Events of a burst at most, for a case that is being shrunk. Default: all. */
  readonly burstMax?: number
  readonly keepTrace?: boolean
}

export interface CaseResult {
  readonly seed: number
  readonly world: WorldKind
  readonly size: Size
  readonly isWide: boolean
  readonly program: Program
  /** What was broken; none when all is well. */
  readonly violations: readonly string[]
  /** Of the trace. */
  readonly hash: string
  readonly trace: readonly string[]
  /** How many events were handled. */
  readonly events: number
  readonly steps: readonly Step[]
  readonly coverage: Coverage
}

/** Runs one case. */
export async function runCase(options: CaseOptions): Promise<CaseResult> {
  const { seed, world: kind, size = 'small', isWide = false, only, burstMax = Infinity, keepTrace = false } = options
  const drawn = programOf({ seed, world: kind, size, isWide })
  const program = simplify(drawn, options.cuts ?? [])
  const coverage = new Coverage()
  const oracle = new Oracle(program, coverage)
  const random = new SeededRandom(seed ^ 0xface)
  const handOver = random.pick(['reference', 'bytes', 'either'] as const)
  const surroundings: WorldOptions = {
    seed,
    observer: oracle.observer,
    keepTrace,
    // Between processes there are only bytes, and who reads bytes looks whether they are of its version.
    handOver: isWide && kind === 'cluster' ? 'bytes' : handOver,
  }
  const world = kind === 'machine' ? machineOf(surroundings, random) : clusterOf(surroundings, random)
  // Drawn for the whole program, so that a step keeps its number.
  const steps = drawSchedule(drawn, kind, size).map((step) => smaller(step, burstMax))
  const entries = new Set(program.blocks.map(({ entry }) => entry))
  const driver = new Driver(program, world, oracle, coverage, random)
  try {
    for (const [index, step] of steps.entries())
      if (only?.includes(index) !== false && (!('entry' in step) || entries.has(step.entry))) await driver.step(step)
    await driver.end()
  } catch (error) {
    oracle.violation(`the case itself failed: ${error instanceof Error ? error.stack : String(error)}`)
  }
  await world.close()
  const { hash, lines } = world.trace
  return {
    seed,
    world: kind,
    size,
    isWide,
    program,
    violations: oracle.violations,
    hash,
    trace: lines,
    events: oracle.handlings,
    steps,
    coverage,
  }
}

/** A step with at most so many events. */
export const smaller = (step: Step, burstMax: number): Step =>
  step.kind === 'burst' ? { ...step, count: Math.min(step.count, burstMax) } : step

/** The program of a case. Where there are many events, few kill: each takes some lives. */
export function programOf({
  seed,
  world,
  size,
  isWide,
}: Pick<CaseResult, 'seed' | 'world' | 'size' | 'isWide'>): Program {
  const drawn = drawProgram(seed)
  const killing = size === 'large' ? Math.min(drawn.killing, 1) : drawn.killing
  const program = count({ ...drawn, killing })
  return isWide ? widen(program, world === 'machine') : program
}

/** Small segments and caches, so that little is needed to fill them; retention that takes what it may. */
function machineOf(options: WorldOptions, random: SeededRandom): Machine {
  const bus = {
    dir: '/data',
    partitions: random.between(1, 3),
    segmentBytes: 65_536,
    cacheBytesMax: 65_536,
    reserveBytes: random.pick([0, 65_536]),
    retention: random.pick([{}, {}, { bytesMax: 20_000 }, { time: 2_000 }]),
  }
  return new Machine({ ...options, bus })
}

function clusterOf(options: WorldOptions, random: SeededRandom): Cluster {
  const bus = { partitions: random.between(1, 3), runAhead: random.chance(0.5) }
  return new Cluster({ ...options, sessionMs: random.pick([1_000, 10_000]), bus })
}
