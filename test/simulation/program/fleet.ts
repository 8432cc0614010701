/** The processes of a case: one on a machine, some in a cluster; started when none runs, cleared away when they are dead, and judged by what they leave. */
import { isMetrobusError } from '../../../src/errors/index.ts'
import type { App } from '../../../src/index.ts'
import type { StartOptions } from '../../../src/runtime/options.ts'
import { Machine } from '../../../src/testing/index.ts'
import type { Cluster, SimProcess, Startable } from '../../../src/testing/index.ts'
import { buildApps } from './build-app.ts'
import type { Version } from './build-app.ts'
import type { Coverage } from './coverage.ts'
import { DiskLooks } from './looks.ts'
import type { Oracle } from './oracle.ts'
import type { BlockSpec, Program } from './program.ts'

/** Deaths in a row, by an event that kills the process, before a case is taken to go in circles. */
const restartsMax = 200

/** What an app may say of a disk or a bus that has failed. */
const failureCodes = ['MB_APP_FAILED', 'MB_JOURNAL_POISONED', 'MB_DISK_FAILED', 'MB_NO_SPACE', 'MB_BUS_FAILED']

export class Fleet {
  /** The next death is a power cut. */
  isPower = false
  /** Something was made to fail, so that an app may fail. */
  hasFaults = false
  deaths = 0
  /** Of the apps that are started from now on. */
  version: Version = 1
  /** Stops that the second version has removed with the events that waited there. */
  readonly discarded: Set<string> = new Set()
  readonly looks: DiskLooks | undefined
  readonly #program: Program
  readonly #world: Machine | Cluster
  readonly #oracle: Oracle
  readonly #coverage: Coverage
  #turn = 0

  constructor(program: Program, world: Machine | Cluster, oracle: Oracle, coverage: Coverage) {
    this.#program = program
    this.#world = world
    this.#oracle = oracle
    this.#coverage = coverage
    if (world instanceof Machine) this.looks = new DiskLooks(program, world, oracle)
  }

  member(who: number): SimProcess | undefined {
    const members = this.#world.processes.filter(({ isRunning }) => isRunning)
    return members[who % Math.max(1, members.length)]
  }

  /** A process whose app runs: starts one when there is none. Undefined when none can be started. */
  async running(): Promise<SimProcess | undefined> {
    const world = this.#world
    for (let tries = 0; tries < restartsMax; tries++) {
      for (const process of world.processes) if (!process.isRunning) await this.#clearAway(process)
      const found = this.member(this.#turn++)
      if (found !== undefined) return found
      // What a start needs may be back after a while.
      if (tries > 1) await world.advance(500)
      await this.start()
    }
    this.#oracle.violation(`I8 the app does not come up in ${restartsMax} starts`)
    return undefined
  }

  async start(): Promise<void> {
    const { version } = this
    const process = await this.#world.start((mine) => {
      this.#oracle.starts(mine, version)
      return buildApps(this.#program, version, mine, this.#oracle).map((app) => this.#signed(app))
    }, this.#options())
    if (process.isAlive && process.running === undefined && process.failure === undefined)
      this.#oracle.violation('I10 a start neither succeeds nor fails within a minute')
    if (process.failure !== undefined) this.#failed(process)
  }

  #options(): Partial<StartOptions> {
    const { killsMax } = this.#program
    return { killsMax, drain: 2_000, removedStops: this.discarded.size > 0 ? 'discard' : 'refuse' }
  }

  /** Each app signs by itself, if at all. */
  #signed(app: App): Startable {
    if (!this.#program.isSigned) return app
    const signing = signingOf(this.#program, app.name, this.version)
    return { start: (options) => app.start({ ...options, signing }) }
  }

  /** From now on the second version is started. Events of a stop that it does not have keep it from that, or go with the stop. */
  deploy(discards: boolean): void {
    this.version = 2
    if (discards) for (const name of this.removed) this.discarded.add(name)
  }

  /** Stops that the running version does not have. */
  get removed(): ReadonlySet<string> {
    const gone = this.version === 1 ? [] : this.#program.blocks.filter(({ isRemoved }) => isRemoved)
    return new Set(gone.flatMap(({ stops }) => stops.map(({ name }) => name)))
  }

  /** An app that could not start or go on: somebody must have been told why, and something must have gone wrong. */
  #failed(process: SimProcess): void {
    const { blocks } = this.#program
    const isRefused = isMetrobusError(process.failure, 'MB_STOP_REMOVED')
    this.#coverage.add('state', isRefused ? 'refused to lose events' : 'failed')
    const isAllowed = isRefused && this.discarded.size === 0 && blocks.some(({ isRemoved }) => isRemoved)
    this.#oracle.failed(process.failure, 'the app', [
      ...(this.hasFaults ? failureCodes : []),
      ...(isAllowed ? ['MB_STOP_REMOVED'] : []),
      ...(blocks.some(({ stops }) => stops.some(({ sticks }) => sticks)) ? ['MB_STUCK', 'MB_APP_FAILED'] : []),
    ])
    if (isRefused) this.version = 1
    if (this.#world instanceof Machine) this.#world.faults = undefined
  }

  /** Clears away a process that is dead, has failed or has stopped; on a machine, looks at what it left. */
  async #clearAway(process: SimProcess): Promise<void> {
    if (isMetrobusError(process.failure, 'MB_NEVER_AT_REST'))
      this.#oracle.violation('I8 the app hands over unit after unit, and lets neither the disk nor a timer have a turn')
    else if (process.failure !== undefined && process.isAlive) this.#failed(process)
    this.#coverage.add('death', this.isPower ? 'power' : 'killed')
    this.#oracle.died(process)
    this.deaths++
    if (this.#world instanceof Machine && this.isPower) await this.#world.powerCut()
    else await this.#world.crash(process)
    this.isPower = false
    await this.looks?.judge()
  }

  async stop(process: SimProcess | undefined, deadlineMs: number): Promise<void> {
    if (process === undefined) return
    const isStopped = await this.#world.stop(process, deadlineMs)
    if (!isStopped && process.isAlive && process.failure === undefined)
      this.#oracle.violation('I8 a stop does not end within a minute of its deadline')
    if (deadlineMs === 0) this.#coverage.add('state', 'undrained')
    this.#oracle.setback()
  }

  /** Until what `begin` begins is done, over deaths; at most so long. */
  async untilDone(mostMs: number, begin: () => () => boolean): Promise<boolean> {
    for (let tries = 0; tries < restartsMax; tries++) {
      if ((await this.running()) === undefined) return false
      const all = this.#world.processes.filter(({ isRunning }) => isRunning)
      const isDone = begin()
      await this.#world.until(() => isDone() || all.some(({ isRunning }) => !isRunning), mostMs)
      if (all.every(({ isRunning }) => isRunning)) return isDone()
    }
    return false
  }
}

/** Each version of an app signs with a key of its own, and accepts that of the other. */
function signingOf({ blocks }: Program, app: string, version: Version): NonNullable<StartOptions['signing']> {
  const keyOf = (of: number): { readonly key: string; readonly secret: string } => ({
    key: `${app}-${of}`,
    secret: `the secret of version ${of} of ${app}`,
  })
  const lines = blocks.filter((block) => block.app === app).flatMap(linesOf)
  return { ...keyOf(version), accept: [{ ...keyOf(3 - version), app, lines }] }
}

/** The lines that a block's itineraries may name: those that it has, and its router, which is one where no line is chosen. */
const linesOf = ({ entry, lines, stops }: BlockSpec): readonly string[] => [
  ...lines.map(({ name }) => name),
  `${entry}-conductor`,
  stops[0]!.name,
]
