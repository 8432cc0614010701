/**
 * Puts an open load on apps: each event is due at its own moment, whether or not those before it are done, and all times count from when it was due. So a
 * system that cannot keep up shows it, where a loop that waits for each answer would only ask more slowly.
 */
import { embedded } from '../bus/embedded/index.ts'
import { silentLog } from '../internal/log.ts'
import type { Log } from '../internal/log.ts'
import { stderrLog } from '../internal/platform/stderr-log.ts'
import type { AppDefinition } from '../runtime/definition.ts'
import type { RunningApp } from '../runtime/running.ts'
import { startApp } from '../runtime/start.ts'
import type { StopContext, StopDefinition } from '../stop/definition.ts'
import { isOutcome, outcomeKind } from '../stop/outcome.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import type { LoadedApp } from './app-module.ts'
import { kindsInOrder } from './load-plan.ts'
import type { PlannedKind } from './load-plan.ts'

export interface OpenLoopOptions {
  readonly apps: readonly LoadedApp[]
  readonly kinds: readonly PlannedKind[]
  /** Events a second. */
  readonly rate: number
  readonly durationMs: number
  /** Sent before, and not counted. */
  readonly warmUpMs: number
  readonly seed: number
  /** Of the journal. */
  readonly dir: string
  /** Ends the load early, and does not wait for what was sent. */
  readonly signal: AbortSignal
  readonly progress: (done: number, total: number) => void
}

/** Times in milliseconds from when an event was due. */
export interface Latency {
  readonly count: number
  readonly p50Ms: number
  readonly p90Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

export interface LoadReport {
  readonly rate: number
  readonly seconds: number
  readonly sent: number
  readonly refused: number
  /** What came to its end within the time of the load, a second. Less than the rate when the apps do not keep up. */
  readonly donePerSecond: number
  /** How late the load itself was: it is made in the process of the apps, and has to wait for their turns. */
  readonly late: Latency
  /** Until the event was durable. */
  readonly durable: Latency
  /** Until a stop had handled the event, or one that it caused. */
  readonly stops: readonly (Latency & {
    readonly app: string
    readonly stop: string
    readonly retried: number
    readonly dead: number
  })[]
  /** Until everything was handled that the event had caused, in whatever app. */
  readonly kinds: readonly (Latency & { readonly kind: string })[]
}

/** Runs the apps on one embedded journal, puts the load on them, waits until all is handled, and stops them. */
export async function openLoop(options: OpenLoopOptions): Promise<LoadReport> {
  const watch = new Watch(options)
  const bus = embedded({ dir: options.dir })
  const started: RunningApp[] = []
  try {
    for (const { name, definition } of options.apps) {
      const running = await startApp(watch.watched(definition), { bus, socket: false, blockedAfter: 0, log: quiet })
      running.stopped.catch(() => {})
      started.push(running)
      watch.running.set(name, running)
    }
    await watch.run()
    await Promise.race([restOf(started), aborted(options.signal)])
    return watch.report()
  } finally {
    await Promise.all(started.map((running) => running.stop()))
  }
}

// What becomes of single events is counted: a line for each would be a load of its own.
const quiet: Log = { ...silentLog, error: (facts, message) => stderrLog.error(facts, message) }

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  )

/** Each app may give the others more to do: at rest is who has handled nothing more when all have been waited for. */
async function restOf(apps: readonly RunningApp[]): Promise<void> {
  const handled = (): number => apps.flatMap((app) => app.stats().stops).reduce((sum, stop) => sum + stop.in, 0)
  for (let before = -1; before !== handled();) {
    before = handled()
    for (const app of apps) await Promise.race([app.caughtUp(), app.stopped])
  }
}

class Watch {
  readonly running = new Map<string, RunningApp>()
  readonly #options: OpenLoopOptions
  readonly #total: number
  readonly #firstCounted: number
  readonly #kindOf: PlannedKind[] = []
  /** By the number of the event. */
  readonly #due: Float64Array
  readonly #ended: Float64Array
  readonly #late: number[] = []
  readonly #durable: number[] = []
  readonly #handled = new Map<string, number[]>()
  #sent = 0
  #refused = 0

  constructor(options: OpenLoopOptions) {
    const { rate, durationMs, warmUpMs } = options
    this.#options = options
    this.#firstCounted = Math.round((warmUpMs / 1000) * rate)
    this.#total = this.#firstCounted + Math.max(1, Math.round((durationMs / 1000) * rate))
    this.#due = new Float64Array(this.#total)
    this.#ended = new Float64Array(this.#total)
  }

