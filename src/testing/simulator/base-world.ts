/** What all worlds have in common: a clock, a trace, and processes that are started, stopped and killed. */
import type { Bus } from '../../bus/bus.ts'
import { guarded } from '../../bus/guarded.ts'
import type { Log } from '../../internal/log.ts'
import type { StartOptions } from '../../runtime/options.ts'
import type { RunningApp } from '../../runtime/running.ts'
import { SeededRandom } from '../seeded-random.ts'
import type { DiskFaults, SimDisk } from '../sim-disk.ts'
import { VirtualClock } from '../virtual-clock.ts'
import { ProcessBus } from './process-bus.ts'
import { SimProcess } from './sim-process.ts'
import { Trace } from './trace.ts'
import type { MakeApp, Startable, World, WorldObserver, WorldOptions } from './world.ts'

/** How long a start, or a stop beyond its deadline, may take. */
const patienceMs = 60_000

/** What a kind of world gives to a process. */
export interface Surroundings {
  readonly disk: SimDisk
  readonly faults: DiskFaults
  readonly skewMs: number
  readonly bus: Bus
  readonly hasOwnBus: boolean
}

export abstract class BaseWorld implements World {
  readonly seed: number
  readonly clock: VirtualClock = new VirtualClock()
  readonly trace: Trace
  protected readonly random: SeededRandom
  protected readonly connections: Map<SimProcess, ProcessBus> = new Map()
  readonly #observer: WorldObserver
  readonly #handOver: NonNullable<WorldOptions['handOver']>
  #started = 0

  constructor({ seed, observer = {}, keepTrace = false, handOver = 'either' }: WorldOptions) {
    this.seed = seed
    this.random = new SeededRandom(seed)
    this.trace = new Trace({ keep: keepTrace })
    this.#observer = observer
    this.#handOver = handOver
  }

  get processes(): readonly SimProcess[] {
    return [...this.connections.keys()]
  }

  /** What the next process is given. */
  protected abstract surroundings(): Surroundings

  async start(makeApp: MakeApp, options: Partial<StartOptions> = {}): Promise<SimProcess> {
    const { disk, faults, skewMs, bus, hasOwnBus } = this.surroundings()
    const { clock, trace } = this
    const random = this.random.fork()
    const process = new SimProcess({
      name: `p${++this.#started}`,
      clock,
      disk,
      seed: random.seed,
      trace,
      skewMs,
      faults,
      called: (mine, call) => this.#observer.called?.(mine, call),
    })
    const handsOverBytes = (): boolean =>
      this.#handOver === 'bytes' || (this.#handOver === 'either' && random.chance(0.5))
    const observer = this.#observer
    const connection = new ProcessBus(bus, { process, observer, trace, isOwn: hasOwnBus, handsOverBytes })
    this.connections.set(process, connection)
    trace.note(`${process.name} starts`)
    const log = this.#logOf(process)
    const { platform } = process
    // Guarded here, so that several apps share it.
    const all = { platform, log, socket: false, blockedAfter: 0, ...options, bus: guarded(connection, log) } as const
    startAll(process, makeApp(process), all).catch((error: unknown) => (process.failure = error))
    await this.until(() => process.apps.length > 0 || process.failure !== undefined || !process.isAlive)
    return process
  }

  async crash(process: SimProcess): Promise<void> {
    process.kill()
    await this.clock.settle()
    process.bury()
    await this.clock.settle()
    this.connections.delete(process)
  }

  async stop(process: SimProcess, deadlineMs?: number): Promise<boolean> {
    const { apps } = process
    if (apps.length === 0) return false
    this.trace.note(`${process.name} stops`)
    let isOver = false
    const over = (): void => void (isOver = true)
    const stopping = apps.map((app) => app.stop(deadlineMs === undefined ? {} : { deadlineMs }))
    process.alive(Promise.allSettled(stopping)).then(over, over)
    await this.until(() => isOver || !process.isAlive, patienceMs + (deadlineMs ?? 0))
    process.isStopped = isOver && process.isAlive && process.failure === undefined
    return process.isStopped
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms)
  }

  async until(done: () => boolean, mostMs: number = patienceMs): Promise<boolean> {
    const { clock } = this
    const end = clock.monotonic() + mostMs
    await clock.settle()
    while (!done() && clock.monotonic() < end)
      await clock.advance(Math.min(clock.untilNext ?? Infinity, end - clock.monotonic()))
    return done()
  }

  async close(): Promise<void> {
    for (const process of this.processes) await this.crash(process)
  }

  #logOf(process: SimProcess): Log {
    const log =
      (level: 'info' | 'warn' | 'error') =>
      (facts: object, message: string): void => {
        if (!process.isAlive) return
        this.trace.note(`${process.name} ${level} ${message}`)
        this.#observer.logged?.(process, level, facts, message)
      }
    return { info: log('info'), warn: log('warn'), error: log('error') }
  }
}

async function startAll(process: SimProcess, made: ReturnType<MakeApp>, options: StartOptions): Promise<void> {
  const apps: RunningApp[] = []
  for (const app of Array.isArray(made) ? (made as readonly Startable[]) : [made as Startable]) {
    const starting = app.start(options)
    // Also that of a process that died in the moment in which it was started.
    starting.then(
      ({ stopped }) => stopped.catch((error: unknown) => process.isAlive && (process.failure = error)),
      () => {},
    )
    apps.push((await process.alive(starting)) as RunningApp)
  }
  process.apps = apps
}
