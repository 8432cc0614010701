/**
 * Makes a drawn program wide: gives it what only some apps have, drawn from a seed of its own, so that the narrow program of a seed stays what it is.
 *
 * Several apps on one bus, which read what the first one publishes; itineraries that are signed, with a key that changes; routes in a circle; handlings that take no notice of
 * their deadline; and a second version of the app, whose schemas take less and which has lost an entry with its stop.
 */
import { SeededRandom } from '../../../src/testing/index.ts'
import type { BlockSpec, Program, StopSpec } from './program.ts'

export function widen(program: Program, isOneProcess: boolean): Program {
  const random = new SeededRandom(program.seed ^ 0x31de)
  const blocks = shareTopics(
    random,
    program.blocks.map((block, index) => widenBlock(random, block, index)),
  )
  const isSigned = random.chance(0.5)
  const removed = isOneProcess && random.chance(0.6) ? [removedBlock(blocks)] : []
  return { ...program, isWide: true, isSigned, blocks: [...blocks, ...removed] }
}

function widenBlock(random: SeededRandom, block: BlockSpec, index: number): BlockSpec {
  // A topic has one owner, the first app; so only that one emits.
  const app = block.from !== undefined && random.chance(0.6) ? `app${index}` : block.app
  const isCircle = block.route.startsWith('conductor') && random.chance(0.7)
  const last = block.stops.length - 1
  const stops = block.stops.map((stop, at): StopSpec => {
    const sticks = random.chance(0.25) && stop.batch === undefined
    return {
      ...stop,
      emits: app === block.app ? stop.emits : [],
      isTerminal: stop.isTerminal && !(isCircle && at === last),
      isStricter: random.chance(0.3),
      sticks,
      ...(sticks ? { deadlineMs: 300, concurrency: 4, failing: Math.max(stop.failing, 30) } : {}),
    }
  })
  return { ...block, app, isCircle, stops }
}

/** Lets two apps read one topic. */
function shareTopics(random: SeededRandom, blocks: readonly BlockSpec[]): readonly BlockSpec[] {
  const first = blocks.find(({ from }) => from !== undefined)
  const second = blocks.find((block) => block.from !== undefined && block.app !== first?.app)
  if (first === undefined || second === undefined || random.chance(0.4)) return blocks
  const shared = (name: string): string => (name === second.from ? first.from! : name)
  const firstAt = blocks.indexOf(first)
  // Blocks emit to later ones; what the first emitted to its own topic, or one behind it, could come again without an end.
  const mayEmit = (to: string, at: number): boolean => to !== second.from || at < firstAt
  return blocks.map((block, at) => ({
    ...block,
    from: block.from === undefined ? undefined : shared(block.from),
    stops: block.stops.map((stop) => ({
      ...stop,
      emits: [...new Set(stop.emits.filter((to) => mayEmit(to, at)).map(shared))],
    })),
  }))
}

/** An entry with one stop, which nothing else leads to. */
function removedBlock(blocks: readonly BlockSpec[]): BlockSpec {
  const [like] = blocks
  const name = `b${blocks.length}`
  const stop: StopSpec = {
    ...like!.stops[0]!,
    name: `${name}-s0`,
    isTerminal: true,
    isSwitch: false,
    isRekeying: false,
    isStricter: false,
    targets: [],
    emits: [],
    next: undefined,
  }
  return {
    app: 'app',
    entry: `${name}-in`,
    from: undefined,
    route: 'line',
    stops: [stop],
    lines: [{ name: `${name}-l0`, stops: [stop.name] }],
    isCircle: false,
    isRemoved: true,
  }
}
