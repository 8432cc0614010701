/** Takes one step after the other through a case, then ends the faults and lets everything come to its end. */
import type { RunningApp } from '../../../src/runtime/running.ts'
import { Cluster, Machine } from '../../../src/testing/index.ts'
import type { SeededRandom, SimProcess } from '../../../src/testing/index.ts'
import type { Coverage } from './coverage.ts'
import type { Sent } from './expectation.ts'
import { judgeEnd } from './final.ts'
import { Fleet } from './fleet.ts'
import { inspect, intrude } from './operator.ts'
import type { Oracle } from './oracle.ts'
import type { Program } from './program.ts'
import { eventsOf } from './schedule.ts'
import type { Step } from './schedule.ts'

/** Virtual time within which an app takes events again after the faults have ended (I8). */
const recoveryMs = { machine: 5_000, cluster: 60_000 }
/** Behind each letter that holds its key another may stand. */
const roundsMax = 600
/** Virtual time within which everything comes to its end, whatever waits for a retry. */
const endMs = 600_000
/** Takes the steps of a schedule. */
export class Driver {
  readonly #program: Program
  readonly #world: Machine | Cluster
  readonly #oracle: Oracle
  readonly #coverage: Coverage
  readonly #random: SeededRandom
  readonly #fleet: Fleet
  /** Everything sent, by id; and what of it was acknowledged. */
  readonly #sent = new Map<string, Sent>()
  readonly #acknowledged = new Set<string>()
  #probes = 0
  /** Deaths that the bus has heard of. */
  #givenUp = -1

  constructor(program: Program, world: Machine | Cluster, oracle: Oracle, coverage: Coverage, random: SeededRandom) {
    this.#program = program
    this.#world = world
    this.#oracle = oracle
    this.#coverage = coverage
    this.#random = random
    this.#fleet = new Fleet(program, world, oracle, coverage)
    coverage.program(program)
  }

  async step(step: Step): Promise<void> {
    this.#coverage.add('step', step.kind)
    const process = await this.#fleet.running()
    if (process === undefined) return
    this.#world.trace.note(`step ${JSON.stringify(step)}`)
    await this.#take(step, process)
    await this.#fleet.looks?.settle()
  }

  async #take(step: Step, process: SimProcess): Promise<void> {
    const world = this.#world
    switch (step.kind) {
      case 'send':
        this.#sent.set(step.id, step)
        this.#send(process, step)
        if (step.waits) await world.until(() => this.#acknowledged.has(step.id) || !process.isRunning, 2_000)
        return
      case 'burst': {
        const burst = eventsOf(step)
        for (const one of burst) {
          this.#sent.set(one.id, one)
          this.#send(process, one)
        }
        if (step.waits)
          await world.until(() => burst.every(({ id }) => this.#acknowledged.has(id)) || !process.isRunning, 2_000)
        return
      }
      case 'send-again': {
        const again = this.#sent.get(`e${step.of}`)
        if (again !== undefined && world instanceof Machine) this.#send(process, again)
        return
      }
      case 'send-bad':
        return this.#sendBad(process, step.entry)
      case 'advance':
        return world.advance(step.ms)
      case 'restart':
        return this.#fleet.stop(process, step.deadlineMs)
      case 'leave':
        return this.#fleet.stop(this.#fleet.member(step.who), 1_000)
      case 'deploy':
        this.#fleet.deploy(step.discards)
        return this.#fleet.stop(process, step.deadlineMs)
      case 'inspect':
        return inspect(process, world instanceof Machine, this.#oracle)
      case 'intrude':
        return world instanceof Cluster ? intrude(this.#program, world, this.#oracle) : undefined
      case 'replay':
        return void this.#operate(process, (running) =>
          running.deadLetters.replay({}, step.rate === undefined ? {} : { ratePerSecond: step.rate }),
        )
      case 'discard':
        return void this.#operate(process, (running) => running.deadLetters.discard({}, 'by-hand'))
      default:
        return world instanceof Machine ? this.#machineStep(step, world, process) : this.#clusterStep(step, world)
    }
  }

  async #machineStep(step: Step, machine: Machine, process: SimProcess): Promise<void> {
    switch (step.kind) {
      case 'kill-in':
        process.killIn(step.calls)
        this.#fleet.isPower = step.isPower
        return
      case 'crash':
        this.#fleet.isPower = step.isPower
        process.kill()
        return
      case 'jump':
        return machine.jump(step.ms)
      case 'space': {
        this.#fleet.hasFaults = true
        machine.disk.capacityBytes = machine.disk.state.size + step.spareBytes
        machine.clock.timer(step.ms, () => (machine.disk.capacityBytes = Infinity))
        return
      }
      case 'fault':
        return this.#fault(step, machine)
      default:
    }
  }

  #fault(
    { call: name, after, error, delayMs, bytes }: Extract<Step, { readonly kind: 'fault' }>,
    machine: Machine,
  ): void {
    this.#fleet.hasFaults = true
    let left = after
    machine.faults = (call) => {
      if (call.name !== name || left-- !== 0) return undefined
      this.#coverage.add('fault', `${name} ${error ?? (delayMs === undefined ? 'short' : 'slow')}`)
      return {
        ...(error && { error }),
        ...(delayMs && { delayMs }),
        ...(bytes !== undefined && { bytes: Math.max(1, bytes) }),
      }
    }
  }

  async #clusterStep(step: Step, cluster: Cluster): Promise<void> {
    switch (step.kind) {
      case 'join':
        if (cluster.processes.length < 4) await this.#fleet.start()
        return
      case 'die':
        this.#fleet.member(step.who)?.kill()
        return
      case 'cut-off': {
        const member = this.#fleet.member(step.who)
        if (member === undefined) return
        cluster.disconnect(member)
        this.#fleet.hasFaults = true
        this.#oracle.setback()
        cluster.clock.timer(step.ms, () => member.isAlive && cluster.reconnect(member))
        return
      }
      case 'settles': {
        const doubtful = new WeakSet<object>()
        const { unknown, refused, slow } = step
        cluster.plan = ({ unit }) => {
          const share = this.#random.below(1000)
          if (share < unknown) {
            doubtful.add(unit)
            return { answer: 'unknown', happened: share % 2 === 0 }
          }
          // What may have happened cannot be refused any more.
          if (share < unknown + refused && !doubtful.has(unit)) return { answer: 'refused' }
          return share > 1000 - slow ? { delay: share % 20 } : undefined
        }
        return
      }
      default:
    }
  }

