/** The port on arrays: for tests and for trying things out. Nothing outlives the process. */
import { MetrobusError } from '../../errors/index.ts'
import type { Record } from '../../event/record.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import type { Bus, BusInspector, Member, MemberListener, Subscription, TopicSpec } from '../bus.ts'
import type { Capabilities } from '../capabilities.ts'
import { placeOf } from './group.ts'
import { MemoryLog } from './memory-log.ts'
import type { ResolvedMemoryOptions } from './options.ts'

export class MemoryBus implements Bus {
  readonly name = 'memory'
  readonly capabilities: Capabilities
  readonly #options: ResolvedMemoryOptions
  #opened: MemoryLog | undefined

  constructor(options: ResolvedMemoryOptions) {
    this.#options = options
    this.capabilities = {
      isDurable: false,
      supportsRunAhead: options.runAhead,
      recordBytesMax: options.recordBytesMax,
      unitBytesMax: Infinity,
    }
  }

  get #log(): MemoryLog {
    if (this.#opened === undefined)
      throw new MetrobusError('MB_BUS_NOT_OPEN', { bus: this.name, call: 'use', state: 'not open' })
    return this.#opened
  }

  async open(platform: Platform): Promise<void> {
    this.#opened = new MemoryLog(this.#options, platform)
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#log.ensure(topics)
  }

  join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    return this.#log.join(group, subscriptions, listener)
  }

  partitions(topic: string): number {
    return this.#log.topic(topic).partitions.length
  }

  async close(): Promise<void> {
    this.#opened = undefined
  }

  readonly inspector: BusInspector = {
    topics: async (isWanted = () => true) =>
      [...this.#log.topics.values()]
        .filter(({ name }) => isWanted(name))
        .map(({ name, partitions, retention }) => ({
          topic: name,
          partitions: partitions.map(({ partition, begin, synced }) => ({ partition, begin, end: synced })),
          retention,
          bytes: 0,
        })),
    groups: async (isWanted = () => true) =>
      [...this.#log.groups.values()]
        .filter(({ name }) => isWanted(name))
        .map(({ name, committed }) => ({ group: name, positions: [...committed.values()] })),
    read: async (topic, partition, offset, recordsMax) =>
      this.#handOver(this.#log.read(topic, partition, offset).slice(0, recordsMax)),
    offsetAt: async (topic, partition, timeMs) =>
      this.#log.read(topic, partition, 0).find((record) => record.appendedAt >= timeMs)?.offset ??
      this.#log.partition(topic, partition).synced,
    ride: async (ride) => this.#ride(ride),
    seek: async (name, { topic, partition, offset }) => {
      const group = this.#log.group(name)
      if (group.members.length > 0) throw new MetrobusError('MB_GROUP_IN_USE', { group: name })
      const { begin, synced } = this.#log.partition(topic, partition)
      const position = { topic, partition, watermark: Math.min(Math.max(offset, begin), synced), above: [] }
      group.committed.set(placeOf(topic, partition), position)
      group.applied.set(placeOf(topic, partition), position)
    },
    rows: async (group, store, partition) => new Map(this.#log.group(group).rows(store, partition)),
  }

  #ride(ride: string): { topic: string; partition: number; record: Record }[] {
    const log = this.#log
    return [...log.topics.values()]
      .flatMap(({ name: topic, partitions }) =>
        partitions.flatMap(({ partition }) =>
          log.read(topic, partition, 0).map((record) => ({ topic, partition, record })),
        ),
      )
      .filter(({ record }) => record.ride === ride)
      .toSorted((one, other) => log.orderOf(one.record) - log.orderOf(other.record))
  }

  #handOver(records: readonly Record[]): readonly Record[] {
    return this.#options.handOver === 'bytes' ? records.map((record) => this.#log.copyOf(record)) : records
  }
}
