/**
 * One run of an app, or of several on one bus, in a simulated world: every event is sent when the one before it is at rest, and what the plan of faults says goes wrong. Without a fault it is
 * the calm run.
 *
 * Invariants:
 * - R1 What outlives a process are the bus and the fakes. A dead process calls no fake any more.
 * - R2 What a handler draws depends on the seed, its stop, its event and how often that has had an effect there, and on nothing that other handlers did.
 */
import { MetrobusError } from '../../errors/index.ts'
import { shortHash } from '../../internal/hash.ts'
import type { AppDefinition } from '../../runtime/definition.ts'
import type { RunningApp } from '../../runtime/running.ts'
import { startApp } from '../../runtime/start.ts'
import type { StopContext } from '../../stop/definition.ts'
import { SeededRandom } from '../seeded-random.ts'
import { Cluster } from '../simulator/cluster.ts'
import { Machine } from '../simulator/machine.ts'
import type { SimProcess } from '../simulator/sim-process.ts'
import type { Startable } from '../simulator/world.ts'
import { callInside, currentAmbience, inside } from './ambience.ts'
import type { Ambience } from './ambience.ts'
import { allCaughtUp, moveUntil, waitingIn } from './caught-up.ts'
import { watched } from './fakes.ts'
import type { Told } from './fakes.ts'
import type { Fault, Visit } from './fault.ts'
import { instrument } from './instrument.ts'
import type { Around } from './instrument.ts'
import { muted } from './muted.ts'
import { isThenable } from './recorder.ts'
import { show, wordsOf } from './story.ts'

/** An event as it is sent. */
export interface Sent {
  readonly entry: string
  readonly data: unknown
  readonly id: string
}

/** What can be simulated: an app of `metrobus()`. */
export interface Simulated {
  readonly definition: AppDefinition
}

/** What is run, and against what. */
export interface RunOptions<Fakes extends object> {
  readonly makeApp: (fakes: Fakes) => Simulated | readonly Simulated[]
  readonly fakes: () => Fakes
  readonly observe: (fakes: Fakes) => unknown
  readonly sent: readonly Sent[]
  readonly seed: number
  readonly faults: readonly Fault[]
  /** On the embedded bus and a disk of its own, where a crash is a power cut; else in a cluster, where others take over. */
  readonly onDisk: boolean
}

/** What a run has done. */
export interface RunResult {
  /** What `observe` says and what was given up, or why the run could not be ended. */
  readonly observed:
    | { readonly observed: unknown; readonly deadLetters: readonly string[] }
    | { readonly ended: string }
  /** All stops. Where there are several apps, the name of its app is put before each: `email/notify`. */
  readonly stops: readonly string[]
  readonly visits: readonly Visit[]
  /** Everything in order, each line with its stop. */
  readonly trace: readonly TraceLine[]
}

/** Something that happened. */
export interface TraceLine {
  /** Milliseconds of virtual time since the run began. */
  readonly at: number
  readonly stop: string
  readonly ride: string
  readonly text: string
}

/** Where a handler waits, until an event comes to its stop or all others have passed. */
interface Hold {
  readonly fault: Fault
  readonly release: () => void
}

/** A handler that runs: the ambience knows which. */
interface Handling extends Ambience {
  readonly visit: Visit
  readonly process: SimProcess
}

/** What the trace says where a fault is put in. */
const inWords = {
  crash: 'the process dies',
  delay: 'is slow',
  overlap: 'waits for the next event',
  takeOver: 'the process is cut off',
}

/** Nothing happens for so long: whoever runs is held. */
const silenceMs = 300
/** The bus takes a silent member for dead after so long. */
const sessionMs = 1_000
const patienceMs = 24 * 3_600_000

/** Runs the app once. Rejects when it cannot be started, does not catch up, or reaches for the world outside. */
export function runOnce<Fakes extends object>(options: RunOptions<Fakes>): Promise<RunResult> {
  return new Run(options).run()
}

