/**
 * Looks at the disk of a machine behind the back of what runs there: after each death, and, now and then, in the very moment in which something was acknowledged or
 * handed to a stop with effects, at the worst that a power cut could leave then.
 */
import { inspectEmbedded } from '../../../src/bus/embedded/index.ts'
import { isMetrobusError } from '../../../src/errors/index.ts'
import { nothing } from '../../../src/testing/disk-state.ts'
import type { DiskState } from '../../../src/testing/disk-state.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../../src/testing/index.ts'
import type { Machine } from '../../../src/testing/index.ts'
import { viewOf } from './bus-model.ts'
import type { View } from './bus-model.ts'
import type { Oracle } from './oracle.ts'
import { topicOf } from './program.ts'
import type { Program } from './program.ts'

interface Look {
  readonly state: DiskState
  readonly event: string
  /** In which topics it must be; any when undefined. */
  readonly topics: readonly string[] | undefined
  readonly why: string
}

export class DiskLooks {
  readonly #machine: Machine
  readonly #oracle: Oracle
  readonly #random: SeededRandom
  #looks: Look[] = []

  constructor(program: Program, machine: Machine, oracle: Oracle) {
    this.#machine = machine
    this.#oracle = oracle
    this.#random = new SeededRandom(machine.seed ^ 0x100c)
    oracle.onEffect = (_process, { name }, { event }) =>
      this.#look(
        `${event.id}#${event.replay}`,
        [topicOf(program, name), `${topicOf(program, name)}.parked`],
        'was handed to a stop with effects',
      )
  }

  /** An event was acknowledged to its sender just now. */
  acknowledged(id: string): void {
    this.#look(`${id}#0`, undefined, 'was acknowledged')
  }

  /** Judges what there was to look at. */
  async settle(): Promise<void> {
    for (const { state, event, topics, why } of this.#looks.splice(0)) {
      const view = await look(state, [])
      const places = [...(view?.partitions ?? [])].filter(
        ([place]) => topics === undefined || topics.includes(place.slice(0, place.lastIndexOf('/'))),
      )
      // A sender whose answer was lost asks again, and then it may be long done.
      const isGone = view !== undefined && this.#oracle.bus.isGone(event, view)
      if (!isGone && !places.some(([, { records }]) => [...records.values()].includes(event)))
        this.#oracle.violation(`I1 ${event} ${why}, and a power cut in that moment would have lost it`)
    }
  }

  /** Judges what a process has left. */
  async judge(): Promise<void> {
    await this.settle()
    const view = await look(this.#machine.disk.state.copy(), this.#oracle.bus.stores)
    if (view === undefined) return
    for (const fault of this.#oracle.bus.judge(view)) this.#oracle.violation(fault)
  }

  #look(event: string, topics: readonly string[] | undefined, why: string): void {
    if (this.#looks.length < 2 && this.#random.chance(0.05))
      this.#looks.push({ state: this.#machine.disk.state.image(nothing), event, topics, why })
  }
}

/** What a journal shows; undefined when there is none yet. */
async function look(state: DiskState, stores: readonly string[]): Promise<View | undefined> {
  const platform = { clock: new VirtualClock(), random: new SeededRandom(1), disk: new SimDisk({ log: false }, state) }
  try {
    const { inspector, close } = await inspectEmbedded('/data', platform)
    const view = await viewOf(inspector, stores)
    await close()
    return view
  } catch (error) {
    if (isMetrobusError(error, 'MB_JOURNAL_MISSING')) return undefined
    throw error
  }
}
