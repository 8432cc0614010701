/**
 * Watches a world in which a program runs, and says what was broken. It hears of every unit, every event that is read, every handling and every answer, and
 * keeps its own account of all of them; it shares no code with what it judges.
 */
import type { TopicPartition } from '../../../src/bus/index.ts'
import { isMetrobusError } from '../../../src/errors/index.ts'
import type { StopContext } from '../../../src/index.ts'
import type { SimProcess, WorldObserver } from '../../../src/testing/index.ts'
import type { Handling, Item } from './behaviour.ts'
import { handlingOf, isFailure, isMisfit } from './behaviour.ts'
import type { Probe, Version } from './build-app.ts'
import { BusModel } from './bus-model.ts'
import type { Coverage } from './coverage.ts'
import { OrderCheck } from './order-check.ts'
import { topicOf } from './program.ts'
import type { BlockSpec, Program, StopSpec } from './program.ts'

/** Violations kept; one is enough to fail. */
const violationsMax = 10

/** An event that runs alone. */
interface Alone {
  /** `<stop> <event>` */
  readonly name: string
  readonly topic: string
  /** Its handler has been given it. */
  hasBegun: boolean
}

export class Oracle implements Probe {
  readonly violations: string[] = []
  readonly bus: BusModel<SimProcess> = new BusModel()
  /** Effects outside: how often each was done, by `<stop> <id>#<replay>`. */
  readonly effects: Map<string, number> = new Map()
  /** What ran alone when its process died, and how often. */
  readonly deathsAlone: Map<string, number> = new Map()
  readonly observer: WorldObserver
  handlings = 0
  readonly #program: Program
  readonly #coverage: Coverage
  readonly #order: OrderCheck<SimProcess> = new OrderCheck()
  readonly #alone = new Map<SimProcess, string>()
  /** Of those, the ones that have not ended, by process and app. */
  readonly #aloneNow = new Map<string, Alone>()
  /** Handlings under way: by stop, partition and process; and of each limit's value. */
  readonly #running = new Map<string, Map<symbol, string>>()
  readonly #tries = new Map<string, number>()
  readonly #versions = new Map<SimProcess, Version>()
  /** What processes of the first version have written, by topic and event: its itinerary is of that version. */
  readonly #writtenByFirst = new Set<string>()
  /** The second version runs, or has run. */
  hasSecond = false
  /** Deaths, refusals and revocations so far: each may make handlings come again. */
  #setbacks = 0
  /** Hears of each handling of an event of a stop with effects, before it is known to be committed. */
  onEffect: ((process: SimProcess, stop: StopSpec, context: StopContext) => void) | undefined = undefined

  constructor(program: Program, coverage: Coverage) {
    this.#program = program
    this.#coverage = coverage
    this.observer = this.#observe()
    this.bus.onFound = (unit) => this.#order.committed(unit)
  }

  violation(text: string): void {
    if (this.violations.length < violationsMax) this.violations.push(text)
  }

  /** A process is made, with the apps of a version. */
  starts(process: SimProcess, version: Version): void {
    this.#versions.set(process, version)
    this.hasSecond ||= version === 2
  }

  /** Something may be handled again from now on. */
  setback(): void {
    this.#setbacks++
  }

