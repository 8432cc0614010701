/**
 * What must become of each event of a program, said from the program alone: which topics hold which events when all is done, each exactly once. It shares no code
 * with the system; how ids are made, how routes go on and when an event is given up is written here a second time.
 */
import { changed, childOf, emitted, handlingOf, isFailure } from './behaviour.ts'
import type { Action, Item } from './behaviour.ts'
import { logOf } from './counting.ts'
import type { BlockSpec, Program, StopSpec } from './program.ts'

/** An event that was sent in and acknowledged. */
export interface Sent {
  readonly entry: string
  readonly id: string
  readonly data: Item
}

/** What is known from outside about events, by `<stop> <id>#<replay>`, and is judged elsewhere. */
export interface Decisions {
  /** What an operator did with one that was given up: nothing when undefined. */
  operator(letter: string): 'replay' | 'discard' | undefined
  /** Why it was given up before its handler could say anything: it killed the process, or does not fit the stop of another version. */
  unheard(letter: string): string | undefined
  /** The stop was removed with the events that waited there. */
  isDiscarded(stop: string): boolean
}

/** An event on its way to a stop. */
interface Traveller {
  readonly ride: string
  readonly hop: number
  readonly replay: number
  readonly key: string | null
  readonly data: Item
  /** The names of the stops ahead, without the one that it is at. */
  readonly ahead: readonly string[]
  /** The conductor that is asked at the end of the plan, while the line is still its own. */
  readonly conductor: BlockSpec | undefined
  /** Hops that it may have taken in all, and children that it may still have. */
  readonly hops: number
  readonly children: number
}

/** The next stop of an event, and as which it comes there. */
interface Onward {
  readonly next: string
  readonly traveller: Traveller
}

/** Hops of a ride beyond the stops that its entry knows of. */
const spareHops = 16
/** Why data cannot be written. */
const unwritable: readonly string[] = ['MB_NOT_JSON', 'MB_TOO_DEEP']
/** Of a ride and of all its children. */
const childrenMax = 10_000

/** What every topic must hold in the end: texts, each as often as it is there. */
export type Contents = Map<string, string[]>

/** An event as it stands in a topic: `<id>#<replay> <key> <v>`. */
export const standing = (id: string, replay: number, key: string | null, v: number): string =>
  `${id}#${replay} ${String(key)} ${v}`

const idOf = ({ ride, hop }: Traveller): string => (hop === 0 ? ride : `${ride}~${hop}`)

/** Says which line a map maker takes. */
export const mappedTo = ({ lines }: BlockSpec, { other }: Item): string =>
  lines[other === 'o0' || other === 'o1' ? 0 : 1]!.name

/** Says where a conductor sends an event after a stop, or after `entry`; null ends the ride. */
export function conductedTo({ stops, isCircle }: BlockSpec, after: string, { other }: Item): string | null {
  if (after === 'entry') return stops[0]!.name
  if (isCircle && other === 'o3' && after === stops.at(-1)!.name) return stops[0]!.name
  const index = stops.findIndex(({ name }) => name === after)
  const step = other === 'o0' && stops[index + 2] !== undefined ? 2 : 1
  return stops[index + step]?.name ?? null
}

type Decision = Action | { readonly kind: 'given-up'; readonly cause: string }

/** What a stop makes of an event in the end: what it does, or why it gives it up. */
export function decisionAt(program: Program, stop: StopSpec, id: string, replay: number): Decision {
  for (let attempt = 1; ; attempt++) {
    const { action } = handlingOf(program, stop, id, replay, attempt)
    if (action.kind === 'kill') return { kind: 'given-up', cause: 'MB_KILLED_PROCESS' }
    if (action.kind === 'dead') return { kind: 'given-up', cause: 'given-up' }
    if (action.kind === 'mistake') return { kind: 'given-up', cause: action.code }
    if (!isFailure(action)) return action
    const cause = { throw: 'Error', retry: 'retry' }[action.kind as string] ?? 'MB_DEADLINE'
    if (attempt >= stop.attempts) return { kind: 'given-up', cause }
  }
}

/** What there must be when all is done, and what there may be. */
export interface Expected {
  readonly contents: Contents
  readonly possible: Contents
  readonly counted: Contents
  readonly possiblyCounted: Contents
}

/** What the topics hold when everything that was sent has come to its end: what must be there, and what may. */
export function expectedContents(program: Program, sent: Iterable<Sent>, decisions: Decisions): Expected {
  const expectation = new Expectation(program, decisions)
  for (const event of sent) expectation.enter(event)
  return expectation
}

