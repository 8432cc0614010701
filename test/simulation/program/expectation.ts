/**
 * What must become of each event of a program, said from the program alone: which topics hold which events when all is done, each exactly once. It shares no code
 * with the system; how ids are made, how routes go on and when an event is given up is written here a second time.
 */
import { changed, childOf, emitted, handlingOf } from './behaviour.ts'
import type { Action, Item } from './behaviour.ts'
import type { BlockSpec, Program, StopSpec } from './program.ts'

/** An event that was sent in and acknowledged. */
export interface Sent {
  readonly entry: string
  readonly id: string
  readonly data: Item
}

/** What is known from outside about events that were given up, by `<stop> <id>#<replay>`. */
export interface Decisions {
  /** What an operator did with it: nothing when undefined. */
  operator(letter: string): 'replay' | 'discard' | undefined
  /** It was given up because it killed the process, which is judged elsewhere. */
  isConvicted(letter: string): boolean
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
}

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
export function conductedTo({ stops }: BlockSpec, after: string, { other }: Item): string | null {
  if (after === 'entry') return stops[0]!.name
  const index = stops.findIndex(({ name }) => name === after)
  const step = other === 'o0' && stops[index + 2] !== undefined ? 2 : 1
  return stops[index + step]?.name ?? null
}

/** What a stop makes of an event in the end: what it does, or why it gives it up. */
export function decisionAt(
  program: Program,
  stop: StopSpec,
  id: string,
  replay: number,
): Action | { readonly kind: 'given-up'; readonly cause: string } {
  for (let attempt = 1; ; attempt++) {
    const { action } = handlingOf(program, stop, id, replay, attempt)
    if (action.kind === 'kill') return { kind: 'given-up', cause: 'MB_KILLED_PROCESS' }
    if (action.kind === 'dead') return { kind: 'given-up', cause: 'given-up' }
    if (action.kind === 'mistake') return { kind: 'given-up', cause: action.code }
    const cause = { throw: 'Error', retry: 'retry', late: 'MB_DEADLINE' }[action.kind as string]
    if (cause === undefined) return action
    if (attempt >= stop.attempts) return { kind: 'given-up', cause }
  }
}

/** What the topics hold when everything that was sent has come to its end. */
export function expectedContents(program: Program, sent: Iterable<Sent>, decisions: Decisions): Contents {
  const expectation = new Expectation(program, decisions)
  for (const event of sent) expectation.enter(event)
  return expectation.contents
}

class Expectation {
  readonly contents: Contents = new Map()
  readonly #program: Program
  readonly #decisions: Decisions
  readonly #blocks: ReadonlyMap<string, BlockSpec>
  readonly #stops: ReadonlyMap<string, StopSpec>

