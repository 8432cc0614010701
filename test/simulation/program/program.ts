/**
 * A random program: what an app consists of, as plain data drawn from a seed. `build-app.ts` makes the app of it, with the public builders, and
 * `expectation.ts` says, from the same data and on its own, what must become of each event.
 *
 * Blocks are numbered, and each has an entry and its stops. Stops lead on only to stops further back in their block, and emit only to later blocks, so that
 * every ride ends.
 */
import { SeededRandom } from '../../../src/testing/index.ts'

export interface StopSpec {
  readonly name: string
  readonly hasEffects: boolean
  readonly isTerminal: boolean
  readonly attempts: number
  readonly backoffMs: number
  readonly deadlineMs: number
  readonly whenDeadLettered: 'goOn' | 'holdKey'
  readonly concurrency: number
  /** Events at once, or a second, of one value of `v % 3`. */
  readonly limit: { readonly limit: number } | { readonly rate: number } | undefined
  readonly batch: { readonly size: number; readonly time: number } | undefined
  readonly isRekeying: boolean
  readonly isSwitch: boolean
  /** Names of lines of this block. */
  readonly targets: readonly string[]
  /** Names of entries and topics. */
  readonly emits: readonly string[]
  /** Hard-wired. */
  readonly next: string | undefined
  /** How often of a thousand a handling is asynchronous; how often an event fails here. */
  readonly slow: number
  readonly failing: number
  /** Its schema takes less in the second version of its app. */
  readonly isStricter: boolean
  /** Some of its handlings take no notice of their deadline. */
  readonly sticks: boolean
  /** The store in which it counts the events of each key. */
  readonly counts: string | undefined
}

export interface LineSpec {
  readonly name: string
  readonly stops: readonly string[]
}

export type RouteKind = 'line' | 'map-rules' | 'map-choose' | 'conductor-rules' | 'conductor-choose' | 'hard-wired'

export interface BlockSpec {
  /** The app that it is a part of. */
  readonly app: string
  readonly entry: string
  /** The declared topic that it reads, or undefined when it is sent to. */
  readonly from: string | undefined
  readonly route: RouteKind
  readonly stops: readonly StopSpec[]
  readonly lines: readonly LineSpec[]
  /** A conductor that leads some events from its last stop back to the first. */
  readonly isCircle: boolean
  /** The second version of its app does not have it any more. */
  readonly isRemoved: boolean
}

export interface Program {
  readonly seed: number
  /** Has what only some apps have (`wide.ts`). */
  readonly isWide: boolean
  /** Itineraries are signed; the second version signs with another key. */
  readonly isSigned: boolean
  readonly blocks: readonly BlockSpec[]
  readonly killsMax: number
  /** How many of a thousand events kill the process that handles them. */
  readonly killing: number
  /** How often of a thousand a stop that may does something other than forward. */
  readonly turns: number
}

/** The apps of a program, each once. */
export const appsOf = ({ blocks }: Program): readonly string[] => [...new Set(blocks.map(({ app }) => app))]

/** The input topic of each stop, by its name: that is the only place that says what its app is called. */
export const topicOf = ({ blocks }: Program, stop: string): string =>
  `${blocks.find(({ stops }) => stops.some(({ name }) => name === stop))?.app}.${stop}`

/** Draws a program. */
export function drawProgram(seed: number): Program {
  const random = new SeededRandom(seed)
  const blockCount = random.pick([1, 1, 2, 2, 3])
  const blocks: BlockSpec[] = []
  for (let block = blockCount - 1; block >= 0; block--) blocks.unshift(drawBlock(random, block, blocks))
  return {
    seed,
    isWide: false,
    isSigned: false,
    blocks,
    killsMax: 3,
    killing: random.chance(0.1) ? 15 : 0,
    turns: random.pick([0, 60, 200]),
  }
}

function drawBlock(random: SeededRandom, number: number, later: readonly BlockSpec[]): BlockSpec {
  const count = random.between(1, 4)
  const route = random.pick<RouteKind>([
    'line',
    'line',
    'map-rules',
    'map-choose',
    'conductor-rules',
    'conductor-choose',
    'hard-wired',
  ])
  const names = Array.from({ length: count }, (_, index) => `b${number}-s${index}`)
  const lines = drawLines(random, number, names, route)
  const emits = later.map(({ entry, from }) => from ?? entry)
  const calm = random.chance(0.3)
  const stops = names.map((name, index) => drawStop(random, { name, index, names, lines, emits, route, calm }))
  return {
    app: 'app',
    isCircle: false,
    isRemoved: false,
    entry: `b${number}-in`,
    from: number > 0 && random.chance(0.5) ? `b${number}-topic` : undefined,
    route,
    stops,
    lines,
  }
}

/** Lines of the entry's router first: they begin at the first stop. Others are targets. */
function drawLines(random: SeededRandom, block: number, names: readonly string[], route: RouteKind): LineSpec[] {
  const count = route.startsWith('map') ? 2 : 1
  return Array.from({ length: count + (names.length > 2 ? 1 : 0) }, (_, index) => {
    const isTarget = index >= count
    const kept = names.filter((_, at) =>
      isTarget ? at >= 2 && random.chance(0.7) : at === 0 || at === names.length - 1 || random.chance(0.8),
    )
    return { name: `b${block}-l${index}`, stops: kept.length > 0 ? kept : [names.at(-1)!] }
  })
}

interface StopDraw {
  readonly name: string
  readonly index: number
  readonly names: readonly string[]
  readonly lines: readonly LineSpec[]
  readonly emits: readonly string[]
  readonly route: RouteKind
  readonly calm: boolean
}

function drawStop(random: SeededRandom, { name, index, names, lines, emits, route, calm }: StopDraw): StopSpec {
  const isLast = index === names.length - 1
  const isBatch = random.chance(0.15)
  const isSwitch = !isLast && !isBatch && random.chance(0.2)
  // A target must be made before the stop that names it.
  const targets = lines
    .filter(({ stops }) => stops.every((stop) => names.indexOf(stop) > index))
    .map((line) => line.name)
  return {
    name,
    hasEffects: random.chance(0.5),
    isTerminal: isLast && !isSwitch && random.chance(0.7),
    attempts: random.pick([1, 2, 5, 5]),
    backoffMs: random.pick([0, 5, 200, 1000]),
    deadlineMs: random.pick([300, 30_000, 30_000]),
    whenDeadLettered: random.chance(0.15) ? 'holdKey' : 'goOn',
    concurrency: random.pick([64, 64, 64, 8]),
    limit: random.chance(0.15) ? random.pick([{ limit: 1 }, { limit: 2 }, { rate: 50 }]) : undefined,
    batch: isBatch ? { size: random.between(1, 5), time: random.pick([0, 20, 100]) } : undefined,
    isRekeying: !isLast && !isSwitch && random.chance(0.2),
    isSwitch,
    targets: !isLast && (isSwitch || random.chance(0.4)) ? targets : [],
    emits: isSwitch ? [] : emits.filter(() => random.chance(0.4)),
    next: route === 'hard-wired' && !isLast && !isSwitch ? names[index + 1] : undefined,
    slow: random.pick([0, 0, 200, 800]),
    failing: calm ? 0 : random.pick([0, 30, 150]),
    isStricter: false,
    sticks: false,
    counts: undefined,
  }
}