  // --- senders and operators

  #send(process: SimProcess, { entry, id, data }: Sent): void {
    process.alive(takerOf(process, entry).send(entry, data, { id })).then(
      () => {
        if (!this.#acknowledged.has(id)) this.#fleet.looks?.acknowledged(id)
        this.#acknowledged.add(id)
      },
      (error: unknown) =>
        this.#oracle.failed(error, `send of ${id}`, [
          'MB_APP_FAILED',
          'MB_STOPPING',
          'MB_NO_SPACE',
          ...(this.#isRemoved(entry) ? ['MB_UNKNOWN_ENTRY'] : []),
        ]),
    )
  }

  #isRemoved(entry: string): boolean {
    return this.#fleet.version === 2 && this.#program.blocks.some((block) => block.entry === entry && block.isRemoved)
  }

  #sendBad(process: SimProcess, entry: string): void {
    process.alive(takerOf(process, entry).send(entry, { key: 'k0' })).then(
      () => this.#oracle.violation('I10 an event that does not fit its schema was taken'),
      (error: unknown) =>
        this.#oracle.failed(error, 'a bad send', [
          'MB_INVALID_EVENT',
          'MB_APP_FAILED',
          'MB_STOPPING',
          ...(this.#isRemoved(entry) ? ['MB_UNKNOWN_ENTRY'] : []),
        ]),
    )
  }

  /** Lets an operator do something to each app; resolves when it is done or has failed. */
  async #operate(process: SimProcess, act: (running: RunningApp) => Promise<unknown>): Promise<void> {
    await process
      .alive(Promise.all(process.apps.map(act)))
      .catch((error: unknown) =>
        this.#oracle.failed(error, 'an operator', [
          'MB_APP_FAILED',
          'MB_STOPPING',
          'MB_REVOKED',
          'MB_BUS_NOT_OPEN',
          ...(this.#fleet.hasFaults ? ['MB_JOURNAL_POISONED', 'MB_DISK_FAILED'] : []),
        ]),
      )
  }

  // --- the end

  /** The faults end, and everything comes to its end. */
  async end(): Promise<void> {
    await this.#calm()
    const kind = this.#world instanceof Machine ? 'machine' : 'cluster'
    const began = this.#world.clock.monotonic()
    const isAnswered = await this.#fleet.untilDone(recoveryMs[kind], () => {
      const unanswered = [...this.#sent.values()].filter(
        ({ id, entry }) => !this.#acknowledged.has(id) && !this.#isRemoved(entry),
      )
      const left = kind === 'machine' ? unanswered : []
      const probe: Sent = { entry: this.#entry, id: `probe${this.#probes++}`, data: { key: 'k0', other: 'o0', v: 0 } }
      this.#sent.set(probe.id, probe)
      for (const event of [...left, probe]) this.#send(this.#fleet.member(0)!, event)
      return () => [...left, probe].every(({ id }) => this.#acknowledged.has(id))
    })
    if (!isAnswered)
      this.#oracle.violation(
        `I8 after ${this.#world.clock.monotonic() - began} ms without faults sends are not answered`,
      )
    for (let round = 0; round < roundsMax; round++) {
      if (!(await this.#isThrough()))
        return this.#oracle.violation(`I8 the app is not through with its events after ${endMs} ms without faults`)
      if (!(await this.#operatorRound(round))) break
    }
    const process = await this.#fleet.running()
    if (process === undefined) return
    this.#coverage.add('state', 'caught up')
    const judging = judgeEnd({
      program: this.#program,
      world: this.#world,
      oracle: this.#oracle,
      sent: this.#sent.values(),
      isAcknowledged: ({ id }) => this.#acknowledged.has(id),
      discarded: this.#fleet.discarded,
      removed: this.#fleet.removed,
      inspector: process.running!.inspector,
      apps: this.#world.processes.filter(({ isRunning }) => isRunning).flatMap(({ apps }) => apps),
    })
    await this.#whileTimeGoesOn(judging)
  }

  /** A read that was made slow may still be under way, and whoever looks waits for it. */
  async #whileTimeGoesOn(judging: Promise<void>): Promise<void> {
    let isOver = false
    const over = (): void => void (isOver = true)
    judging.then(over, over)
    if (await this.#world.until(() => isOver, endMs)) await judging
    else this.#oracle.violation('I8 what is left cannot be looked at')
  }

  async #calm(): Promise<void> {
    const world = this.#world
    world.trace.note('the faults end')
    if (world instanceof Machine) {
      world.faults = undefined
      world.disk.capacityBytes = Infinity
      for (const process of world.processes) process.killIn(Infinity)
    } else {
      world.plan = undefined
      for (const process of world.processes) world.reconnect(process)
    }
    await this.#fleet.running()
    await this.#untilGivenUp()
  }

  /** A process has died whose partitions nobody else may have yet. */
  get #hasDied(): boolean {
    return this.#fleet.deaths > this.#givenUp
  }

  async #untilGivenUp(): Promise<void> {
    if (!this.#hasDied) return
    this.#givenUp = this.#fleet.deaths
    if (this.#world instanceof Cluster) await this.#world.advance(20_000)
  }

  get #entry(): string {
    return this.#program.blocks.find(({ from }) => from === undefined)!.entry
  }

  /** Members are through one by one, and one may hand another something meanwhile: until nothing is handled any more. */
  async #isThrough(): Promise<boolean> {
    for (let round = 0; round < roundsMax; round++) {
      await this.#untilGivenUp()
      const before = this.#oracle.handlings
      if (!(await this.#caughtUp())) return false
      if (this.#oracle.handlings === before && !this.#hasDied) return true
    }
    return false
  }

  #caughtUp(): Promise<boolean> {
    return this.#fleet.untilDone(endMs, () => {
      const all = this.#world.processes.filter(({ isRunning }) => isRunning)
      let left = all.length
      for (const process of all)
        process.alive(Promise.all(process.apps.map((app) => app.caughtUp()))).then(
          () => void left--,
          () => {},
        )
      return () => left === 0
    })
  }

  /** Replays what was given up, twice, and then discards it. Answers whether there was anything. */
  async #operatorRound(round: number): Promise<boolean> {
    let count = 0
    await this.#fleet.untilDone(endMs, () => {
      const all = this.#world.processes.filter(({ isRunning }) => isRunning)
      let left = all.length
      for (const process of all)
        void this.#operate(process, async ({ deadLetters }) => {
          count += round < 2 ? await deadLetters.replay({}) : await deadLetters.discard({}, 'by-hand')
        }).then(() => left--)
      return () => left === 0
    })
    return count > 0 || round < 2 || this.#hasDied
  }
}

/** The app that has an entry. One that no app has is for the first to refuse. */
const takerOf = ({ apps }: SimProcess, entry: string): RunningApp =>
  apps.find(({ definition: { entries } }) => entries.some(({ name }) => name === entry)) ?? apps[0]!
