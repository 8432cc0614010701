/** Makes the apps of a program, with the builders that users have. What its handlers do, `behaviour.ts` says; what they are given, a probe hears. */
import {
  conductor,
  deadLetter,
  drop,
  entry,
  line,
  mapMaker,
  metrobus,
  pop,
  push,
  reroute,
  retry,
  split,
  stop,
  store,
  switchStop,
  topic,
} from '../../../src/index.ts'
import type { App, Entry, StopContext, Store, Topic } from '../../../src/index.ts'
import type { StoreHandle } from '../../../src/stop/store.ts'
import type { SimProcess } from '../../../src/testing/index.ts'
import { changed, childOf, emitted, handlingOf, isMisfit } from './behaviour.ts'
import type { Handling, Item, Mistake } from './behaviour.ts'
import { conductedTo, mappedTo } from './expectation.ts'
import { appsOf } from './program.ts'
import type { BlockSpec, Program, StopSpec } from './program.ts'

/** Hears what handlers are given, and how they answer. */
export interface Probe {
  /** Answers what is to be told when it ends. */
  begins(process: SimProcess, stop: StopSpec, data: Item, context: StopContext, handling: Handling): () => void
}

// The builders check types that a drawn program does not have; what does not fit together they refuse at run time as well.
type Loose = (...values: readonly unknown[]) => never

const isItem = (value: unknown): value is Item => typeof (value as Item | null)?.v === 'number'

const schemaOf = (takes: (value: unknown) => boolean, issue: string): object => ({
  '~standard': {
    version: 1 as const,
    vendor: 'simulation',
    validate: (value: unknown) => (takes(value) ? { value: value as Item } : { issues: [{ message: issue }] }),
  },
})

const anyItem = schemaOf(isItem, 'it must have a v')

/** Longer than any jump of a clock. */
const dedupe = { count: 1_000, time: { seconds: 86_400 } }

/** The version of an app that a process runs: 1, or 2 from when it was deployed. */
export type Version = 1 | 2

/** What every part of an app is made of. */
interface Making {
  readonly program: Program
  readonly version: Version
  readonly process: SimProcess
  readonly probe: Probe
  /** Entries and topics that stops may emit to. */
  readonly emittable: Map<string, Entry | Topic>
  readonly stores: Map<string, Store>
}

/** The apps of a program, as one version of them. */
export function buildApps(program: Program, version: Version, process: SimProcess, probe: Probe): readonly App[] {
  const making: Making = { program, version, process, probe, emittable: new Map(), stores: new Map() }
  const entries = new Map<string, Entry[]>(appsOf(program).map((app) => [app, []]))
  for (const block of program.blocks.toReversed()) {
    const { from } = block
    if (block.isRemoved && version === 2) continue
    if (from !== undefined && !making.emittable.has(from))
      making.emittable.set(from, topic(from, { schema: anyItem, key: (item: Item) => item.key } as never))
    const made = buildEntry(block, making)
    entries.get(block.app)!.unshift(made)
    if (from === undefined) making.emittable.set(block.entry, made)
  }
  const topics = [...making.emittable.values()].filter((target): target is Topic => target.kind === 'topic')
  return [...entries].map(([app, all]) =>
    metrobus(app, { entries: all, publishes: app === 'app' ? topics : [], codeVersion: `simulated ${version}` }),
  )
}

function buildEntry(block: BlockSpec, making: Making): Entry {
  const stops = new Map<string, never>()
  const lines = new Map<string, never>()
  for (const spec of block.stops.toReversed()) {
    for (const name of spec.targets) if (!lines.has(name)) lines.set(name, buildLine(block, name, stops))
    stops.set(spec.name, buildStop(spec, making, { stops, lines }))
  }
  for (const { name } of block.lines) if (!lines.has(name)) lines.set(name, buildLine(block, name, stops))
  const route = buildRoute(block, stops, lines)
  const fed =
    block.from === undefined
      ? { in: anyItem, key: (item: Item) => item.key, dedupe }
      : { from: making.emittable.get(block.from), start: 'beginning' }
  return (entry as unknown as Loose)(block.entry, { ...fed, route })
}

