/**
 * A process that can die at any call of its platform: a call of its disk, or a timer of its. What is dead takes part in nothing any more: its timers do not
 * come, its calls never return, and the bus does not hear of it.
 *
 * Invariants:
 * - P1 Platform calls are counted from 1 over the life of the process, so that `killAt` finds the same call again in a run of the same seed.
 * - P2 After its death a process changes nothing but its own memory.
 */
import type { Clock, Platform, Timer } from '../../internal/platform/platform.ts'
import type { RunningApp } from '../../runtime/running.ts'
import { SeededRandom } from '../seeded-random.ts'
import type { DiskCall, DiskCallName, DiskFault, DiskFaults, SimDisk } from '../sim-disk.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import type { Trace } from './trace.ts'

/** What a process is made of. */
export interface SimProcessOptions {
  /** For the trace, such as `p1`. */
  readonly name: string
  readonly clock: VirtualClock
  readonly disk: SimDisk
  readonly seed: number
  readonly trace: Trace
  /** How far its wall clock is from that of the world, in milliseconds. */
  readonly skewMs: number
  /** What goes wrong with calls of the disk. */
  readonly faults: DiskFaults
  /** Hears of every call of the platform. */
  readonly called: (process: SimProcess, call: DiskCallName | 'timer') => void
}

/** One life of an app, or of several on one bus, from its start to its end or its death. */
export class SimProcess {
  readonly name: string
  /** Time, randomness and disk as this process sees them. */
  readonly platform: Platform
  readonly disk: SimDisk
  /** The started apps; none before all are started, and none for a process that died while it started. */
  apps: readonly RunningApp[] = []
  /** Why an app could not start, or could not go on. */
  failure: unknown = undefined
  /** The apps have been stopped in good order. */
  isStopped = false
  /** Milliseconds that the wall clock of this process is ahead of the world's. */
  skewMs: number
  /** How it died: `killed`, or the call that it died in. Undefined while it lives. */
  death: string | undefined = undefined
  readonly #trace: Trace
  readonly #called: SimProcessOptions['called']
  readonly #random: SeededRandom
  readonly #clock: VirtualClock
  #calls = 0
  #killAt = Infinity
  /** Lets go of what the dead app holds in the real process. */
  readonly #burials: (() => void)[] = []

  constructor({ name, clock, disk, seed, trace, skewMs, faults, called }: SimProcessOptions) {
    this.name = name
    this.disk = disk
    this.skewMs = skewMs
    this.#trace = trace
    this.#called = called
    this.#clock = clock
    this.#random = new SeededRandom(seed)
    this.platform = { clock: this.#clockOfMine(), random: this.#random.fork(), disk }
    disk.fail((call) => this.#diskCall(call, faults))
  }

  /** The started app, the first of several; undefined before, and for one that died while it started. */
  get running(): RunningApp | undefined {
    return this.apps[0]
  }

  /** Not dead. A process that has stopped or failed is alive until the world lets it go. */
  get isAlive(): boolean {
    return this.death === undefined
  }

  /** The apps are started, and have neither stopped nor failed. */
  get isRunning(): boolean {
    return this.isAlive && this.apps.length > 0 && this.failure === undefined && !this.isStopped
  }

  /** Platform calls so far. */
  get calls(): number {
    return this.#calls
  }

  /** Lets the process die in its `count`-th platform call from now. */
  killIn(count: number): void {
    this.#killAt = this.#calls + count
  }

  /** The process dies now. */
  kill(how = 'killed'): void {
    if (!this.isAlive) return
    this.death = how
    this.disk.halt()
    this.#trace.note(`${this.name} dies: ${how}`)
  }

  /** A promise that does not settle once the process is dead. */
  alive<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.isAlive && resolve(value),
        (error: unknown) => this.isAlive && reject(error),
      )
    })
  }

  /** `bury` is called when the dead is cleared away. */
  whenBuried(bury: () => void): void {
    this.#burials.push(bury)
  }

  /** Clears away what a dead app holds in the real process, such as listeners. Called by the world when all is at rest. */
  bury(): void {
    for (const bury of this.#burials.splice(0)) bury()
  }

  #clockOfMine(): Clock {
    return {
      now: () => this.#clock.now() + this.skewMs,
      monotonic: () => this.#clock.monotonic(),
      timer: (delayMs, run): Timer => this.#clock.timer(delayMs, () => this.#enter('timer', 'timer') && run()),
      immediate: (run) => this.#clock.immediate(() => this.isAlive && run()),
    }
  }

  /** Counts a platform call; false when the process is dead, or dies in it. */
  #enter(call: DiskCallName | 'timer', what: string): boolean {
    if (!this.isAlive) return false
    this.#called(this, call)
    this.#trace.note(`${this.name} ${this.#clock.monotonic()} ${what}`)
    if (++this.#calls >= this.#killAt) this.kill(what)
    return this.isAlive
  }

  #diskCall(call: DiskCall, faults: DiskFaults): DiskFault | undefined {
    // A write that the process dies in has taken some of its bytes.
    if (!this.#enter(call.name, `${call.name} ${call.path} ${call.bytes}`))
      return { halt: true, bytes: this.#random.below(call.bytes + 1) }
    const fault = faults(call)
    if (fault !== undefined) this.#trace.note(`${this.name} fault ${JSON.stringify(fault)}`)
    return fault
  }
}