class Expectation {
  readonly contents: Contents = new Map()
  /** What becomes of events at a stop that was removed, unless they were removed with it. */
  readonly possible: Contents = new Map()
  /** What stores must have counted, and what they may have: by log, `<id>#<replay> <key>`. */
  readonly counted: Contents = new Map()
  readonly possiblyCounted: Contents = new Map()
  readonly #program: Program
  readonly #decisions: Decisions
  readonly #blocks: ReadonlyMap<string, BlockSpec>
  readonly #stops: ReadonlyMap<string, { readonly stop: StopSpec; readonly app: string }>

  constructor(program: Program, decisions: Decisions) {
    this.#program = program
    this.#decisions = decisions
    this.#blocks = new Map(program.blocks.map((block) => [block.entry, block] as const))
    this.#stops = new Map(
      program.blocks.flatMap(({ stops, app }) => stops.map((stop) => [stop.name, { stop, app }] as const)),
    )
  }

  enter({ entry, id, data }: Sent): void {
    this.#plot(this.#blocks.get(entry)!, { ride: id, hop: 0, replay: 0, key: data.key, data })
  }

  #plot(block: BlockSpec, event: Pick<Traveller, 'ride' | 'hop' | 'replay' | 'key' | 'data'>): void {
    const [first, ...ahead] = this.#planOf(block, event.data)
    const conductor = block.route.startsWith('conductor') ? block : undefined
    // A line knows its own stops, another route all that it may lead to.
    const known = conductor === undefined && block.route !== 'hard-wired' ? 1 + ahead.length : block.stops.length
    this.#arrive(first!, { ...event, ahead, conductor, hops: known + spareHops, children: childrenMax })
  }

  #planOf(block: BlockSpec, data: Item): readonly string[] {
    if (block.route === 'hard-wired' || block.route.startsWith('conductor')) return [block.stops[0]!.name]
    const name = block.route === 'line' ? block.lines[0]!.name : mappedTo(block, data)
    return this.#line(name)
  }

  #line(name: string): readonly string[] {
    return this.#program.blocks.flatMap(({ lines }) => lines).find((line) => line.name === name)!.stops
  }

  #note(topic: string, text: string, contents = this.contents): void {
    const texts = contents.get(topic)
    if (texts === undefined) contents.set(topic, [text])
    else texts.push(text)
  }

  #arrive(name: string, event: Traveller): void {
    const { stop, app } = this.#stops.get(name)!
    const id = idOf(event)
    const letter = `${name} ${id}#${event.replay}`
    this.#note(`${app}.${name}`, standing(id, event.replay, event.key, event.data.v))
    const unheard = this.#decisions.unheard(letter)
    const decided =
      unheard === undefined
        ? decisionAt(this.#program, stop, id, event.replay)
        : ({ kind: 'given-up', cause: unheard } as const)
    const action = this.#written(stop, event, decided)
    if (action.kind === 'given-up') return this.#giveUp(stop, event, letter, action.cause)
    const onward = this.#onwardOf(stop, event, action)
    const excess = excessOf(event, action, onward)
    if (excess !== undefined) return this.#giveUp(stop, event, letter, excess)
    this.#count(stop, event)
    for (const [index, target] of emitsOf(this.#program, stop, id, event.replay).entries())
      this.#emit(event, target, index)
    if (action.kind === 'drop') this.#end(stop, event, 'dropped:dropped')
    else if (action.kind === 'split') this.#end(stop, event, `split:${action.count}`)
    else if (onward.length === 0) this.#end(stop, event, 'done')
    for (const { next, traveller } of onward) this.#arrive(next, traveller)
  }

  /** What is decided is counted, in the unit that says so. */
  #count(stop: StopSpec, { ride, hop, replay, key }: Traveller): void {
    if (stop.counts === undefined || key === null) return
    const contents = this.#decisions.isDiscarded(stop.name) ? this.possiblyCounted : this.counted
    this.#note(logOf(this.#appOf(stop), stop.counts), `${ride}~${hop + 1}#${replay} ${key}`, contents)
  }

  /** Whether data can be written matters only where it goes on, and is seen behind whether it may. */
  #written(stop: StopSpec, event: Traveller, decided: Decision): Decision {
    if (decided.kind !== 'given-up' || !unwritable.includes(decided.cause)) return decided
    const forward = { kind: 'forward', isChanged: false } as const
    const onward = this.#next(stop, event)
    return onward.length === 0 || excessOf(event, forward, onward) !== undefined ? forward : decided
  }

  #giveUp(stop: StopSpec, event: Traveller, letter: string, cause: string): void {
    const text = `${standing(idOf(event), event.replay, event.key, event.data.v)} ${cause}`
    this.#note(`${this.#appOf(stop)}.${stop.name}.dlq`, text, this.#decided(stop))
    this.#end(stop, event, 'dead')
    const operator = this.#decisions.operator(letter)
    if (operator === 'replay') this.#arrive(stop.name, { ...event, replay: event.replay + 1 })
    if (operator === 'discard') this.#end(stop, event, 'discarded:by-hand')
  }

  /** What is emitted to a topic comes to every app that reads it. */
  #emit(event: Traveller, target: string, index: number): void {
    const data = emitted(event.data, target)
    const child = { ride: `${idOf(event)}!${index}`, hop: 0, replay: 0, key: data.key, data }
    const block = this.#blocks.get(target)
    if (block !== undefined) return this.#plot(block, child)
    this.#note(target, standing(child.ride, 0, child.key, data.v))
    for (const reader of this.#program.blocks) if (reader.from === target) this.#plot(reader, { ...child, hop: 1 })
  }

  /** Where an event goes on from a stop, as which; nowhere when its ride ends there. */
  #onwardOf(stop: StopSpec, event: Traveller, action: Action): readonly Onward[] {
    switch (action.kind) {
      case 'drop':
        return []
      case 'split':
        return Array.from({ length: action.count }, (_, index) => ({
          ...event,
          ride: `${idOf(event)}~${index}`,
          hop: -1,
          hops: event.hops - event.hop - 1,
          children: Math.floor((event.children - action.count) / action.count),
          data: childOf(event.data, index),
        })).flatMap((child) => this.#next(stop, child))
      case 'reroute':
        return this.#next(stop, { ...event, ahead: this.#line(action.target), conductor: undefined })
      case 'push':
        return this.#next(stop, { ...event, ahead: [...this.#line(action.target), ...event.ahead] })
      case 'pop':
        return this.#next(stop, { ...event, ahead: event.ahead.slice(1) })
      default: {
        if (stop.isTerminal) return []
        const isChanged = action.kind === 'forward' && action.isChanged
        return this.#next(stop, { ...event, data: isChanged ? changed(event.data, stop) : event.data })
      }
    }
  }

  #next(stop: StopSpec, event: Traveller): readonly Onward[] {
    const [planned, ...ahead] = event.ahead
    const conducted = event.conductor === undefined ? null : conductedTo(event.conductor, stop.name, event.data)
    const next = planned ?? conducted ?? stop.next
    if (next === undefined) return []
    const key = stop.isRekeying ? event.data.other : event.key
    return [{ next, traveller: { ...event, hop: event.hop + 1, key, ahead } }]
  }

  #end(stop: StopSpec, { ride, hop, replay, key }: Traveller, how: string): void {
    const text = `${ride}~${hop + 1}#${replay} ${String(key)} ${how} ${stop.name}`
    this.#note(`${this.#appOf(stop)}.ended`, text, this.#decided(stop))
  }

  #appOf({ name }: StopSpec): string {
    return this.#stops.get(name)!.app
  }

  #decided({ name }: StopSpec): Contents {
    return this.#decisions.isDiscarded(name) ? this.possible : this.contents
  }
}

