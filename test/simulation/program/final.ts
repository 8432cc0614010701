/** The judgement at the end of a case: the topics hold what was to be expected, each event once, and nothing is left over. */
import type { BusInspector } from '../../../src/bus/index.ts'
import { Cluster } from '../../../src/testing/index.ts'
import type { Machine } from '../../../src/testing/index.ts'
import { handlingOf } from './behaviour.ts'
import { viewOf } from './bus-model.ts'
import { differences, expectedContents } from './expectation.ts'
import type { Sent } from './expectation.ts'
import type { Oracle } from './oracle.ts'
import type { Program } from './program.ts'

export interface End {
  readonly program: Program
  readonly world: Machine | Cluster
  readonly oracle: Oracle
  readonly sent: Iterable<Sent>
  readonly isAcknowledged: (event: Sent) => boolean
  readonly inspector: BusInspector
}

export async function judgeEnd({ program, world, oracle, sent, isAcknowledged, inspector }: End): Promise<void> {
  await checkRest(world, oracle, inspector)
  const found = new Map(
    [...oracle.bus.contents].filter(([topic]) => !topic.endsWith('.parked') && topic !== 'app.errors'),
  )
  const letters = new Map<string, string>()
  const events = new Map<string, Set<string>>()
  for (const [topic, lines] of found) {
    events.set(topic, new Set(lines.map((text) => text.slice(0, text.indexOf(' ')))))
    if (topic.endsWith('.dlq'))
      for (const text of lines)
        letters.set(`${topic.slice(4, -4)} ${text.slice(0, text.indexOf(' '))}`, text.slice(text.lastIndexOf(' ') + 1))
  }
  for (const cause of letters.values()) oracle.gaveUp(cause)
  checkConvictions(program, oracle, letters)
  const operator = (letter: string): 'replay' | 'discard' | undefined => {
    const [stop, event] = letter.split(' ') as [string, string]
    const [id, replay] = event.split('#') as [string, string]
    if (events.get(`app.${stop}`)?.has(`${id}#${Number(replay) + 1}`) === true) return 'replay'
    return found.get('app.ended')?.some((text) => isDiscard(text, id, replay, stop)) === true ? 'discard' : undefined
  }
  for (const letter of letters.keys())
    if (operator(letter) === undefined)
      oracle.violation(`I1 ${letter} was given up, is no longer a dead letter, and was neither replayed nor discarded`)
  // Members do not know each other's ids, so what was not acknowledged by a dead one is not sent again; it may be there or not.
  const isThere = ({ id }: Sent): boolean => [...events.values()].some((inside) => inside.has(`${id}#0`))
  const entered = [...sent].filter((event) => isAcknowledged(event) || isThere(event))
  const expected = expectedContents(program, entered, {
    operator,
    isConvicted: (letter) => letters.get(letter) === 'MB_KILLED_PROCESS',
  })
  for (const fault of differences(expected, found)) oracle.violation(fault)
  checkEffects(program, oracle, events, letters)
}

/** The ride of an event ends one hop behind it. */
function isDiscard(text: string, id: string, replay: string, stop: string): boolean {
  if (!text.endsWith(` discarded:by-hand ${stop}`)) return false
  const [ended] = text.split(' ') as [string]
  const tilde = ended.lastIndexOf('~')
  const hop = Number(ended.slice(tilde + 1, ended.indexOf('#', tilde))) - 1
  const ride = ended.slice(0, tilde)
  return ended.endsWith(`#${replay}`) && (hop === 0 ? ride : `${ride}~${hop}`) === id
}

/** Only what killed its process again and again while it ran alone may be given up for it. */
function checkConvictions(program: Program, oracle: Oracle, letters: ReadonlyMap<string, string>): void {
  for (const [letter, cause] of letters) {
    if (cause !== 'MB_KILLED_PROCESS') continue
    const [stop, event] = letter.split(' ') as [string, string]
    const [id, replay] = event.split('#') as [string, string]
    const spec = program.blocks.flatMap(({ stops }) => stops).find(({ name }) => name === stop)
    const isKiller = spec !== undefined && handlingOf(program, spec, id, Number(replay), 1).action.kind === 'kill'
    if (!isKiller && (oracle.deathsAlone.get(`${stop} ${id}`) ?? 0) < program.killsMax)
      oracle.violation(`${letter} is convicted of killing the process, and is innocent`)
  }
}

/** Every event that came to a stop with effects had its effect, at least once. */
function checkEffects(
  program: Program,
  oracle: Oracle,
  events: ReadonlyMap<string, ReadonlySet<string>>,
  letters: ReadonlyMap<string, string>,
): void {
  for (const { name, hasEffects } of program.blocks.flatMap(({ stops }) => stops))
    for (const event of hasEffects ? (events.get(`app.${name}`) ?? []) : [])
      if (!oracle.effects.has(`${name} ${event}`) && letters.get(`${name} ${event}`) !== 'MB_KILLED_PROCESS')
        oracle.violation(`I1 ${name} was never given ${event}`)
}

/** Every position is at its end, no key is parked, and the bus holds the fold of what was settled. */
async function checkRest(world: Machine | Cluster, oracle: Oracle, inspector: BusInspector): Promise<void> {
  const view = await viewOf(inspector, 'app', oracle.bus.stores)
  for (const { topic, partitions } of await inspector.topics()) {
    if (/\.(ended|errors)$/.test(topic)) continue
    for (const { partition, end } of partitions) {
      const position = view.positions.get(`${topic}/${partition}`)
      if (end > 0 && position !== String(end))
        oracle.violation(`I1 ${topic}/${partition} is settled to ${position} of ${end}`)
    }
  }
  for (const [row, value] of view.rows)
    if (row.startsWith('park/')) oracle.violation(`I5 nothing waits, and ${row} is ${value}`)
  const faults = world instanceof Cluster ? oracle.bus.judgeLive(view) : oracle.bus.judge(view)
  for (const fault of faults) oracle.violation(fault)
}