  constructor(program: Program, decisions: Decisions) {
    this.#program = program
    this.#decisions = decisions
    this.#blocks = new Map(
      program.blocks.flatMap((block) => [[block.entry, block] as const, [block.from ?? block.entry, block] as const]),
    )
    this.#stops = new Map(program.blocks.flatMap(({ stops }) => stops.map((stop) => [stop.name, stop] as const)))
  }

  enter({ entry, id, data }: Sent): void {
    this.#plot(this.#blocks.get(entry)!, { ride: id, hop: 0, replay: 0, key: data.key, data })
  }

  #plot(block: BlockSpec, event: Pick<Traveller, 'ride' | 'hop' | 'replay' | 'key' | 'data'>): void {
    const [first, ...ahead] = this.#planOf(block, event.data)
    const conductor = block.route.startsWith('conductor') ? block : undefined
    this.#arrive(first!, { ...event, ahead, conductor })
  }

  #planOf(block: BlockSpec, data: Item): readonly string[] {
    if (block.route === 'hard-wired' || block.route.startsWith('conductor')) return [block.stops[0]!.name]
    const name = block.route === 'line' ? block.lines[0]!.name : mappedTo(block, data)
    return this.#line(name)
  }

  #line(name: string): readonly string[] {
    return this.#program.blocks.flatMap(({ lines }) => lines).find((line) => line.name === name)!.stops
  }

  #note(topic: string, text: string): void {
    const texts = this.contents.get(topic)
    if (texts === undefined) this.contents.set(topic, [text])
    else texts.push(text)
  }

  #arrive(name: string, event: Traveller): void {
    const stop = this.#stops.get(name)!
    const id = idOf(event)
    const letter = `${name} ${id}#${event.replay}`
    this.#note(`app.${name}`, standing(id, event.replay, event.key, event.data.v))
    const action = this.#decisions.isConvicted(letter)
      ? ({ kind: 'given-up', cause: 'MB_KILLED_PROCESS' } as const)
      : decisionAt(this.#program, stop, id, event.replay)
    if (action.kind === 'given-up') return this.#giveUp(stop, event, letter, action.cause)
    for (const [index, target] of emitsOf(this.#program, stop, id, event.replay).entries())
      this.#emit(event, target, index)
    this.#act(stop, event, action)
  }

  #giveUp(stop: StopSpec, event: Traveller, letter: string, cause: string): void {
    this.#note(`app.${stop.name}.dlq`, `${standing(idOf(event), event.replay, event.key, event.data.v)} ${cause}`)
    this.#end(stop, event, 'dead')
    const operator = this.#decisions.operator(letter)
    if (operator === 'replay') this.#arrive(stop.name, { ...event, replay: event.replay + 1 })
    if (operator === 'discard') this.#end(stop, event, 'discarded:by-hand')
  }

  #emit(event: Traveller, target: string, index: number): void {
    const data = emitted(event.data, target)
    const block = this.#blocks.get(target)!
    const child = { ride: `${idOf(event)}!${index}`, hop: 0, replay: 0, key: data.key, data }
    if (block.from === undefined) return this.#plot(block, child)
    this.#note(block.from, standing(child.ride, 0, child.key, data.v))
    this.#plot(block, { ...child, hop: 1 })
  }

  #act(stop: StopSpec, event: Traveller, action: Action): void {
    switch (action.kind) {
      case 'drop':
        return this.#end(stop, event, 'dropped:dropped')
      case 'split':
        for (let index = 0; index < action.count; index++) {
          const data = childOf(event.data, index)
          this.#onward(stop, { ...event, ride: `${idOf(event)}~${index}`, hop: -1, data }, undefined)
        }
        return this.#end(stop, event, `split:${action.count}`)
      case 'reroute':
        return this.#onward(stop, { ...event, ahead: this.#line(action.target), conductor: undefined }, event)
      case 'push':
        return this.#onward(stop, { ...event, ahead: [...this.#line(action.target), ...event.ahead] }, event)
      case 'pop':
        return this.#onward(stop, { ...event, ahead: event.ahead.slice(1) }, event)
      default: {
        if (stop.isTerminal) return this.#end(stop, event, 'done')
        const isChanged = action.kind === 'forward' && action.isChanged
        return this.#onward(stop, { ...event, data: isChanged ? changed(event.data, stop) : event.data }, event)
      }
    }
  }

  /** To the next stop; at the end of the way the ride of `ending` is done. */
  #onward(stop: StopSpec, event: Traveller, ending: Traveller | undefined): void {
    const [planned, ...ahead] = event.ahead
    const conducted = event.conductor === undefined ? null : conductedTo(event.conductor, stop.name, event.data)
    const next = planned ?? conducted ?? stop.next
    if (next === undefined) {
      if (ending !== undefined) this.#end(stop, ending, 'done')
      return
    }
    const key = stop.isRekeying ? event.data.other : event.key
    this.#arrive(next, { ...event, hop: event.hop + 1, key, ahead })
  }

  #end(stop: StopSpec, { ride, hop, replay, key }: Traveller, how: string): void {
    this.#note('app.ended', `${ride}~${hop + 1}#${replay} ${String(key)} ${how} ${stop.name}`)
  }
}

/** The emissions of the handling that counts: the first that does not fail. */
function emitsOf(program: Program, stop: StopSpec, id: string, replay: number): readonly string[] {
  for (let attempt = 1; ; attempt++) {
    const { action, emits } = handlingOf(program, stop, id, replay, attempt)
    if (!['throw', 'retry', 'late'].includes(action.kind)) return emits
  }
}

/** What differs between two contents, in words; none when they are equal. */
export function differences(expected: Contents, found: Contents): readonly string[] {
  const faults: string[] = []
  for (const topic of new Set([...expected.keys(), ...found.keys()])) {
    const wanted = counts(expected.get(topic) ?? [])
    const there = counts(found.get(topic) ?? [])
    for (const [text, count] of there) {
      const right = wanted.get(text) ?? 0
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
