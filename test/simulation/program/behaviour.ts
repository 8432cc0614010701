/**
 * What a handler does: a function of the program, the stop, the event and the attempt, and of nothing else. Both the handlers and the expectation ask it, so
 * that what should have happened is known without asking the system.
 */
import type { Program, StopSpec } from './program.ts'

/** The data of every event. */
export interface Item {
  readonly key: string | null
  /** What a stop that re-keys takes for the new key. */
  readonly other: string
  readonly v: number
  /** Makes some events large. */
  readonly pad?: string
}

export type Action =
  | { readonly kind: 'forward'; readonly isChanged: boolean }
  | { readonly kind: 'drop' }
  | { readonly kind: 'split'; readonly count: number }
  | { readonly kind: 'reroute' | 'push'; readonly target: string }
  | { readonly kind: 'pop' }
  | { readonly kind: 'dead' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'retry'; readonly afterMs: number }
  | { readonly kind: 'throw' }
  | { readonly kind: 'mistake'; readonly code: Mistake }
  | { readonly kind: 'late' }
  | { readonly kind: 'stuck' }

/** What a handler can do that is never right: the event is given up at once, with this code. */
export type Mistake =
  | 'MB_NO_OUTCOME'
  | 'MB_UNDECLARED_TARGET'
  | 'MB_TOO_MANY_CHILDREN'
  | 'MB_BAD_OUTCOME'
  | 'MB_NOT_JSON'
  | 'MB_TOO_DEEP'
  | 'MB_FOREIGN_KEY'

const mistakes: readonly Mistake[] = ['MB_NO_OUTCOME', 'MB_UNDECLARED_TARGET', 'MB_TOO_MANY_CHILDREN', 'MB_BAD_OUTCOME']
const moreMistakes: readonly Mistake[] = [...mistakes, 'MB_NOT_JSON', 'MB_TOO_DEEP']

/** One handling of one event. */
export interface Handling {
  readonly action: Action
  /** Milliseconds that the handler takes; 0 answers at once. */
  readonly delayMs: number
  readonly emits: readonly string[]
}

/** Numbers from 0 to 999 that depend on every part of the name. */
export function draw(...name: readonly (string | number)[]): number {
  let hash = 0x811c9dc5
  for (const part of name) {
    const text = `${part}\n`
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad)
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97)
  return ((hash ^ (hash >>> 15)) >>> 0) % 1000
}

/** What the handler of `stop` does with event `id` at its `attempt`-th try. */
export function handlingOf(program: Program, stop: StopSpec, id: string, replay: number, attempt: number): Handling {
  const { seed } = program
  const of = (what: string): number => draw(seed, stop.name, id, replay, what)
  const delayMs = of(`slow ${attempt}`) < stop.slow ? 1 + (of(`ms ${attempt}`) % 40) : 0
  if (stop.batch === undefined && replay === 0 && of('kill') < program.killing)
    return { action: { kind: 'kill' }, delayMs: 0, emits: [] }
  if (attempt <= failures(stop, of))
    return { action: failureOf(program, stop, of(`fail ${attempt}`)), delayMs, emits: [] }
  return { action: successOf(program, stop, of), delayMs, emits: stop.emits.filter((name) => of(`emit ${name}`) < 300) }
}

/** How many tries fail before one does not. */
function failures(stop: StopSpec, of: (what: string) => number): number {
  if (of('fails') >= stop.failing) return 0
  const share = of('failures')
  return share < 700 ? 1 + (share % 3) : share < 850 ? stop.attempts - 1 : Infinity
}

/** Some mistakes only a wide program makes, and one only a stop that has a store. */
function mistakeOf(isWide: boolean, { counts }: StopSpec, share: number): Mistake {
  const all = isWide ? moreMistakes : mistakes
  if (isWide && counts !== undefined && share % 3 === 0) return 'MB_FOREIGN_KEY'
  return all[share % all.length]!
}

function failureOf({ isWide }: Program, stop: StopSpec, share: number): Action {
  if (stop.sticks && share < 150) return { kind: 'stuck' }
  if (share < 400) return stop.batch === undefined ? { kind: 'throw' } : { kind: 'retry', afterMs: 0 }
  if (share < 700) return { kind: 'retry', afterMs: [0, 50, 2_000, 7_000][share % 4]! }
  // A batch fails as a whole by what one of its handlings throws.
  if (share < 800 && !stop.isTerminal && !stop.isSwitch && stop.batch === undefined)
    return { kind: 'mistake', code: mistakeOf(isWide, stop, share) }
  if (share < 900 && stop.deadlineMs === 300 && stop.batch === undefined && stop.concurrency === 64)
    return { kind: 'late' }
  return { kind: 'dead' }
}

function successOf({ turns }: Program, stop: StopSpec, of: (what: string) => number): Action {
  const forward: Action = { kind: 'forward', isChanged: !stop.isSwitch && of('changed') < 500 }
  if (of('turn') >= turns) return forward
  const share = of('which')
  const target = stop.targets[share % Math.max(1, stop.targets.length)]
  if (stop.isSwitch) return target === undefined ? forward : { kind: 'reroute', target }
  if (share < 200 || stop.isTerminal) return { kind: 'drop' }
  if (share < 450) return { kind: 'split', count: share % 4 }
  if (share < 800 && target !== undefined) return { kind: share < 650 ? 'reroute' : 'push', target }
  return share < 900 ? { kind: 'pop' } : forward
}

/** Whether an action is a try that failed, after which there may be another. */
export const isFailure = ({ kind }: Action): boolean => ['throw', 'retry', 'late', 'stuck'].includes(kind)

/** What the schema of a stop takes no more in the second version of its app. */
export const isMisfit = ({ isStricter }: StopSpec, { v }: Pick<Item, 'v'>): boolean => isStricter && v % 5 === 3

/** The data that a stop gives on. */
export const changed = (data: Item, stop: StopSpec): Item => ({ ...data, v: next(data.v, stop.name) })

/** The data of child `index` of a split. */
export const childOf = (data: Item, index: number): Item => ({ ...data, v: next(data.v, `child ${index}`) })

/** The data of an event that is emitted to `target`. */
export const emitted = (data: Item, target: string): Item => ({
  key: data.key,
  other: data.other,
  v: next(data.v, target),
})

const next = (v: number, salt: string): number => (v * 31 + draw(salt, v % 97)) % 1_000_003