/** Why an event may not go on like that. The children of a split count their hops anew, and have what is left: at the last hop there is nothing left. */
function excessOf({ hop, hops, children }: Traveller, action: Action, onward: readonly Onward[]): string | undefined {
  if (action.kind === 'split' && action.count > children) return 'MB_TOO_MANY_CHILDREN'
  if (action.kind === 'split' && hops - hop - 1 < 1) return 'MB_HOP_LIMIT'
  return onward.some(({ traveller }) => traveller.hop > traveller.hops) ? 'MB_HOP_LIMIT' : undefined
}

/** The emissions of the handling that counts: the first that does not fail. */
function emitsOf(program: Program, stop: StopSpec, id: string, replay: number): readonly string[] {
  for (let attempt = 1; ; attempt++) {
    const { action, emits } = handlingOf(program, stop, id, replay, attempt)
    if (!isFailure(action)) return emits
  }
}

/** What differs between two contents, in words; none when they are equal but for what is `possible`. */
export function differences(expected: Contents, found: Contents, possible: Contents): readonly string[] {
  const faults: string[] = []
  for (const topic of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = counts(expected.get(topic) ?? [])
    const there = counts(found.get(topic) ?? [])
    const allowed = counts(possible.get(topic) ?? [])
    for (const [text, count] of there) {
      const right = (wanted.get(text) ?? 0) + (allowed.get(text) ?? 0)
      if (count > right)
        faults.push(
          right === 0 ? `I4 ${topic} holds what nobody caused: ${text}` : `I2 ${topic} holds ${count} times: ${text}`,
        )
    }
    for (const [text, count] of wanted) if ((there.get(text) ?? 0) < count) faults.push(`I1 ${topic} lacks: ${text}`)
  }
  return faults
}

function counts(texts: readonly string[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const text of texts) found.set(text, (found.get(text) ?? 0) + 1)
  return found
}