class Run<Fakes extends object> {
  readonly #options: RunOptions<Fakes>
  readonly #world: Cluster | Machine
  readonly #fakes: Fakes
  readonly #ambience: Ambience
  readonly #visits: Visit[] = []
  readonly #trace: TraceLine[] = []
  readonly #unanswered: Map<string, Sent> = new Map()
  #holds: Hold[] = []
  #activeAt = 0
  #realIo: MetrobusError | undefined
  #failure: unknown
  #process: SimProcess | undefined
  #definitions: readonly AppDefinition[] = []
  /** Cut off, and still alive. */
  readonly #zombies: SimProcess[] = []

  constructor(options: RunOptions<Fakes>) {
    const { seed, onDisk } = options
    this.#options = options
    this.#world = onDisk ? new Machine({ seed }) : new Cluster({ seed, sessionMs })
    const { clock } = this.#world
    const refused = (error: MetrobusError): void => void (this.#realIo ??= error)
    this.#ambience = { clock, random: new SeededRandom(seed), who: 'the app', refused }
    this.#fakes = callInside(this.#ambience, options.fakes)
  }

  run(): Promise<RunResult> {
    return inside(this.#ambience, async () => {
      try {
        return await this.#run()
      } catch (error) {
        // What only a fault keeps from going on is a finding.
        if (this.#realIo !== undefined || this.#options.faults.length === 0) throw this.#realIo ?? error
        const { cause = error } = error as { readonly cause?: unknown }
        return this.#result({ ended: cause instanceof Error ? cause.message : String(cause) })
      } finally {
        await this.#world.close()
      }
    })
  }

  async #run(): Promise<RunResult> {
    const { sent, faults, observe } = this.#options
    await this.#start()
    for (const one of sent) {
      if (faults.some(({ kind, event }) => kind === 'restart' && event === one.id)) await this.#restart()
      this.#unanswered.set(one.id, one)
      this.#send(one)
      await this.#rest()
    }
    while (this.#holds.length > 0 || this.#zombies.length > 0) {
      this.#release(() => true)
      await this.#world.advance(silenceMs)
      for (const zombie of this.#zombies.splice(0)) await this.#world.crash(zombie)
      await this.#rest()
    }
    const deadLetters: string[] = []
    for (const app of this.#process!.apps)
      for (const { ride, stop, cause } of await app.deadLetters.list({}, { countMax: 1_000 }))
        deadLetters.push(`${ride} at ${this.#nameOf(app.definition, stop)}: ${cause}`)
    if (this.#realIo !== undefined) throw this.#realIo
    return this.#result({ observed: await observe(this.#fakes), deadLetters: deadLetters.sort() })
  }

  #result(observed: RunResult['observed']): RunResult {
    const stops = this.#definitions.flatMap((app) =>
      app.entries.flatMap(({ router }) => router.stops.map(({ name }) => this.#nameOf(app, name))),
    )
    return { observed, stops: [...new Set(stops)], visits: this.#visits, trace: this.#trace }
  }

  #nameOf(app: AppDefinition, stop: string): string {
    return this.#definitions.length === 1 ? stop : `${app.name}/${stop}`
  }

  // --- processes

  async #start(): Promise<void> {
    let process = await this.#world.start((one) => this.#appsOf(one))
    // What two processes died of runs alone while the next one starts, and may end that one too.
    while (!process.isAlive) {
      await this.#bury(process)
      process = await this.#world.start((one) => this.#appsOf(one))
    }
    if (process.running === undefined) throw process.failure ?? this.#stuck([])
    this.#process = process
    for (const one of this.#unanswered.values()) this.#send(one)
  }

  #appsOf(process: SimProcess): readonly Startable[] {
    const told: Told = (name, args, call) => this.#effect(process, name, args, call)
    const made = this.#options.makeApp(watched(this.#fakes, told))
    const definitions = (Array.isArray(made) ? (made as readonly Simulated[]) : [made as Simulated]).map(
      ({ definition }) => definition,
    )
    const owned = new Set(definitions.flatMap(({ publishes }) => publishes.map(({ name }) => name)))
    const ambience = { ...this.#ambience, clock: process.platform.clock }
    this.#definitions = definitions
    return definitions.map((app) => {
      const definition = instrument(app, { around: this.#around(process, app), ambience, owned })
      return { start: (options) => startApp(definition, options) }
    })
  }

  #bury(process: SimProcess): Promise<void> {
    return this.#world instanceof Machine ? this.#world.powerCut() : this.#world.crash(process)
  }

  #stuck(apps: readonly RunningApp[]): MetrobusError {
    const app = this.#definitions.map(({ name }) => name).join(', ')
    const afterMs = this.#world.clock.monotonic() - this.#activeAt
    const waiting = apps.length === 0 ? ['it does not start'] : apps.flatMap(waitingIn)
    return new MetrobusError('MB_NOT_CAUGHT_UP', { app, afterMs, waiting })
  }

  async #restart(): Promise<void> {
    this.#note({ stop: '', ride: '' }, 'the app is stopped and started')
    this.#release(() => true)
    await this.#world.stop(this.#process!)
    await this.#world.crash(this.#process!)
    await this.#start()
  }

  /** As a sender does that waits for its answer, and sends again to the next process. */
  #send({ entry, data, id }: Sent): void {
    const process = this.#process!
    const takes = ({ definition: { entries } }: RunningApp): boolean =>
      entries.some(({ name, from }) => name === entry && from === undefined)
    // None that takes it is for the first to refuse.
    const app = process.apps.find(takes) ?? process.apps[0]!
    app.send(entry, data, { id }).then(
      () => this.#unanswered.delete(id),
      // One that is dead by now has no answer: it was sent again to the next.
      (error: unknown) => (this.#failure ??= process.isAlive ? error : undefined),
    )
  }

  /** Moves time until everything has ended or is held, over deaths. */
  async #rest(): Promise<void> {
    for (;;) {
      const process = this.#process!
      const caught = { up: false }
      const isOver = (): boolean =>
        !process.isAlive ||
        this.#failure !== undefined ||
        process.failure !== undefined ||
        this.#zombies.includes(process)
      const isSilent = (): boolean =>
        this.#holds.length > 0 && this.#world.clock.monotonic() - this.#activeAt > silenceMs
      await this.#until(() => isOver() || isSilent() || this.#unanswered.size === 0)
      if (!isOver())
        allCaughtUp(process.apps).then(
          () => (caught.up = true),
          () => {},
        )
      const isAtRest = await this.#until(() => isOver() || isSilent() || caught.up)
      if (this.#failure !== undefined || process.failure !== undefined) throw this.#failure ?? process.failure
      const isCutOff = this.#zombies.includes(process)
      if (isCutOff || !process.isAlive) {
        if (!isCutOff) await this.#bury(process)
        await this.#start()
        // Until the bus has given the partitions of the other to this one.
        await this.#world.advance(2 * sessionMs)
      } else if (isAtRest || this.#holds.length > 0) return
      else throw this.#stuck(process.apps)
    }
  }

  #until(isDone: () => boolean): Promise<boolean> {
    return moveUntil(isDone, this.#world.clock, patienceMs, () => this.#trace.length)
  }

  // --- handlers

  #around(process: SimProcess, app: AppDefinition): Around {
    return ({ name }, events, call) => {
      const { id: event, ride } = events[0]!.context.event
      const stop = this.#nameOf(app, name)
      const before = this.#visits.filter((other) => other.stop === stop && other.event === event)
      const time = before.length + 1
      const visit: Visit = { stop, event, ride, time, effects: [] }
      // A handler that died before it did anything draws the same again: nobody has seen what it drew.
      const draw = before.filter(({ effects }) => effects.length > 0).length
      this.#visits.push(visit)
      this.#note(visit, time === 1 ? 'begins' : `begins again, time ${time}`)
      this.#release(({ fault }) => fault.kind === 'overlap' && fault.stop === stop)
      const handling: Handling = {
        ...this.#ambience,
        clock: process.platform.clock,
        random: new SeededRandom(parseInt(shortHash(`${this.#options.seed} ${stop} ${event} ${draw}`), 16)),
        who: `the stop "${stop}"`,
        visit,
        process,
      }
      const contexts = events.map(({ context }) => context)
      const failed = (error: unknown): never => {
        this.#note(visit, wordsOf({ answer: undefined, error, tookMs: 0 }))
        throw error
      }
      try {
        const answer = callInside(handling, () => this.#handle(handling, contexts, call))
        return isThenable(answer) ? answer.then(undefined, failed) : answer
      } catch (error) {
        return failed(error)
      }
    }
  }

  #handle(handling: Handling, contexts: readonly StopContext[], call: Parameters<Around>[2]): unknown {
    const { visit } = handling
    const answered = (answer: unknown): unknown => {
      this.#note(visit, wordsOf({ answer, error: undefined, tookMs: 0 }))
      return this.#reach(handling, 'end', answer)
    }
    const isRepeated = this.#faultAt(visit, 'end')?.kind === 'repeat'
    const run = (): unknown => {
      if (!isRepeated) return call(contexts)
      const again = (): unknown => {
        this.#note(visit, 'its outcome is lost, and it comes again')
        return call(contexts)
      }
      const first = call(contexts.map(muted))
      return isThenable(first) ? first.then(again) : again()
    }
    const begun = this.#reach(handling, 0, undefined)
    const answer = isThenable(begun) ? begun.then(run) : run()
    return isThenable(answer) ? answer.then(answered) : answered(answer)
  }

  /** A fake is called. */
  #effect(process: SimProcess, name: string, args: readonly unknown[], call: () => unknown): unknown {
    if (!process.isAlive) return never()
    const handling = currentAmbience() as Partial<Handling> | undefined
    const result = call()
    if (handling?.visit === undefined) return result
    const { visit } = handling
    const point = visit.effects.push(name)
    this.#note(visit, `${name}(${args.map(show).join(', ')})`)
    if (!isThenable(result)) return this.#reach(handling as Handling, point, result, false)
    return result.then(
      (value) => this.#reach(handling as Handling, point, value),
      (error: unknown) => {
        const later = this.#reach(handling as Handling, point, undefined)
        if (isThenable(later)) return later.then(() => Promise.reject(error as Error))
        throw error
      },
    )
  }

  /** A handler has come to a point: answers what it goes on with, now or later or never. What is not awaited cannot be held. */
  #reach({ visit, process }: Handling, point: Fault['point'], value: unknown, canWait = true): unknown {
    if (!process.isAlive) return never()
    const fault = this.#faultAt(visit, point)
    // While a process starts, what runs alone holds up the start.
    const canBeHeld = canWait && process.running !== undefined
    if (fault === undefined || fault.kind === 'repeat' || fault.kind === 'restart') return value
    if (fault.kind !== 'crash' && !canBeHeld) return value
    this.#note(visit, inWords[fault.kind])
    if (fault.kind === 'crash') {
      process.kill()
      return never()
    }
    if (fault.kind === 'takeOver' && this.#world instanceof Cluster) {
      this.#world.disconnect(process)
      this.#zombies.push(process)
    }
    return new Promise((resolve) => this.#holds.push({ fault, release: () => resolve(value) }))
  }

  #faultAt(visit: Visit, point: Fault['point']): Fault | undefined {
    if (visit.time > 1) return undefined
    return this.#options.faults.find(
      (fault) => fault.stop === visit.stop && fault.event === visit.event && fault.point === point,
    )
  }

  #release(which: (hold: Hold) => boolean): void {
    const released = this.#holds.filter(which)
    this.#holds = this.#holds.filter((hold) => !released.includes(hold))
    for (const { release } of released) release()
    if (released.length > 0) this.#activeAt = this.#world.clock.monotonic()
  }

  #note({ stop, ride }: Pick<Visit, 'stop' | 'ride'>, text: string): void {
    this.#activeAt = this.#world.clock.monotonic()
    this.#trace.push({ at: this.#activeAt, stop, ride, text })
  }
}

/** A promise of its own each time: one for all would keep everything alive that ever awaited it. */
const never = (): Promise<never> => new Promise<never>(() => {})
