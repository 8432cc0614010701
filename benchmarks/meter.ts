/**
 * Sees on the bus port when rides end: the record of an ended ride goes out with the unit that acknowledges its last event, so the
 * ride has ended when that unit's settle has returned. Works on any bus and adds one promise a unit.
 */
import type { Bus, Member } from '../src/bus/bus.ts'
import type { CommitUnit } from '../src/event/unit.ts'
import { indexAt } from './contact.ts'

/** Called once a unit with the times of the events whose rides it ended, after its settle has returned. */
export type OnEnded = (times: readonly number[], atMs: number) => void

/** `bus`, watched: `topic` is where its app records ended rides. */
export function metered(bus: Bus, topic: string, onEnded: OnEnded): Bus {
  return {
    name: bus.name,
    capabilities: bus.capabilities,
    inspector: bus.inspector,
    open: (platform) => bus.open(platform),
    ensureTopics: (topics) => bus.ensureTopics(topics),
    partitions: (name) => bus.partitions(name),
    join: async (group, subscriptions, listener) =>
      meteredMember(await bus.join(group, subscriptions, listener), topic, onEnded),
    close: () => bus.close(),
  }
}

function meteredMember(member: Member, topic: string, onEnded: OnEnded): Member {
  return {
    poll: (name, partition, request) => member.poll(name, partition, request),
    rewind: (name, partition, offset) => member.rewind(name, partition, offset),
    load: (store, partition) => member.load(store, partition),
    leave: () => member.leave(),
    settle: (unit) => {
      const settled = member.settle(unit)
      const times = endedIn(unit, topic)
      if (times.length === 0) return settled
      return settled.then((answer) => {
        if (answer === 'committed') onEnded(times, performance.now())
        return answer
      })
    },
  }
}

function endedIn(unit: CommitUnit, topic: string): readonly number[] {
  const times: number[] = []
  for (const output of unit.outputs)
    if (output.topic === topic) for (const record of output.records) times.push(record.time)
  return times
}

/** Waits until `count` rides have ended, and times them. */
export class Finish {
  readonly #count: number
  readonly #timed: (index: number, atMs: number) => void
  readonly #done = Promise.withResolvers<void>()
  #ended = 0
  #lastMs = 0

  constructor(count: number, timed: (index: number, atMs: number) => void) {
    this.#count = count
    this.#timed = timed
  }

  readonly onEnded: OnEnded = (times, atMs) => {
    for (const time of times) this.#timed(indexAt(time), atMs)
    this.#ended += times.length
    this.#lastMs = atMs
    if (this.#ended >= this.#count) this.#done.resolve()
  }

  /** When the last settle returned that ended a ride. */
  get lastMs(): number {
    return this.#lastMs
  }

  get done(): Promise<void> {
    return this.#done.promise
  }
}