function buildLine(block: BlockSpec, name: string, stops: ReadonlyMap<string, never>): never {
  const { stops: names } = block.lines.find((spec) => spec.name === name)!
  let builder = line(name)
  for (const one of names.slice(0, -1)) builder = builder.via(stops.get(one)!) as never
  return builder.to(stops.get(names.at(-1)!)!) as never
}

function buildRoute(block: BlockSpec, stops: ReadonlyMap<string, never>, lines: ReadonlyMap<string, never>): never {
  const [first, second] = block.lines
  switch (block.route) {
    case 'line':
      return lines.get(first!.name)!
    case 'hard-wired':
      return stops.get(block.stops[0]!.name)!
    case 'map-rules':
    case 'map-choose': {
      const chosen = { [first!.name]: lines.get(first!.name), [second!.name]: lines.get(second!.name) }
      const by =
        block.route === 'map-choose'
          ? { choose: (item: Item) => mappedTo(block, item) }
          : { rules: [{ when: { other: ['o0', 'o1'] }, line: first!.name }], otherwise: second!.name }
      return (mapMaker as unknown as Loose)(`${block.entry}-map`, { lines: chosen, ...by })
    }
    default: {
      const names = block.stops.map(({ name }) => name)
      const by =
        block.route === 'conductor-choose'
          ? { choose: ({ after, data }: { after: string; data: Item }) => conductedTo(block, after, data) }
          : { rules: conductorRules(block) }
      return (conductor as unknown as Loose)(`${block.entry}-conductor`, {
        stops: names.map((name) => stops.get(name)),
        ...by,
      })
    }
  }
}

/** The table that says what `conductedTo` says. */
function conductorRules({ stops, isCircle }: BlockSpec): readonly object[] {
  const rules: object[] = [{ after: 'entry', to: stops[0]!.name }]
  for (const [index, { name, isTerminal }] of stops.entries()) {
    const next = stops[index + 1]?.name
    if (next === undefined || isTerminal) continue
    if (stops[index + 2] !== undefined) rules.push({ after: name, when: { other: 'o0' }, to: stops[index + 2]!.name })
    rules.push({ after: name, to: next })
  }
  const last = stops.at(-1)!.name
  if (isCircle) rules.push({ after: last, when: { other: 'o3' }, to: stops[0]!.name }, { after: last, to: null })
  return rules
}

function buildStop(
  spec: StopSpec,
  making: Making,
  made: { readonly stops: ReadonlyMap<string, never>; readonly lines: ReadonlyMap<string, never> },
): never {
  const handler = handlerOf(spec, making)
  const isStricter = spec.isStricter && making.version === 2
  const targets = Object.fromEntries(spec.targets.map((name) => [name, made.lines.get(name)]))
  const options = {
    in: isStricter ? schemaOf((value) => isItem(value) && !isMisfit(spec, value), 'it must be of version 2') : anyItem,
    schemaVersion: isStricter ? 2 : 1,
    effects: spec.hasEffects ? 'outside' : 'none',
    policy: {
      attempts: spec.attempts,
      backoff: spec.backoffMs,
      deadline: spec.deadlineMs,
      whenDeadLettered: spec.whenDeadLettered,
    },
    concurrency: spec.concurrency,
    limits: spec.limit === undefined ? [] : [{ by: (item: Item) => String(item.v % 3), ...spec.limit }],
  }
  if (spec.isSwitch) return (switchStop as unknown as Loose)(spec.name, { ...options, lines: targets }, handler)
  const onward = spec.isTerminal
    ? {}
    : {
        out: anyItem,
        ...(spec.isRekeying ? { key: (item: Item) => item.other } : {}),
        ...(spec.next === undefined ? {} : { next: made.stops.get(spec.next) }),
      }
  const emits = spec.emits.map((name) => making.emittable.get(name))
  const all = { ...options, ...onward, targets, emits, stores: storesOf(spec, making) }
  if (spec.batch === undefined) return (stop as unknown as Loose)(spec.name, all, handler)
  const batched = (items: readonly Item[], contexts: readonly StopContext[]): unknown =>
    Promise.all(items.map((item, index) => handler(item, contexts[index]!)))
  return (stop.batch as unknown as Loose)(spec.name, { ...all, ...spec.batch }, batched)
}

/** Stops that count in one store share it. */
function storesOf({ counts }: StopSpec, { stores }: Making): { readonly [name: string]: Store } {
  if (counts === undefined) return {}
  const kept = stores.get(counts) ?? (store as unknown as Loose)(counts, anyItem)
  stores.set(counts, kept)
  return { [counts]: kept }
}

