/**
 * Watches a world in which a program runs, and says what was broken. It hears of every unit, every event that is read, every handling and every answer, and
 * keeps its own account of all of them; it shares no code with what it judges.
 */
import { isMetrobusError } from '../../../src/errors/index.ts'
import type { StopContext } from '../../../src/index.ts'
import type { SimProcess, WorldObserver } from '../../../src/testing/index.ts'
import type { Handling, Item } from './behaviour.ts'
import { handlingOf } from './behaviour.ts'
import type { Probe } from './build-app.ts'
import { BusModel } from './bus-model.ts'
import type { Coverage } from './coverage.ts'
import { OrderCheck } from './order-check.ts'
import type { Program, StopSpec } from './program.ts'

/** Violations kept; one is enough to fail. */
const violationsMax = 10

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
  /** Handlings under way: by stop, partition and process; and of each limit's value. */
  readonly #running = new Map<string, number>()
  readonly #tries = new Map<string, number>()
  /** Deaths, refusals and revocations so far: each may make handlings come again. */
  #setbacks = 0
  /** Hears of each handling of an event of a stop with effects, before it is known to be committed. */
  onEffect: ((process: SimProcess, stop: StopSpec, context: StopContext) => void) | undefined = undefined

  constructor(program: Program, coverage: Coverage) {
    this.#program = program
    this.#coverage = coverage
    this.observer = this.#observe()
  }

  violation(text: string): void {
    if (this.violations.length < violationsMax) this.violations.push(text)
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
    const [partition, offset] = token.split('.').map(Number) as [number, number]
    this.handlings++
    this.#coverage.add('outcome', handling.action.kind)
    if (this.#setbacks === 0) this.#checkTry(name, attempt)
    if (context.text !== JSON.stringify(data)) this.violation(`I4 ${name} is given data and another text of it`)
    if (attempt > stop.attempts) this.violation(`I5 ${name} is tried for the ${attempt}th time, of ${stop.attempts}`)
    if (this.#alone.get(process) === `${stop.name} ${event.id}`)
      this.#order.readAlone(process, stop.name, partition, {
        id: event.id,
        replay: event.replay,
        key: event.key,
        offset,
      })
    const { faults, ends } = this.#order.begins(process, stop.name, partition, event)
    for (const fault of faults) this.violation(fault)
    const leave = [
      this.#enter(`${process.name} ${stop.name}/${partition}`, stop.concurrency),
      ...(stop.limit !== undefined && 'limit' in stop.limit
        ? [this.#enter(`${process.name} ${stop.name} by ${data.v % 3}`, stop.limit.limit)]
        : []),
    ]
    if (stop.hasEffects) {
      this.effects.set(name, (this.effects.get(name) ?? 0) + 1)
      this.onEffect?.(process, stop, context)
    }
    return () => {
      for (const done of leave) done()
      ends(this.#isDecided(stop, event.id, event.replay, attempt))
    }
  }

  #isDecided(stop: StopSpec, id: string, replay: number, attempt: number): boolean {
    const { kind } = handlingOf(this.#program, stop, id, replay, attempt).action
    return !['throw', 'retry', 'late'].includes(kind) || attempt >= stop.attempts
  }

  /** Where nothing came in between, the tries of an event are counted from 1 without a gap. */
  #checkTry(name: string, attempt: number): void {
    const before = this.#tries.get(name) ?? 0
    if (attempt !== before + 1)
      this.violation(`I2 ${name}: try ${attempt} follows try ${before}, and nothing came in between`)
    this.#tries.set(name, attempt)
  }

  #enter(place: string, most: number): () => void {
    const running = (this.#running.get(place) ?? 0) + 1
    this.#running.set(place, running)
    if (running > most) this.violation(`I9 ${place}: ${running} run at once, of ${most}`)
    return () => this.#running.set(place, this.#running.get(place)! - 1)
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
      },
      revoked: (process, places) => {
        this.setback()
        this.#coverage.add('bus', 'revoked')
        this.#order.revoked(process, places)
      },
      assigned: () => this.#coverage.add('bus', 'assigned'),
      settling: (process, unit) => {
        for (const fault of this.bus.settling(process, unit)) this.violation(fault)
        this.#coverage.unit(unit)
      },
      settled: (_process, unit, answer) => {
        this.#coverage.add('settled', answer)
        if (answer === 'refused') this.setback()
        for (const fault of this.bus.settled(unit, answer)) this.violation(fault)
        if (answer === 'committed') this.#order.committed(unit)
      },
      logged: (process, level, facts, message) => this.#logged(process, level, facts, message),
    }
  }

  #logged(process: SimProcess, level: string, facts: object, message: string): void {
    const isAlone = message.startsWith('running alone')
    this.#coverage.add('log', `${level} ${isAlone ? 'running alone' : message}`)
    if (message === 'entries wait') this.#coverage.add('state', 'pressed')
    const { stop, event } = facts as { readonly stop?: string; readonly event?: string }
    if (isAlone) this.#alone.set(process, `${stop} ${event}`)
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
