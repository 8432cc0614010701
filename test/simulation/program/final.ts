/** The judgement at the end of a case: the topics hold what was to be expected, each event once, and nothing is left over. */
import type { BusInspector } from '../../../src/bus/index.ts'
import type { RunningApp } from '../../../src/runtime/running.ts'
import { Cluster } from '../../../src/testing/index.ts'
import type { Machine } from '../../../src/testing/index.ts'
import { handlingOf, isMisfit } from './behaviour.ts'
import { viewOf } from './bus-model.ts'
import { faultsOfAnswers, faultsOfCounting } from './counting.ts'
import { differences, expectedContents } from './expectation.ts'
import type { Contents, Sent } from './expectation.ts'
import type { Oracle } from './oracle.ts'
import { topicOf } from './program.ts'
import type { Program } from './program.ts'

export interface End {
  readonly program: Program
  readonly world: Machine | Cluster
  readonly oracle: Oracle
  readonly sent: Iterable<Sent>
  readonly isAcknowledged: (event: Sent) => boolean
  /** Stops that were removed with the events that waited there. */
  readonly discarded: ReadonlySet<string>
  /** Stops that the app does not have any more: nobody decides about their dead letters. */
  readonly removed: ReadonlySet<string>
  readonly inspector: BusInspector
  /** The apps of every process that runs. */
  readonly apps: readonly RunningApp[]
}

/** An event that was given up: a dead letter that stood there once. */
interface Letter {
  readonly stop: string
  readonly id: string
  readonly replay: number
  readonly v: number
  readonly cause: string
}

export async function judgeEnd(end: End): Promise<void> {
  const { program, oracle, sent, isAcknowledged, discarded, removed, apps } = end
  await checkRest(end)
  const found = new Map([...oracle.bus.contents].filter(([topic]) => !/\.(parked|errors|changelog)$/.test(topic)))
  const events = new Map(
    [...found].map(([topic, lines]) => [topic, new Set(lines.map((text) => text.slice(0, text.indexOf(' '))))]),
  )
  const letters = lettersIn(found)
  for (const { cause } of letters.values()) oracle.gaveUp(cause)
  checkCauses(program, oracle, letters.values())
  const operator = (letter: string): 'replay' | 'discard' | undefined => {
    const { stop, id, replay } = letters.get(letter)!
    const topic = topicOf(program, stop)
    if (events.get(topic)?.has(`${id}#${replay + 1}`) === true) return 'replay'
    const ended = found.get(`${topic.slice(0, topic.indexOf('.'))}.ended`) ?? []
    return ended.some((text) => isDiscard(text, id, replay, stop)) ? 'discard' : undefined
  }
  for (const [letter, { stop }] of letters)
    if (operator(letter) === undefined && !removed.has(stop))
      oracle.violation(`I1 ${letter} was given up, is no longer a dead letter, and was neither replayed nor discarded`)
  // Members do not know each other's ids, so what was not acknowledged by a dead one is not sent again; it may be there or not.
  const isThere = ({ id }: Sent): boolean => [...events.values()].some((inside) => inside.has(`${id}#0`))
  const entered = [...sent].filter((event) => isAcknowledged(event) || isThere(event))
  const { contents, possible, counted, possiblyCounted } = expectedContents(program, entered, {
    operator: (letter) => (letters.has(letter) ? operator(letter) : undefined),
    unheard: (letter) => {
      const cause = letters.get(letter)?.cause
      return cause === 'MB_KILLED_PROCESS' || cause === 'MB_SCHEMA_CHANGED' ? cause : undefined
    },
    isDiscarded: (stop) => discarded.has(stop),
  })
  for (const fault of differences(contents, found, possible)) oracle.violation(fault)
  for (const fault of faultsOfCounting(oracle.bus.counted, counted, possiblyCounted)) oracle.violation(fault)
  for (const fault of await faultsOfAnswers(apps, oracle.bus.counted)) oracle.violation(fault)
  checkEffects(end, events, letters)
}

/** By `<stop> <id>#<replay>`. */
function lettersIn(found: Contents): ReadonlyMap<string, Letter> {
  const letters = new Map<string, Letter>()
  for (const [topic, lines] of found) {
    const stop = /^\w+\.(.+)\.dlq$/.exec(topic)?.[1]
    if (stop === undefined) continue
    for (const text of lines) {
      const words = text.split(' ')
      const [id, replay] = words[0]!.split('#') as [string, string]
      letters.set(`${stop} ${id}#${replay}`, {
        stop,
        id,
        replay: Number(replay),
        v: Number(words.at(-2)),
        cause: words.at(-1)!,
      })
    }
  }
  return letters
}

