/**
 * What a simulated world offers, whichever it is: one machine with a disk (`Machine`), or processes on a bus that outlives them (`Cluster`). The production
 * runtime, bus and journal run in it, unchanged; time, randomness and disk are the world's.
 */
import type { Assignment, TopicPartition } from '../../bus/bus.ts'
import type { Record } from '../../event/record.ts'
import type { CommitUnit } from '../../event/unit.ts'
import type { StartOptions } from '../../runtime/options.ts'
import type { RunningApp } from '../../runtime/running.ts'
import type { DiskCallName } from '../sim-disk.ts'
import type { VirtualClock } from '../virtual-clock.ts'
import type { SimProcess } from './sim-process.ts'
import type { Trace } from './trace.ts'

/** What can be started: an app of `metrobus()`. */
export interface Startable {
  start(options: StartOptions): Promise<Omit<RunningApp, 'send'>>
}

/** Makes the app for one life of a process, or several that share its bus; called again for the next. */
export type MakeApp = (process: SimProcess) => Startable | readonly Startable[]

/** Is told what passes between the processes and their bus. Every method may be left out. */
export interface WorldObserver {
  /** The process calls its disk, or a timer of it comes. */
  called?(process: SimProcess, call: DiskCallName | 'timer'): void
  assigned?(process: SimProcess, partitions: readonly Assignment[]): void
  revoked?(process: SimProcess, partitions: readonly TopicPartition[]): void
  polled?(process: SimProcess, place: TopicPartition, records: readonly Record[]): void
  rewound?(process: SimProcess, place: TopicPartition, offset: number): void
  /** Before the unit is handed over. `group`: of the member that hands it over, which is the name of its app. */
  settling?(process: SimProcess, unit: CommitUnit, group: string): void
  settled?(process: SimProcess, unit: CommitUnit, answer: 'committed' | 'refused' | 'unknown', group: string): void
  logged?(process: SimProcess, level: 'info' | 'warn' | 'error', facts: object, message: string): void
}

/** How a world is made. */
export interface WorldOptions {
  /** Everything that the world draws comes from it: same seed and same calls, same run. */
  readonly seed: number
  /** Default: none. */
  readonly observer?: WorldObserver
  /** Keeps the lines of the trace. Default: false, the hash alone. */
  readonly keepTrace?: boolean
  /** How events are handed to stops: as the object that another stop made, as bytes, or each time as the seed says. Default: 'either'. */
  readonly handOver?: 'reference' | 'bytes' | 'either'
}

/** A simulated world. */
export interface World {
  readonly seed: number
  readonly clock: VirtualClock
  readonly trace: Trace
  /** The processes that are not dead, in the order started. */
  readonly processes: readonly SimProcess[]
  /** Starts a process, and moves time until its apps run, one has failed to start, or the process has died meanwhile. Several are started one after the other. */
  start(makeApp: MakeApp, options?: Partial<StartOptions>): Promise<SimProcess>
  /** Kills a process; what it had in memory is gone. */
  crash(process: SimProcess): Promise<void>
  /** Stops the apps of a process in good order, all at once, and moves time until they have stopped. Answers whether they have. */
  stop(process: SimProcess, deadlineMs?: number): Promise<boolean>
  /** Moves time on. */
  advance(ms: number): Promise<void>
  /** Moves time until `done` holds, timer by timer, but at most so many milliseconds (default: a minute). Answers whether it holds. */
  until(done: () => boolean, mostMs?: number): Promise<boolean>
  /** Ends the world: kills what still runs. */
  close(): Promise<void>
}
