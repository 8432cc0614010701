/**
 * A consumer group in memory: who is in it, who owns which partition, what it has settled, and its rows of keyed state.
 *
 * Invariants:
 * - G1 A partition has at most one owner, and a new owner is named only after every unit of the old one has ended.
 * - G2 Partition n of every topic that the same members read belongs to the same member, so that a parking topic goes with its input.
 */
import type { Acknowledgement, StateChange } from '../../event/unit.ts'
import type { TopicPartition } from '../bus.ts'
import type { MemoryMember } from './member.ts'

export const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`

export class MemoryGroup {
  readonly name: string
  /** In the order joined. */
  readonly members: MemoryMember[] = []
  /** What is durable. */
  readonly committed: Map<string, Acknowledgement> = new Map()
  /** What is handed over, durable or not. */
  readonly applied: Map<string, Acknowledgement> = new Map()
  readonly #generations = new Map<string, number>()
  readonly #rows = new Map<string, Map<string, string>>()

  constructor(name: string) {
    this.name = name
  }

  /** Counts one more owner of the partition. */
  nextGeneration(place: string): number {
    const generation = (this.#generations.get(place) ?? 0) + 1
    this.#generations.set(place, generation)
    return generation
  }

  /** What `member` should own: partition n goes to the n-th subscriber, going round. */
  shareOf(member: MemoryMember, partitionsOf: (topic: string) => number): TopicPartition[] {
    const share: TopicPartition[] = []
    for (const { topic } of member.subscriptions) {
      const subscribers = this.members.filter((other) => other.reads(topic))
      const turn = subscribers.indexOf(member)
      for (let partition = turn; partition < partitionsOf(topic); partition += subscribers.length)
        share.push({ topic, partition })
    }
    return share
  }

  rows(store: string, partition: number): ReadonlyMap<string, string> {
    return this.#rows.get(placeOf(store, partition)) ?? new Map()
  }

  change({ store, partition, key, value }: StateChange): void {
    const place = placeOf(store, partition)
    let table = this.#rows.get(place)
    if (table === undefined) this.#rows.set(place, (table = new Map()))
    if (value === null) table.delete(key)
    else table.set(key, value)
  }
}
