/** The port on a Kafka cluster. */
import { MetrobusError } from '../../errors/index.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import type { Bus, BusInspector, Member, MemberListener, RetentionSpec, Subscription, TopicSpec } from '../bus.ts'
import type { Capabilities } from '../capabilities.ts'
import { Cluster } from './driver/cluster.ts'
import { codecs } from './driver/compression.ts'
import { GroupOffsets } from './driver/group-offsets.ts'
import { LogOffsets } from './driver/log-offsets.ts'
import { Producer } from './driver/producer.ts'
import type { Wire } from './driver/wire.ts'
import { KafkaInspector } from './inspector.ts'
import { KafkaMember } from './kafka-member.ts'
import { LooseProducer } from './loose-producer.ts'
import { Names } from './names.ts'
import { capabilitiesOf } from './options.ts'
import type { ResolvedKafkaOptions } from './options.ts'
import { StateTables } from './state-tables.ts'
import { ensureTopics } from './topics.ts'

/** What is there while the bus is open. */
interface Opened {
  readonly platform: Platform
  readonly wire: Wire
  readonly cluster: Cluster
  readonly groupOffsets: GroupOffsets
  readonly logOffsets: LogOffsets
  readonly inspector: KafkaInspector
}

/**
 * A transaction is open only while its outcomes go out. One whose process has died holds up the readers behind it, and the next owner of its partitions, for so
 * long.
 */
const transactionTimeoutMs = 20_000
/** Of a topic that does not say. */
const settledKeptMs = 24 * 3_600_000
/** A table is made before its group is joined; it keeps what was deleted long enough for whoever restores from it meanwhile. */
const rowsKept = { compact: true, timeMs: 24 * 3_600_000, bytesMax: Infinity }

export class KafkaBus implements Bus {
  readonly name = 'kafka'
  readonly capabilities: Capabilities
  readonly inspector: BusInspector
  readonly #options: ResolvedKafkaOptions
  readonly #names: Names
  readonly #makeWire: (platform: Platform) => Wire
  /** How what is settled is kept, by topic. */
  readonly #kept = new Map<string, RetentionSpec>()
  #open: Opened | undefined

  /** `makeWire`: what goes out to brokers; a model of them in tests. */
  constructor(options: ResolvedKafkaOptions, makeWire: (platform: Platform) => Wire) {
    this.#options = options
    this.#names = new Names(options.prefix)
    this.#makeWire = makeWire
    this.capabilities = capabilitiesOf(options)
    this.inspector = {
      topics: (...wanted) => this.#opened.inspector.topics(...wanted),
      groups: (...wanted) => this.#opened.inspector.groups(...wanted),
      read: (...place) => this.#opened.inspector.read(...place),
      offsetAt: (...place) => this.#opened.inspector.offsetAt(...place),
      ride: (ride) => this.#opened.inspector.ride(ride),
      seek: (...place) => this.#opened.inspector.seek(...place),
      rows: (...place) => this.#opened.inspector.rows(...place),
    }
  }

  get #opened(): Opened {
    if (this.#open === undefined)
      throw new MetrobusError('MB_BUS_NOT_OPEN', { bus: this.name, call: 'use', state: 'not open' })
    return this.#open
  }

  async open(platform: Platform): Promise<void> {
    const { clock } = platform
    const wire = this.#makeWire(platform)
    const cluster = new Cluster({ bootstrap: this.#options.brokers, wire, clock })
    try {
      await cluster.open()
    } catch (error) {
      await wire.close()
      throw error
    }
    const groupOffsets = new GroupOffsets({ cluster, clock })
    const logOffsets = new LogOffsets({ cluster, clock })
    const { mappings } = this.#options
    const inspector = new KafkaInspector({ cluster, clock, groupOffsets, logOffsets, names: this.#names, mappings })
    this.#open = { platform, wire, cluster, groupOffsets, logOffsets, inspector }
  }

  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    const { platform, cluster } = this.#opened
    const { topics: mode, partitions, replicas, inSyncReplicas, batchBytesMax } = this.#options
    const outside = specs.map((spec) => ({ ...spec, name: this.#names.outside(spec.name) }))
    const rest = { mode, partitions, replicas, inSyncReplicas, batchBytesMax, prefix: this.#options.prefix }
    await ensureTopics(outside, { cluster, clock: platform.clock, ...rest })
    for (const { name, retention = {} } of specs) this.#kept.set(name, retention)
  }

  async join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    const { platform, cluster, groupOffsets, logOffsets } = this.#opened
    const { clock, random } = platform
    const { instanceId, compression, batchBytesMax, log } = this.#options
    const names = this.#names
    const partitions = Math.max(1, ...subscriptions.map(({ topic }) => this.partitions(topic)))
    const stateTopic = names.outside(names.state(group))
    await cluster.refresh([stateTopic])
    // One that has more, since the group once read a larger topic, keeps them.
    const homes = Math.max(partitions, cluster.topic(stateTopic)?.partitions ?? 0)
    await this.ensureTopics([{ name: names.state(group), partitions: homes, retention: rowsKept }])
    const memberId = random.id()
    const counts = new Map(subscriptions.map(({ topic }) => [topic, this.partitions(topic)]))
    const transactionalId = `${names.outside(group)}.${instanceId ?? memberId}`
    const ofTransactions = this.#options.guarantee === 'exactly-once' ? { transactionalId, transactionTimeoutMs } : {}
    const producer = new Producer({ cluster, clock, ...ofTransactions })
    await producer.open()
    const rows = { topic: stateTopic, partitions: homes, offsets: logOffsets }
    const tables = new StateTables({ cluster, clock, ...rows })
    const member = new KafkaMember({
      cluster,
      clock,
      log,
      options: this.#options,
      names,
      producer: this.#options.guarantee === 'exactly-once' ? producer : new LooseProducer(producer, groupOffsets),
      groupOffsets,
      logOffsets,
      tables,
      batches: {
        codec: compression === 'none' ? undefined : codecs[compression],
        batchBytesMax,
        outside: (topic) => names.outside(topic),
        stateTopic,
        home: (partition) => tables.home(partition),
      },
      group,
      memberId,
      subscriptions,
      partitions: (topic) => counts.get(topic) ?? this.partitions(topic),
      keeps: () => this.#keeps(group),
      listener,
    })
    try {
      await member.join()
    } catch (error) {
      await member.leave()
      throw error
    }
    return member
  }

  /** The topics that only this group reads: those that are called after it. A compacted one is not cut. */
  #keeps(group: string): ReadonlyMap<string, number> {
    const own = [...this.#kept].filter(([topic, { compact }]) => topic.startsWith(`${group}.`) && compact !== true)
    return new Map(own.map(([topic, { timeMs = settledKeptMs }]) => [topic, timeMs]))
  }

  partitions(topic: string): number {
    const known = this.#opened.cluster.topic(this.#names.outside(topic))
    if (known === undefined) throw new MetrobusError('MB_UNKNOWN_TOPIC', { topic, partition: 0 })
    return known.partitions
  }

  async close(): Promise<void> {
    await this.#opened.wire.close()
    this.#open = undefined
  }
}