const storeOf = ({ counts }: StopSpec, { stores }: StopContext): StoreHandle<Pick<Item, 'v'>> | undefined =>
  counts === undefined ? undefined : (stores as { readonly [name: string]: StoreHandle<Pick<Item, 'v'>> })[counts]

/** Reads how far the key of an event is counted; what it answers counts one more. */
function counting(spec: StopSpec, context: StopContext): () => void {
  const { key } = context.event
  const handle = storeOf(spec, context)
  if (handle === undefined || key === null) return () => {}
  const before = handle.get(key)?.v ?? 0
  return () => handle.put(key, { v: before + 1 })
}

function handlerOf(
  spec: StopSpec,
  { program, process, probe, emittable }: Making,
): (data: Item, context: StopContext) => unknown {
  return (data, context) => {
    const { event, attempt } = context
    if (!process.isAlive) return new Promise(() => {})
    const handling = handlingOf(program, spec, event.id, event.replay, attempt)
    const ends = probe.begins(process, spec, data, context, handling)
    const counted = counting(spec, context)
    const answer = (): unknown => {
      ends()
      // Also what a try has counted that fails, which must be forgotten.
      counted()
      if (handling.action.kind === 'mistake') return mistaken(handling.action.code, data, storeOf(spec, context))
      return answerOf(spec, data, handling, context, emittable)
    }
    if (handling.action.kind === 'kill') process.kill(`killed by ${event.id}`)
    if (!process.isAlive) return new Promise(() => {})
    if (handling.action.kind === 'late' && event.id.length % 2 === 0) return whenAborted(context.signal).finally(ends)
    const delayMs = delayOf(spec, handling)
    if (delayMs === 0) return answer()
    return new Promise((resolve) => process.platform.clock.timer(delayMs, () => resolve(undefined))).then(answer)
  }
}

/** One that is stuck takes longer than an app waits for what is past its deadline. */
function delayOf({ deadlineMs }: StopSpec, { action, delayMs }: Handling): number {
  if (action.kind === 'late') return deadlineMs + 200
  return action.kind === 'stuck' ? deadlineMs + 5_000 : delayMs
}

/** A handler that heeds its signal: it ends when the deadline has passed, and no earlier. */
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

/** What a handler does that is never right. */
function mistaken(code: Mistake, data: Item, counts: StoreHandle<Pick<Item, 'v'>> | undefined): unknown {
  switch (code) {
    case 'MB_NO_OUTCOME':
      return undefined
    case 'MB_UNDECLARED_TARGET':
      return reroute('nowhere', data)
    case 'MB_TOO_MANY_CHILDREN':
      return split(Array.from({ length: 10_001 }, () => data))
    case 'MB_BAD_OUTCOME':
      return drop('Not A Slug')
    case 'MB_NOT_JSON':
      return { ...data, v: BigInt(data.v) }
    case 'MB_FOREIGN_KEY':
      return counts!.get('a row of another key')
    case 'MB_TOO_DEEP':
      return { ...data, deep: Array.from({ length: 3_000 }).reduce<object>((inner) => ({ inner }), {}) }
  }
}

function answerOf(
  spec: StopSpec,
  data: Item,
  { action, emits }: Handling,
  context: StopContext,
  emittable: ReadonlyMap<string, Entry | Topic>,
): unknown {
  for (const name of emits) context.emit(emittable.get(name)!, emitted(data, name))
  switch (action.kind) {
    case 'forward':
      return spec.isTerminal ? undefined : action.isChanged ? changed(data, spec) : data
    case 'drop':
      return drop('dropped')
    case 'split':
      return split(Array.from({ length: action.count }, (_, index) => childOf(data, index)))
    case 'reroute':
      return spec.isSwitch ? action.target : reroute(action.target, data)
    case 'push':
      return push(action.target, data)
    case 'pop':
      return pop(data)
    case 'retry':
      return retry(action.afterMs)
    case 'dead':
      return deadLetter('given-up')
    case 'late':
    case 'stuck':
      // An answer that comes too late is as void as an error.
      if (data.v % 2 === 0) return spec.isTerminal ? undefined : data
      throw new Error('too late')
    default:
      throw new Error('no luck')
  }
}