/** The ride of an event ends one hop behind it. */
function isDiscard(text: string, id: string, replay: number, stop: string): boolean {
  if (!text.endsWith(` discarded:by-hand ${stop}`)) return false
  const [ended] = text.split(' ') as [string]
  const tilde = ended.lastIndexOf('~')
  const hop = Number(ended.slice(tilde + 1, ended.indexOf('#', tilde))) - 1
  const ride = ended.slice(0, tilde)
  return ended.endsWith(`#${replay}`) && (hop === 0 ? ride : `${ride}~${hop}`) === id
}

/** Only what killed its process again and again while it ran alone may be given up for that, and only what does not fit a second version that has run for that. */
function checkCauses(program: Program, oracle: Oracle, letters: Iterable<Letter>): void {
  for (const { stop, id, replay, v, cause } of letters) {
    const spec = program.blocks.flatMap(({ stops }) => stops).find(({ name }) => name === stop)
    if (spec === undefined) continue
    if (cause === 'MB_SCHEMA_CHANGED' && !(oracle.hasSecond && isMisfit(spec, { v })))
      oracle.violation(`I1 ${stop} gave up ${id}#${replay} for another version that it fits`)
    if (cause !== 'MB_KILLED_PROCESS') continue
    const isKiller = handlingOf(program, spec, id, replay, 1).action.kind === 'kill'
    if (!isKiller && (oracle.deathsAlone.get(`${stop} ${id}`) ?? 0) < program.killsMax)
      oracle.violation(`${stop} ${id}#${replay} is convicted of killing the process, and is innocent`)
  }
}

/** Every event that came to a stop with effects had its effect, at least once. */
function checkEffects(
  { program, oracle, discarded }: End,
  events: ReadonlyMap<string, ReadonlySet<string>>,
  letters: ReadonlyMap<string, Letter>,
): void {
  const isUnheard = (letter: string): boolean =>
    ['MB_KILLED_PROCESS', 'MB_SCHEMA_CHANGED'].includes(letters.get(letter)?.cause ?? '')
  for (const { name, hasEffects } of program.blocks.flatMap(({ stops }) => stops))
    for (const event of hasEffects && !discarded.has(name) ? (events.get(topicOf(program, name)) ?? []) : [])
      if (!oracle.effects.has(`${name} ${event}`) && !isUnheard(`${name} ${event}`))
        oracle.violation(`I1 ${name} was never given ${event}`)
}

/** Every position is at its end, no key is parked, and the bus holds the fold of what was settled. */
async function checkRest({ program, world, oracle, removed, inspector }: End): Promise<void> {
  const view = await viewOf(inspector, oracle.bus.stores)
  const readers = readersOf(program)
  for (const { topic, partitions } of await inspector.topics()) {
    if (/\.(ended|errors|changelog)$/.test(topic) || [...removed].some((stop) => topic.endsWith(`.${stop}.dlq`)))
      continue
    for (const { partition, end } of partitions)
      for (const app of readers.get(topic) ?? [topic.slice(0, topic.indexOf('.'))]) {
        const position = view.positions.get(`${app} ${topic}/${partition}`)
        if (end > 0 && position !== String(end))
          oracle.violation(`I1 ${app} has settled ${topic}/${partition} to ${position} of ${end}`)
      }
  }
  // A stop that is gone cannot let go of the key that its last dead letter holds.
  const isRemoved = (row: string): boolean => [...removed].some((stop) => row.includes(`.${stop}/`))
  for (const [row, value] of view.rows)
    if (/^\w+ park\//.test(row) && !(isRemoved(row) && isHeldAlone(value)))
      oracle.violation(`I5 nothing waits, and ${row} is ${value}`)
  const faults = world instanceof Cluster ? oracle.bus.judgeLive(view) : oracle.bus.judge(view)
  for (const fault of faults) oracle.violation(fault)
}

/** A row of the park table that holds a key behind which nothing waits. */
function isHeldAlone(row: string): boolean {
  const { count, isHeld } = JSON.parse(row) as { readonly count: number; readonly isHeld: boolean }
  return isHeld && count === 0
}

/** Which apps read each declared topic. */
function readersOf({ blocks }: Program): ReadonlyMap<string, readonly string[]> {
  const readers = new Map<string, string[]>()
  for (const { from, app } of blocks) if (from !== undefined) readers.set(from, [...(readers.get(from) ?? []), app])
  return readers
}
