/** A started app: what code, the command line and the admin socket hold in their hands. */
import type { Bus, BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Store } from '../stop/store.ts'
import { signals } from '../telemetry/signals.ts'
import type { Observed } from '../telemetry/telemetry.ts'
import { appFailed } from './app-failed.ts'
import { type ControlRoom, stateOf } from './control-room.ts'
import type { Controls } from './controls.ts'
import { messageOf } from './dead-letter.ts'
import { DeadLetterOffice } from './dead-letters.ts'
import type { AppDefinition, AppStats, Health, IngestBatch, Receipt, SendOptions } from './definition.ts'
import { endsOf } from './ends.ts'
import type { Engine } from './engine.ts'
import type { Entries } from './entries.ts'
import type { Lane } from './lane.ts'
import type { ResolvedStartOptions } from './options.ts'
import type { DeadLetters, RunningApp } from './running.ts'
import { listen, type Service, startServices } from './services.ts'
import { KeptView, type StoreView } from './store-view.ts'
import { markClean } from './tenure.ts'

/** Whoever waits for the end of an idle app looks so many times at once, and then so often. */
const turnsBusy = 100
const turnMs = 10

export class RunningEngine implements RunningApp {
  readonly name: string
  readonly definition: AppDefinition
  readonly deadLetters: DeadLetters
  readonly controls: Controls
  readonly inspector: BusInspector
  readonly #engine: Engine
  readonly #entries: Entries
  readonly #bus: Bus
  readonly #options: ResolvedStartOptions
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers()
  #stopped: Promise<void>
  #hasBegun = false
  #services: readonly Service[] = []
  #listening: Promise<readonly Service[]> = Promise.resolve([])
  #stopping: Promise<{ readonly drained: boolean }> | undefined

  constructor(engine: Engine, entries: Entries, controls: ControlRoom, bus: Bus, options: ResolvedStartOptions) {
    this.name = engine.definition.name
    this.definition = engine.definition
    this.#engine = engine
    this.#entries = entries
    this.#bus = bus
    this.#options = options
    this.inspector = bus.inspector
    this.controls = controls
    this.deadLetters = new DeadLetterOffice(engine, bus.inspector)
    // Of a failure while it begins the start tells.
    this.#end.promise.catch(() => {})
    this.#stopped = this.#end.promise
  }

