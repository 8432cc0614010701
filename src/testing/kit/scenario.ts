/**
 * A test in steps, each of which begins when the one before it has ended. The steps begin by themselves: one that fails and is not awaited is an unhandled rejection, which
 * no test runner overlooks.
 */
import { isDeepStrictEqual } from 'node:util'
import { memory } from '../../bus/memory/index.ts'
import { MetrobusError, isMetrobusError } from '../../errors/index.ts'
import type { Duration } from '../../internal/duration.ts'
import { toMs } from '../../internal/duration.ts'
import { silentLog } from '../../internal/log.ts'
import type { AppDefinition } from '../../runtime/definition.ts'
import type { RunningApp } from '../../runtime/running.ts'
import { startApp } from '../../runtime/start.ts'
import type { DeepReadonly } from '../../schema/data.ts'
import type { StopDefinition } from '../../stop/definition.ts'
import type { Outcome } from '../../stop/outcome.ts'
import type { Store } from '../../stop/store.ts'
import { SeededRandom } from '../seeded-random.ts'
import { SimDisk } from '../sim-disk.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { inside } from './ambience.ts'
import type { Ambience } from './ambience.ts'
import { caughtUp, caughtUpOr, isReached } from './caught-up.ts'
import { fail, isAnswer, siteHere } from './expectation.ts'
import type { Site } from './expectation.ts'
import { fillingEntry, fillingOf } from './filling.ts'
import type { WhenOptions } from './given.ts'
import { instrument } from './instrument.ts'
import { Recorder } from './recorder.ts'
import { storyOf, tell, wordsOf } from './story.ts'
import type { Ride, Story, Try } from './story.ts'

/** What a scenario plays. */
export interface Scene {
  readonly definition: AppDefinition
  /** The stop that is tested alone, if one is. */
  readonly only?: StopDefinition
  /** What the arguments of `when` send. */
  readonly sentBy: (when: readonly unknown[]) => {
    readonly entry: string
    readonly data: unknown
    readonly options: WhenOptions | undefined
  }
}

/** Rows of a store, by key. */
export type Rows<Value> = Readonly<Record<string, DeepReadonly<Value>>>

/** An event is accepted within so long, unless its validator never ends. */
const acceptedMs = 60_000

/** So often in a row, or for so long, stops answer `wait` and nothing else happens: what they wait for is still to come, with a later step of the test. */
const waitsMax = 1_000
const waitsMaxMs = 24 * 3_600_000

/** Made by `given`. Awaiting it answers the story so far, for assertions of your own. */
export class Scenario<When extends readonly unknown[], Out> implements Promise<Story> {
  readonly [Symbol.toStringTag] = 'Scenario'
  readonly #scene: Scene
  readonly #clock = new VirtualClock()
  readonly #ambience: Ambience
  readonly #recorder: Recorder
  #steps: Promise<void> | undefined
  #app: RunningApp | undefined
  /** Those that the test fills. */
  readonly #filled = new Map<string, Store>()
  #sent = 0
  /** The rides of the last `when`. */
  #rides: string[] = []
  #refusal: MetrobusError | undefined
  #realIo: MetrobusError | undefined

  constructor(scene: Scene) {
    this.#scene = scene
    this.#ambience = {
      clock: this.#clock,
      random: new SeededRandom(1),
      who: `the app "${scene.definition.name}"`,
      refused: (error) => (this.#realIo ??= error),
    }
    this.#recorder = new Recorder(this.#ambience)
  }