  died(process: SimProcess): void {
    this.setback()
    const alone = this.#alone.get(process)
    if (alone !== undefined) this.deathsAlone.set(alone, (this.deathsAlone.get(alone) ?? 0) + 1)
    for (const place of this.#running.keys()) if (place.startsWith(`${process.name} `)) this.#running.delete(place)
  }

  begins(process: SimProcess, stop: StopSpec, data: Item, context: StopContext, handling: Handling): () => void {
    const { event, attempt, token } = context
    const name = `${stop.name} ${event.id}#${event.replay}`
    const topic = topicOf(this.#program, stop.name)
    const [partition, offset] = token.split('.').map(Number) as [number, number]
    this.handlings++
    this.#coverage.add('outcome', handling.action.kind)
    if (this.#setbacks === 0) this.#checkTry(name, attempt, stop)
    if (context.text !== JSON.stringify(data)) this.violation(`I4 ${name} is given data and another text of it`)
    if (attempt > stop.attempts) this.violation(`I5 ${name} is tried for the ${attempt}th time, of ${stop.attempts}`)
    if (this.#alone.get(process) === `${stop.name} ${event.id}`)
      this.#order.readAlone(process, topic, partition, {
        id: event.id,
        replay: event.replay,
        key: event.key,
        offset,
      })
    if (
      this.#versions.get(process) === 2 &&
      isMisfit(stop, data) &&
      this.#writtenByFirst.has(`${topic} ${event.id}#${event.replay}`)
    )
      this.violation(`I10 ${name} is of version 1, does not fit version 2, and is handled by it`)
    const { faults, ends } = this.#order.begins(process, topic, partition, event)
    for (const fault of faults) this.violation(fault)
    const app = appIn(process, topic)
    const alone = this.#aloneNow.get(app)
    const isAlone = alone?.name === `${stop.name} ${event.id}`
    if (isAlone) alone.hasBegun = true
    else if (alone !== undefined) this.violation(`I5 ${name} begins while ${alone.name} runs alone`)
    const lane = `${process.name} ${topic}/${partition}`
    const leave = [
      this.#enter(lane, lane, stop.concurrency),
      ...(stop.limit !== undefined && 'limit' in stop.limit
        ? [this.#enter(`${process.name} ${stop.name} by ${data.v % 3}`, lane, stop.limit.limit)]
        : []),
    ]
    if (stop.hasEffects) {
      this.effects.set(name, (this.effects.get(name) ?? 0) + 1)
      this.onEffect?.(process, stop, context)
    }
    return () => {
      if (isAlone) this.#aloneNow.delete(app)
      for (const done of leave) done()
      ends(this.#isDecided(stop, event.id, event.replay, attempt))
    }
  }

  #isDecided(stop: StopSpec, id: string, replay: number, attempt: number): boolean {
    return !isFailure(handlingOf(this.#program, stop, id, replay, attempt).action) || attempt >= stop.attempts
  }

  /** Where nothing came in between, the tries of an event are counted from 1 without a gap. */
  #checkTry(name: string, attempt: number, { counts }: StopSpec): void {
    const before = this.#tries.get(name) ?? 0
    // Another stop of its store may have been faster: then it is handled again, as the same try.
    if (attempt !== before + 1 && !(counts !== undefined && attempt === before))
      this.violation(`I2 ${name}: try ${attempt} follows try ${before}, and nothing came in between`)
    this.#tries.set(name, attempt)
  }

  /** An event is about to run alone in its app: nothing else may run there, nor begin. */
  #runsAlone(process: SimProcess, stop: string, event: string): void {
    const name = `${stop} ${event}`
    this.#alone.set(process, name)
    // An entry that reads a topic is a stop without a handler.
    const isEntry = ({ entry }: BlockSpec): boolean => `entry.${entry}` === stop
    const block = this.#program.blocks.find((one) => isEntry(one) || one.stops.some(({ name }) => name === stop))!
    const app = appIn(process, `${block.app}.`)
    if (isEntry(block)) this.#aloneNow.delete(app)
    else this.#aloneNow.set(app, { name, topic: topicOf(this.#program, stop), hasBegun: false })
    for (const [place, running] of this.#running)
      if (running.size > 0 && place.startsWith(`${app}.`))
        this.violation(`I5 ${name} runs alone while something runs at ${place}`)
  }

  #enter(place: string, lane: string, most: number): () => void {
    const running = this.#running.get(place) ?? new Map<symbol, string>()
    const mine = Symbol(lane)
    this.#running.set(place, running.set(mine, lane))
    if (running.size > most) this.violation(`I9 ${place}: ${running.size} run at once, of ${most}`)
    return () => running.delete(mine)
  }

  /** What a lane ran when it went away is aborted, and takes no place any more, though it may not have noticed. */
  #forget(process: SimProcess, { topic, partition }: TopicPartition): void {
    // It waited for a limit or in a batch, and now somebody else will handle it.
    const app = appIn(process, topic)
    const alone = this.#aloneNow.get(app)
    if (alone?.topic === topic && !alone.hasBegun) this.#aloneNow.delete(app)
    const gone = `${process.name} ${topic}/${partition}`
    for (const running of this.#running.values())
      for (const [one, lane] of running) if (lane === gone) running.delete(one)
  }

  #observe(): WorldObserver {
    return {
      called: (_process, call) => this.#coverage.add('disk', call),
      polled: (process, place, records) => {
        if (records.length > 256) this.violation(`I9 ${records.length} records are read at once`)
        this.#coverage.add('bus', 'poll')
        this.#order.polled(process, place, records)
      },
      rewound: (process, place, offset) => {
        this.setback()
        this.#coverage.add('bus', 'rewind')
        this.#order.rewound(process, place, offset)
        this.#forget(process, place)
      },
      revoked: (process, places) => {
        this.setback()
        this.#coverage.add('bus', 'revoked')
        this.#order.revoked(process, places)
        for (const place of places) this.#forget(process, place)
      },
      assigned: (_process, places) => {
        this.#coverage.add('bus', 'assigned')
        this.#order.assigned(places)
      },
      settling: (process, unit, group) => {
        for (const fault of this.bus.settling(process, unit, group)) this.violation(fault)
        this.#coverage.unit(unit)
      },
      settled: (process, unit, answer, group) => {
        this.#coverage.add('settled', answer)
        if (answer === 'refused') this.setback()
        for (const fault of this.bus.settled(unit, answer, group)) this.violation(fault)
        if (answer !== 'committed') return
        this.#order.committed(unit)
        if (this.#program.isWide && this.#versions.get(process) === 1)
          for (const { topic, records } of unit.outputs)
            for (const { id, replay } of records) this.#writtenByFirst.add(`${topic} ${id}#${replay}`)
      },
      logged: (process, level, facts, message) => this.#logged(process, level, facts, message),
    }
  }

  #logged(process: SimProcess, level: string, facts: object, message: string): void {
    const isAlone = message.startsWith('running alone')
    this.#coverage.add('log', `${level} ${isAlone ? 'running alone' : message}`)
    if (message === 'entries wait') this.#coverage.add('state', 'pressed')
    const { stop, event } = facts as { readonly stop?: string; readonly event?: string }
    if (isAlone) this.#runsAlone(process, stop!, event!)
    if (message === 'dead letter') this.#order.givenUp(process, topicOf(this.#program, stop!), event!)
  }

  /** An event was given up for this cause. */
  gaveUp(cause: string): void {
    if (cause.startsWith('MB_')) this.#coverage.add('code', cause)
  }

  /** A failure that somebody was told of: it must be one of ours, with a code (I10). */
  failed(error: unknown, whom: string, allowed: readonly string[]): void {
    for (let cause = error; isMetrobusError(cause); cause = cause.cause) this.#coverage.add('code', cause.code)
    if (!isMetrobusError(error)) this.violation(`I10 ${whom} failed with ${String(error)}, which has no code`)
    else if (!allowed.includes(error.code))
      this.violation(`I10 ${whom} failed with ${error.code}: ${error.message} ${messageOf(error.cause)}`)
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : '')

/** The app of a topic in a process, as the places of what runs begin. */
const appIn = ({ name }: SimProcess, topic: string): string => `${name} ${topic.slice(0, topic.indexOf('.'))}`