  /** The app with a look at every handling that has succeeded. */
  watched(definition: AppDefinition): AppDefinition {
    const made = new Map<StopDefinition, StopDefinition>()
    const watchedStop = (stop: StopDefinition): StopDefinition => {
      const taken: number[] = []
      this.#handled.set(placeOf(definition.name, stop.name), taken)
      return { ...stop, handler: this.#around(stop, taken) }
    }
    const once = (stop: StopDefinition): StopDefinition =>
      made.get(stop) ?? made.set(stop, watchedStop(stop)).get(stop)!
    const entries = definition.entries.map((entry) => ({
      ...entry,
      router: { ...entry.router, stops: entry.router.stops.map(once) },
    }))
    return { ...definition, entries }
  }

  #around({ handler, batch }: StopDefinition, taken: number[]): StopDefinition['handler'] {
    const call = handler as (data: unknown, context: unknown) => unknown
    return (data: unknown, context: unknown) => {
      const answered = (answer: unknown): unknown => {
        if (batch === undefined) this.#saw(context as StopContext, answer, taken)
        else
          for (const [index, one] of (context as readonly StopContext[]).entries())
            this.#saw(one, (answer as readonly unknown[])[index], taken)
        return answer
      }
      const answer = call(data, context)
      return answer instanceof Promise ? answer.then(answered) : answered(answer)
    }
  }

  #saw({ event }: StopContext, answer: unknown, taken: number[]): void {
    const index = numberOf(event.correlationId ?? event.ride)
    if (index === undefined || isPutOff(answer)) return
    const now = performance.now()
    this.#ended[index] = now
    if (index >= this.#firstCounted) taken.push(now - this.#due[index]!)
  }

  /** Resolves when everything that is due has been sent and answered. */
  async run(): Promise<void> {
    const { rate, signal, seed, kinds, progress } = this.#options
    const random = new SeededRandom(seed)
    const next = kindsInOrder(kinds, seed)
    const begun = performance.now()
    const answers: Promise<void>[] = []
    while (this.#sent < this.#total && !signal.aborted) {
      const now = performance.now()
      for (; this.#sent < this.#total; this.#sent++) {
        const due = begun + (this.#sent * 1000) / rate
        if (due > now) break
        this.#due[this.#sent] = due
        answers.push(this.#send(this.#sent, next(), random))
      }
      progress(this.#sent, this.#total)
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(answers)
  }

  async #send(index: number, kind: PlannedKind, random: SeededRandom): Promise<void> {
    this.#kindOf[index] = kind
    const due = this.#due[index]!
    const isCounted = index >= this.#firstCounted
    if (isCounted) this.#late.push(performance.now() - due)
    try {
      await this.running.get(kind.app)!.send(kind.entry, kind.data(index, random), { id: idOf(index) })
      if (isCounted) this.#durable.push(performance.now() - due)
    } catch {
      if (isCounted) this.#refused++
    }
  }

  /** Without those that read topics for entries: they are no stops of the user's. */
  #stopsOf(app: string): LoadReport['stops'] {
    return this.running
      .get(app)!
      .stats()
      .stops.flatMap(({ stop, retried, dead }) => {
        const taken = this.#handled.get(placeOf(app, stop))
        return taken === undefined ? [] : [{ app, stop, retried, dead, ...latencyOf(taken) }]
      })
  }

  report(): LoadReport {
    const { rate, kinds, apps } = this.#options
    const counted = Math.max(0, this.#sent - this.#firstCounted)
    const seconds = counted / rate
    const ends = Array.from({ length: counted }, (_, at) => {
      const index = this.#firstCounted + at
      return { kind: this.#kindOf[index]!, ended: this.#ended[index]!, due: this.#due[index]! }
    }).filter(({ ended }) => ended > 0)
    const until = (this.#due[this.#firstCounted] ?? 0) + seconds * 1000
    const inTime = ends.filter(({ ended }) => ended <= until).length
    return {
      rate,
      seconds,
      sent: counted,
      refused: this.#refused,
      donePerSecond: seconds > 0 ? Math.round(inTime / seconds) : 0,
      late: latencyOf(this.#late),
      durable: latencyOf(this.#durable),
      stops: apps.flatMap(({ name }) => this.#stopsOf(name)),
      kinds: kinds.map((kind) => ({
        kind: kind.name,
        ...latencyOf(ends.filter((end) => end.kind === kind).map(({ ended, due }) => ended - due)),
      })),
    }
  }
}

const placeOf = (app: string, stop: string): string => `${app} ${stop}`

const idOf = (index: number): string => `load-${index}`

/** Undefined for an event that the load did not send or cause. */
function numberOf(ride: string): number | undefined {
  const [, number] = /^load-(\d+)/.exec(ride) ?? []
  return number === undefined ? undefined : Number(number)
}

function latencyOf(taken: number[]): Latency {
  const sorted = taken.toSorted((one, other) => one - other)
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 100) / 100
  return { count: sorted.length, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) }
}

/** The event comes to its stop once more. */
function isPutOff(answer: unknown): boolean {
  return isOutcome(answer) && ['retry', 'wait'].includes(outcomeKind(answer))
}