  /** Puts rows into a store of the app. Stands before the first `when`: throws once the app runs. */
  having<Value>(store: Store<string, Value>, rows: Rows<Value>): this {
    if (this.#app !== undefined)
      fail(
        siteHere(),
        `"${store.name}" is filled too late: the app runs already`,
        'before',
        'after',
        '  the first when',
      )
    this.#filled.set(store.name, store)
    return this.#step(async (app) => {
      for (const [key, value] of Object.entries(rows)) {
        const sent = app.send(fillingEntry(store), { key, value })
        await isReached(sent, this.#clock, acceptedMs, () => this.#recorder.tries.length)
        await sent
      }
      await caughtUp(app, { clock: this.#clock })
    })
  }

  /** Sends an event. The next step begins when it is accepted, not when it has ended: `then…` waits for that. */
  when(...event: When): this {
    return this.#step(async (app) => {
      const { entry, data, options } = this.#scene.sentBy(event)
      const { times = 1, ...sendOptions } = options ?? {}
      this.#rides = []
      this.#throwRefusal()
      this.#recorder.stir()
      const id = `event-${++this.#sent}`
      const sent = app.send(entry, data, { id, ...sendOptions })
      sent.catch(() => {})
      const before = this.#recorder.timesOf
      const ride = sendOptions.id ?? id
      const isCaused = (other: string): boolean => [`${ride}~`, `${ride}!`].some((one) => other.startsWith(one))
      this.#recorder.timesOf = (other) => (other === ride || isCaused(other) ? times : before(other))
      await isReached(sent, this.#clock, acceptedMs, () => this.#recorder.tries.length)
      try {
        this.#rides = [(await sent).id]
      } catch (error) {
        if (!isMetrobusError(error) || error.family !== 'refuse') throw error
        this.#refusal = error
      }
    })
  }

  /** Lets time pass, in milliseconds or `{ seconds }`, before the next event comes. */
  after(duration: Duration): this {
    return this.#step(() => this.#clock.advance(toMs(duration)))
  }

  /** The last stop that the event came to answered this: data, or what `drop`, `split`, `reroute` and the others make. Of a switch, the name of the line is enough. */
  thenAnswers(expected: DeepReadonly<Out> | Outcome | string | undefined): this {
    return this.#check(siteHere(), (ride, failed) => {
      const last = ride.tries.at(-1)!
      if (last.error === undefined && isAnswer(last.answer, expected)) return
      const words = wordsOf({ answer: expected, error: undefined, tookMs: 0 })
      failed(
        `"${last.stop}" should answer: ${words}\n     and answered: ${wordsOf(last)}`,
        expected,
        last.error ?? last.answer,
      )
    })
  }

  /** The event came to just these stops, in this order. */
  thenPasses(...stops: readonly string[]): this {
    return this.#check(siteHere(), (ride, failed) => {
      if (!isDeepStrictEqual(ride.stops, stops))
        failed(
          `${ride.ride} should pass: ${stops.join(', ')}\n    and passed: ${ride.stops.join(', ')}`,
          stops,
          ride.stops,
        )
    })
  }

  /** The event rode on this line, as the map maker has chosen or a switch has changed. */
  thenRides(line: string): this {
    return this.#check(siteHere(), (ride, failed) => {
      if (ride.line !== line) failed(`${ride.ride} should ride "${line}", and rode "${ride.line}"`, line, ride.line)
    })
  }

  /**
   * The event, or what it was split into, was tried at these moments, in milliseconds after it first came to the stop. Default of `stop`: the last that it came to itself. Waits between
   * tries have no random share here.
   */
  thenTriesAt(moments: readonly number[], stop?: string): this {
    return this.#check(siteHere(), (ride, failed) => {
      const at = stop ?? ride.stops.at(-1)
      const tries = this.#triesOf(ride).filter((one) => one.stop === at)
      const found = tries.map((one) => one.at - tries[0]!.at)
      if (!isDeepStrictEqual(found, moments))
        failed(
          `"${at}" should try ${ride.ride} at [${moments.join(', ')}] ms, and tried it at [${found.join(', ')}] ms`,
          moments,
          found,
        )
    })
  }

  /** The event was given up, for this cause: the slug of `deadLetter()`, the code of an error, or its name. Default: any. */
  thenDeadLetters(cause?: string): this {
    return this.#check(siteHere(), (ride, failed) => {
      const found = ride.deadLetter?.cause
      if (found === undefined || (cause !== undefined && found !== cause))
        failed(
          `${ride.ride} should be a dead letter${cause === undefined ? '' : ` for "${cause}"`}, and ${found === undefined ? 'was not given up' : `was given up for "${found}"`}`,
          cause,
          found,
        )
    })
  }

  /** The stops of the event, and of what it was split into, emitted just this to an entry or a topic, in this order. What is emitted is an event of its own, and what that emits does not count. */
  thenEmits(target: { readonly name: string }, ...data: readonly unknown[]): this {
    return this.#check(siteHere(), (ride, failed) => {
      const found = this.#triesOf(ride)
        .filter(({ error }) => error === undefined)
        .flatMap(({ emitted }) => emitted.filter(({ to }) => to === target.name).map((one) => one.data))
      if (!isDeepStrictEqual(found, data))
        failed(
          `${ride.ride} should emit ${data.length} to "${target.name}", and emitted ${found.length}, or others`,
          data,
          found,
        )
    })
  }

  /** The store holds just these rows, once all has come to rest. */
  thenKeeps<Value>(store: Store<string, Value>, rows: Rows<Value>): this {
    const site = siteHere()
    return this.#step(async (app) => {
      this.#throwRefusal()
      const story = await this.#story()
      const found = await app.store(store).range({ limit: Infinity })
      const kept = Object.fromEntries(found.rows.map(({ key, value }) => [key, value]))
      const told = (of: object): string => JSON.stringify(of)
      if (!isDeepStrictEqual(kept, rows))
        fail(
          site,
          `"${store.name}" should keep: ${told(rows)}\n          and keeps: ${told(kept)}`,
          rows,
          kept,
          tell(story),
        )
    })
  }

  /** The entry refused the event, with this code. Default: any. */
  thenRefuses(code?: MetrobusError['code']): this {
    const site = siteHere()
    return this.#step(async () => {
      const found = this.#refusal
      this.#refusal = undefined
      if (found === undefined || (code !== undefined && found.code !== code))
        fail(
          site,
          `the entry should refuse the event${code === undefined ? '' : ` with ${code}`}, and ${found === undefined ? 'took it' : `refused it with ${found.code}: ${found.message}`}`,
          code,
          found?.code,
          tell(await this.#story()),
        )
    })
  }

  /** The promise of the story so far, once everything has caught up. */
  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what a scenario is for
  then<Told = Story, Failed = never>(
    told?: ((story: Story) => Told | PromiseLike<Told>) | null,
    failed?: ((error: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Told | Failed> {
    const end: { story?: Story } = {}
    this.#step(async () => {
      this.#throwRefusal()
      end.story = await this.#story()
    })
    return this.#steps!.then(() => end.story!).then(told, failed)
  }

  catch<Failed = never>(failed?: ((error: unknown) => Failed | PromiseLike<Failed>) | null): Promise<Story | Failed> {
    return this.then(null, failed)
  }

  finally(ended?: (() => void) | null): Promise<Story> {
    return this.then(null).finally(ended)
  }

  /** Of the event itself and of what it was split into, and that in turn: their ids begin with its own. */
  #triesOf({ ride }: Ride): readonly Try[] {
    const isPart = (other: string): boolean => other.startsWith(`${ride}~`) && !other.includes('!', ride.length)
    return this.#recorder.tries.filter((one) => one.ride === ride || isPart(one.ride))
  }

  #check(
    site: Site,
    check: (ride: Ride, failed: (message: string, expected: unknown, actual: unknown) => never) => void,
  ): this {
    return this.#step(async () => {
      this.#throwRefusal()
      const story = await this.#story()
      for (const id of this.#rides) {
        const ride = story.rides.find((one) => one.ride === id)
        const failed = (message: string, expected: unknown, actual: unknown): never =>
          fail(site, message, expected, actual, tell(story))
        if (ride === undefined) failed(`${id} came to no stop`, 'a stop', 'none')
        else check(ride, failed)
      }
    })
  }

  #step(run: (app: RunningApp) => Promise<void>): this {
    this.#steps = (this.#steps ?? Promise.resolve()).then(() =>
      inside(this.#ambience, async () => {
        this.#app ??= await this.#start()
        await run(this.#app)
        if (this.#realIo !== undefined) throw this.#realIo
      }),
    )
    return this
  }

  #start(): Promise<RunningApp> {
    const { definition, only } = this.#scene
    const platform = { clock: this.#clock, random: new SeededRandom(2), disk: new SimDisk() }
    const options = { bus: memory(), platform, log: silentLog, socket: false, blockedAfter: 0 } as const
    const { around } = this.#recorder
    const app = instrument(definition, { around, ambience: this.#ambience, only })
    const entries = [...app.entries, ...[...this.#filled.values()].map(fillingOf)]
    return startApp({ ...app, entries }, options)
  }

  #throwRefusal(): void {
    if (this.#refusal !== undefined) throw this.#refusal
  }

  /** Nothing runs, and no key is parked but for a `wait`. */
  #onlyWaits(app: RunningApp): boolean {
    const { waits, stirredAt, waiting } = this.#recorder
    if (waits === 0 || (waits < waitsMax && this.#clock.monotonic() - stirredAt < waitsMaxMs)) return false
    return app.stats().stops.every(({ inFlight }) => inFlight === 0) && parkedIn(app) <= waiting.size
  }

  async #story(): Promise<Story> {
    const app = this.#app!
    await caughtUpOr(() => this.#onlyWaits(app), app, { clock: this.#clock })
    const letters = await app.deadLetters.list({}, { countMax: 1_000 })
    return storyOf(this.#recorder.tries, letters, app.stats().measured ?? [])
  }
}

const parkedIn = (app: RunningApp): number => app.stats().stops.reduce((sum, { parkedKeys }) => sum + parkedKeys, 0)
