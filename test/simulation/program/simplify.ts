/**
 * Makes a drawn program simpler: cuts, each by a name that stands on a command line, leave out a block (`b1`), a stop (`b0-s2`), a line (`b0-l1`), what a stop can do
 * (`b0-s2.limit`), or what the whole program can do (`killing`). What handlers do follows from seed and names, so the rest of the program does what it did.
 */
import type { BlockSpec, Program, StopSpec } from './program.ts'

type StopCut = (stop: StopSpec) => StopSpec

/** What a stop may do without. */
const stopCuts: ReadonlyMap<string, StopCut> = new Map<string, StopCut>([
  ['batch', (stop) => ({ ...stop, batch: undefined })],
  ['limit', (stop) => ({ ...stop, limit: undefined })],
  ['counts', (stop) => ({ ...stop, counts: undefined })],
  ['key', (stop) => ({ ...stop, isRekeying: false })],
  ['emits', (stop) => ({ ...stop, emits: [] })],
  ['targets', (stop) => (stop.isSwitch ? stop : { ...stop, targets: [] })],
  ['failing', (stop) => ({ ...stop, failing: 0 })],
  ['slow', (stop) => ({ ...stop, slow: 0 })],
  ['sticks', (stop) => ({ ...stop, sticks: false })],
  ['strict', (stop) => ({ ...stop, isStricter: false })],
  ['hold', (stop) => ({ ...stop, whenDeadLettered: 'goOn' })],
  ['effects', (stop) => ({ ...stop, hasEffects: false })],
])

/** What a program may do without. */
const programCuts: ReadonlyMap<string, (program: Program) => Program> = new Map<string, (program: Program) => Program>([
  ['killing', (program) => ({ ...program, killing: 0 })],
  ['turns', (program) => ({ ...program, turns: 0 })],
  ['signed', (program) => ({ ...program, isSigned: false })],
])

const nameOf = ({ entry }: BlockSpec): string => entry.slice(0, entry.indexOf('-'))

/** All that could be cut from a program, the largest parts first; only what changes it. */
export function cutsOf(program: Program): readonly string[] {
  const stops = program.blocks.flatMap((block) => block.stops)
  const names = [
    ...program.blocks.map(nameOf),
    ...stops.map(({ name }) => name),
    ...program.blocks.flatMap(({ lines }) => lines.map(({ name }) => name)),
    ...programCuts.keys(),
    ...stops.flatMap(({ name }) => [...stopCuts.keys()].map((what) => `${name}.${what}`)),
  ]
  const text = JSON.stringify(program)
  return names.filter((name) => JSON.stringify(simplify(program, [name])) !== text)
}

/** The program without what is cut. A cut that would leave no program changes nothing. */
export function simplify(program: Program, cuts: readonly string[]): Program {
  let simpler = program
  for (const cut of cuts) simpler = without(simpler, cut) ?? simpler
  return simpler
}

function without(program: Program, cut: string): Program | undefined {
  const ofProgram = programCuts.get(cut)
  if (ofProgram !== undefined) return ofProgram(program)
  if (program.blocks.some((block) => nameOf(block) === cut)) return withoutBlock(program, cut)
  const [name, what] = cut.split('.') as [string, string | undefined]
  const blocks: BlockSpec[] = []
  for (const block of program.blocks) {
    const changed = what === undefined ? withoutPart(block, name) : withoutAbility(block, name, what)
    if (changed === undefined) return undefined
    blocks.push(changed)
  }
  return { ...program, blocks }
}

/** Somebody must be sent to, in each version. */
function withoutBlock(program: Program, name: string): Program | undefined {
  const gone = program.blocks.find((block) => nameOf(block) === name)!
  const left = program.blocks.filter((block) => block !== gone)
  if (!left.some(({ from, isRemoved }) => from === undefined && !isRemoved)) return undefined
  const targets = new Set(left.map(({ entry, from }) => from ?? entry))
  const blocks = left.map((block) => ({
    ...block,
    stops: block.stops.map((stop) => ({ ...stop, emits: stop.emits.filter((emit) => targets.has(emit)) })),
  }))
  return { ...program, blocks }
}

function withoutAbility(block: BlockSpec, name: string, what: string): BlockSpec {
  const change = stopCuts.get(what) ?? ((stop: StopSpec) => stop)
  return { ...block, stops: block.stops.map((stop) => (stop.name === name ? change(stop) : stop)) }
}

/** Without a stop, or a line that is only a target. Undefined where a route or a switch needs it. */
function withoutPart(block: BlockSpec, name: string): BlockSpec | undefined {
  const gone = block.stops.find((stop) => stop.name === name)
  if (gone === undefined && !block.lines.some((line) => line.name === name)) return block
  const stops = block.stops.filter((stop) => stop !== gone)
  const lines = block.lines
    .filter((line) => line.name !== name)
    .map((line) => ({ ...line, stops: line.stops.filter((stop) => stop !== name) }))
    .filter((line) => line.stops.length > 0)
  const routed = block.route.startsWith('map') ? 2 : 1
  const isRouted = block.lines.slice(0, routed).every((line) => lines.some((other) => other.name === line.name))
  if (stops.length === 0 || !isRouted) return undefined
  const left = stops.map((stop, index) => ({
    ...stop,
    targets: stop.targets.filter((target) => lines.some((line) => line.name === target)),
    next: stop.next === undefined ? undefined : stops[index + 1]?.name,
  }))
  const isWhole = left.every(
    ({ isSwitch, targets }, index) => !isSwitch || (index < left.length - 1 && targets.length > 0),
  )
  return isWhole ? { ...block, stops: left, lines } : undefined
}