  /** Starts what belongs to a running app beside its lanes: signals and watchdog at once, socket and health port as soon as may be. */
  serve(): void {
    this.#services = startServices(this, this.#engine, this.#options)
    const observed: Observed = {
      app: this.name,
      signals: [...Object.values(signals), ...this.#engine.meter.metrics],
      read: async () => (await import('./readings.ts')).readingsOf(this.#engine, this.#bus),
    }
    this.#listening = listen(this, this.#bus, observed, this.#options)
    // An app that cannot be looked at is not left running in silence.
    this.#listening.catch((error: unknown) => this.#engine.fail(error))
  }

  /** The start has succeeded: from now on a failure that nobody waits for ends the process, as an unhandled rejection. */
  begun(): void {
    this.#hasBegun = true
    this.#stopped = this.#end.promise.then(() => {})
  }

  get stopped(): Promise<void> {
    return this.#stopped
  }

  get listening(): Promise<void> {
    return this.#listening.then(() => {})
  }

  send(entry: string, data: unknown, options?: SendOptions): Promise<Receipt> {
    return this.#entries.send(entry, data, options)
  }

  ingest(entry: string, batch: IngestBatch): Promise<{ readonly accepted: number; readonly refused: number }> {
    return this.#entries.ingest(entry, batch)
  }

  positions(entry: string): Promise<ReadonlyMap<string, string>> {
    return this.#entries.positions(entry)
  }

  store<Value>(store: string | Store<string, Value>): StoreView<Value> {
    const name = typeof store === 'string' ? store : store.name
    const { stores } = this.#engine
    const kept = stores?.named(name)
    if (stores === undefined || kept === undefined)
      throw new MetrobusError('MB_UNKNOWN_STORE', { store: name, known: stores?.names ?? [] })
    return new KeptView(stores, kept) as StoreView as StoreView<Value>
  }

  async caughtUp(): Promise<void> {
    const { clock } = this.#engine
    for (let looks = 0; ; looks++) {
      await this.#engine.idle()
      if (this.#engine.failure !== undefined) throw appFailed(this.#engine)
      if (await this.#isAtEnd()) return
      // What is on its way comes within some turns. What waits for the bus, or for the next round of a careful start, needs time, and not a busy loop.
      await new Promise<void>((resolve) => {
        if (looks < turnsBusy) clock.immediate(resolve)
        else clock.timer(turnMs, resolve)
      })
    }
  }

  /** Whether every lane has settled all that its topics hold; keys that an operator must decide about do not count. */
  async #isAtEnd(): Promise<boolean> {
    const feeds = [...this.#engine.lanes()].flatMap((lane) => [lane.input, lane.parked])
    const ends = await endsOf(this.inspector, new Set(feeds.map(({ topic }) => topic)))
    for (const feed of feeds) {
      const end = ends.get(`${feed.topic}/${feed.partition}`) ?? 0
      if (feed.acks.watermark < end && feed.left(end, 1) > 0) return false
    }
    return this.#engine.isIdle
  }

  stats(): AppStats {
    const { accepted, duplicates, refused } = this.#entries
    const { isDraining } = this.#engine
    const stops = this.#engine.everyStop()
    for (const stop of stops) stop.counters.inFlight = stop.inFlight
    return {
      accepted,
      duplicates,
      refused,
      faults: this.#engine.faults,
      stops: stops.map((stop) => stop.counters.snapshot(stop.name, isDraining ? 'draining' : stateOf(stop))),
      ...(this.#engine.meter.isEmpty ? {} : { measured: this.#engine.meter.measured() }),
    }
  }

  health(): Health {
    const { failure, isDraining, pressure } = this.#engine
    const reasons: string[] = []
    if (failure !== undefined) reasons.push(`the app cannot go on: ${messageOf(failure)}`)
    if (isDraining) reasons.push('the app is draining')
    if (pressure !== undefined) reasons.push(`entries wait: ${pressure}`)
    for (const lane of this.#engine.lanes())
      if (!lane.isOpen && !lane.stop.isPaused)
        reasons.push(`partition ${lane.partition} of "${lane.stop.name}" is still loading`)
    if (!this.#hasBegun) reasons.push('the app is starting')
    const paused = this.controls.paused().map(({ kind, name, reason }) => {
      const held = `the ${kind} "${name}" is paused`
      return reason === undefined ? held : `${held}: ${reason}`
    })
    return {
      live: failure === undefined,
      ready: reasons.length === 0,
      started: this.#hasBegun,
      reasons,
      ...(paused.length > 0 && { paused }),
    }
  }

  stop(options?: { readonly deadlineMs?: number }): Promise<{ readonly drained: boolean }> {
    this.#stopping ??= this.#stop(options?.deadlineMs ?? this.#options.drainMs)
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Told by the engine that the app cannot go on. */
  failed(error: unknown): void {
    this.#end.reject(new MetrobusError('MB_APP_FAILED', { app: this.name }, { cause: error }))
    void this.#closeServices(({ tellsOfFailure }) => tellsOfFailure === true)
  }

  async #stop(deadlineMs: number): Promise<{ readonly drained: boolean }> {
    const engine = this.#engine
    engine.isDraining = true
    this.#entries.room.release()
    for (const lane of engine.lanes()) lane.drain()
    const drained = engine.failure === undefined && (await this.#drained(deadlineMs))
    if (!drained) for (const lane of engine.lanes()) this.#abandon(lane)
    await this.#closeServices()
    engine.wakeUps.clear()
    try {
      if (engine.failure === undefined) await markClean(engine)
      await engine.member.leave()
    } finally {
      await engine.stores?.close()
      await this.#closeBus()
    }
    if (engine.failure === undefined) this.#end.resolve()
    return { drained }
  }

  /** A bus that cannot bring its last words to the disk has not stopped as it should. */
  async #closeBus(): Promise<void> {
    try {
      await this.#bus.close()
    } catch (error) {
      this.#end.reject(new MetrobusError('MB_APP_FAILED', { app: this.name }, { cause: error }))
      throw error
    }
  }

  #abandon(lane: Lane): void {
    lane.isClosed = true
    for (const attempt of lane.running.list()) attempt.abort(new MetrobusError('MB_STOPPING', { app: this.name }))
  }

  /** Waits for what runs, but not longer than the deadline. */
  #drained(deadlineMs: number): Promise<boolean> {
    const engine = this.#engine
    return new Promise((resolve) => {
      const timer = engine.clock.timer(deadlineMs, () => resolve(false))
      engine.schedule()
      void engine.drained().then(() => {
        timer.cancel()
        resolve(engine.failure === undefined)
      })
    })
  }

  async #closeServices(stays: (service: Service) => boolean = () => false): Promise<void> {
    const services = [...this.#services, ...(await this.#listening.catch(() => []))]
    this.#services = services.filter(stays)
    this.#listening = Promise.resolve([])
    for (const service of services) if (!stays(service)) await service.close()
  }
}
