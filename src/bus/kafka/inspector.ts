/** What operators see of a cluster: only what is committed, of the topics and groups under the prefix. */
import { MetrobusError } from '../../errors/index.ts'
import type { Record } from '../../event/record.ts'
import type { Acknowledgement } from '../../event/unit.ts'
import type { Clock } from '../../internal/platform/platform.ts'
import type { BusInspector, TopicInfo, TopicPartition } from '../bus.ts'
import type { Cluster } from './driver/cluster.ts'
import { refusal } from './driver/cluster.ts'
import { allOffsets, allTopics, listGroups } from './driver/codec/inspection.ts'
import { codes } from './driver/codes.ts'
import type { GroupOffsets } from './driver/group-offsets.ts'
import type { LogOffsets } from './driver/log-offsets.ts'
import { readRecord } from './foreign-record.ts'
import type { ForeignMapping } from './foreign-record.ts'
import { lookingMs, patiently, refreshed, scan } from './log-scan.ts'
import type { Names } from './names.ts'
import { decodeAbove, encodeText } from './positions.ts'
import { aboveOf, aboveStore } from './settler.ts'
import { StateTables } from './state-tables.ts'
import { unreadable } from './unreadable-record.ts'
import { VisibleEnds } from './visible-ends.ts'

export interface KafkaInspectorOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly groupOffsets: GroupOffsets
  readonly logOffsets: LogOffsets
  readonly names: Names
  readonly mappings: Readonly<{ [topic: string]: ForeignMapping }>
}

/** Those that have positions. */
const groupTypes = ['classic', 'consumer']

/** A topic as the cluster and as an app calls it. */
interface Listed {
  readonly outside: string
  readonly topic: string
  readonly partitions: number
}

export class KafkaInspector implements BusInspector {
  readonly #options: KafkaInspectorOptions
  readonly #ends: VisibleEnds

  constructor(options: KafkaInspectorOptions) {
    this.#options = options
    this.#ends = new VisibleEnds(options)
  }

  async topics(isWanted: (topic: string) => boolean = () => true): Promise<readonly TopicInfo[]> {
    const { names } = this.#options
    const listed = (await this.#listed()).filter(({ topic }) => !names.isState(topic) && isWanted(topic))
    const outside = listed.map((one) => one.outside)
    await refreshed(this.#options, outside)
    const bounds = await this.#ends.of(listed)
    // Kafka's own tools tell of its settings and its size.
    return listed.map(({ outside, topic }) => ({ topic, partitions: bounds.get(outside)!, retention: {}, bytes: 0 }))
  }

  async groups(
    isWanted: (group: string) => boolean = () => true,
  ): Promise<readonly { readonly group: string; readonly positions: readonly Acknowledgement[] }[]> {
    const { cluster, clock, names } = this.#options
    // Those that live now: a broker that is gone has handed its groups to others.
    const listed = await patiently(clock, async () => {
      await cluster.refresh([])
      const { brokers } = await cluster.requestAny(allTopics, undefined)
      return Promise.all(brokers.map(({ node }) => cluster.request(node, listGroups, [[], groupTypes])))
    })
    const groups = new Set(
      listed.flatMap((answer) => answer.groups.flatMap(({ groupId }) => names.inside(groupId) ?? [])),
    )
    return Promise.all(
      [...groups]
        .filter(isWanted)
        .toSorted()
        .map(async (group) => ({ group, positions: await patiently(clock, () => this.#positions(group)) })),
    )
  }

  async read(topic: string, partition: number, offset: number, recordsMax: number): Promise<readonly Record[]> {
    const outside = this.#options.names.outside(topic)
    const [begin, until] = await this.#span(outside, partition)
    const records: Record[] = []
    if (recordsMax === 0) return records
    await scan(this.#options, [{ topic: outside, partition, from: Math.max(offset, begin), until }], (cursor) => {
      if (cursor.offset < offset) return true
      records.push(this.#recordAt(cursor, topic, partition))
      return records.length < recordsMax
    })
    return records
  }

  async offsetAt(topic: string, partition: number, timeMs: number): Promise<number> {
    const { names, logOffsets } = this.#options
    const [offset] = await logOffsets.at(names.outside(topic), [partition], Math.max(0, timeMs), lookingMs)
    return offset!
  }

  /** Reads every topic from its beginning: a cluster has no index of rides. */
  async ride(
    ride: string,
  ): Promise<readonly { readonly topic: string; readonly partition: number; readonly record: Record }[]> {
    const { names } = this.#options
    const found: { readonly topic: string; readonly partition: number; readonly record: Record }[] = []
    const listed = (await this.#listed()).filter(({ topic }) => !names.isState(topic))
    const parts = await Promise.all(
      listed.map(async ({ outside, partitions }) =>
        (await this.#bounds(outside, partitions)).map(({ begin, end }, partition) => ({
          topic: outside,
          partition,
          from: begin,
          until: end,
        })),
      ),
    )
    await scan(this.#options, parts.flat(), (cursor, outside, partition) => {
      const topic = names.inside(outside)!
      const record = this.#recordAt(cursor, topic, partition)
      if (record.ride === ride) found.push({ topic, partition, record })
    })
    return found.toSorted(
      ({ topic, partition, record }, other) =>
        record.appendedAt - other.record.appendedAt ||
        record.hop - other.record.hop ||
        (topic < other.topic ? -1 : topic > other.topic ? 1 : 0) ||
        partition - other.partition ||
        record.offset - other.record.offset,
    )
  }

  async seek(group: string, { topic, partition, offset }: TopicPartition & { readonly offset: number }): Promise<void> {
    const { names, groupOffsets } = this.#options
    const outside = names.outside(topic)
    const [begin, end] = await this.#span(outside, partition)
    const nobody = { group: names.outside(group), memberId: '', memberEpoch: -1, instanceId: null }
    const position = {
      topic: outside,
      partition,
      offset: Math.min(Math.max(offset, begin), end),
      leaderEpoch: -1,
      metadata: encodeText('seek', ''),
    }
    const committed = await groupOffsets.commit(nobody, [position], lookingMs)
    if (committed === 'stale') throw new MetrobusError('MB_GROUP_IN_USE', { group })
  }

  async rows(group: string, store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    const tables = await this.#tables(group)
    return tables === undefined ? new Map() : tables.load(store, partition)
  }

  async #positions(group: string): Promise<Acknowledgement[]> {
    const { cluster, names } = this.#options
    const outside = names.outside(group)
    const node = await cluster.coordinator('group', outside)
    const { errorCode, partitions } = await cluster.request(node, allOffsets, outside)
    const code = [errorCode, ...partitions.map((one) => one.errorCode)].find((one) => one !== codes.NONE)
    if (code !== undefined) {
      cluster.forget('group', outside)
      throw refusal(allOffsets.name, code, `the group "${outside}"`)
    }
    const positions: Acknowledgement[] = []
    for (const { topic: name, partition, offset, metadata } of partitions) {
      const topic = names.inside(name)
      if (topic === undefined || offset < 0) continue
      const row = await this.#rowElsewhere(group, topic, partition, metadata)
      const above = decodeAbove(
        offset,
        aboveOf(metadata, () => row),
      )
      positions.push({ topic, partition, watermark: offset, above })
    }
    return positions
  }

  async #rowElsewhere(group: string, topic: string, partition: number, text: string): Promise<string | undefined> {
    return text.endsWith(' *') ? (await this.rows(group, aboveStore, partition)).get(topic) : undefined
  }

  async #tables(group: string): Promise<StateTables | undefined> {
    const { cluster, names, clock, logOffsets: offsets } = this.#options
    const topic = names.outside(names.state(group))
    await refreshed(this.#options, [topic])
    const partitions = cluster.topic(topic)?.partitions
    return partitions === undefined ? undefined : new StateTables({ cluster, clock, offsets, topic, partitions })
  }

  async #listed(): Promise<Listed[]> {
    const { cluster, clock, names } = this.#options
    const { topics } = await patiently(clock, () => cluster.requestAny(allTopics, undefined))
    return topics
      .filter(({ errorCode }) => errorCode === codes.NONE)
      .flatMap(({ name, partitions }) => {
        const topic = names.inside(name)
        return topic === undefined ? [] : [{ outside: name, topic, partitions: partitions.length }]
      })
      .toSorted((one, other) => (one.topic < other.topic ? -1 : 1))
  }

  async #bounds(outside: string, partitions: number) {
    const { logOffsets } = this.#options
    const numbers = Array.from({ length: partitions }, (_, partition) => partition)
    await refreshed(this.#options, [outside])
    const [begins, ends] = await Promise.all([
      logOffsets.at(outside, numbers, 'beginning', lookingMs),
      logOffsets.at(outside, numbers, 'written', lookingMs),
    ])
    return numbers.map((partition) => ({ begin: begins[partition]!, end: ends[partition]! }))
  }

  /** What is acknowledged is read, also where the end of its transaction has not come to the leader yet: what was committed before the call is seen. */
  async #span(outside: string, partition: number): Promise<[begin: number, until: number]> {
    const { logOffsets } = this.#options
    await refreshed(this.#options, [outside])
    const [[begin], [until]] = await Promise.all([
      logOffsets.at(outside, [partition], 'beginning', lookingMs),
      logOffsets.at(outside, [partition], 'written', lookingMs),
    ])
    return [begin!, until!]
  }

  #recordAt(cursor: Parameters<typeof readRecord>[0], topic: string, partition: number): Record {
    try {
      return readRecord(cursor, topic, partition, this.#options.mappings[topic])
    } catch (error) {
      if (!(error instanceof MetrobusError) || error.family !== 'park') throw error
      return unreadable(cursor, topic, partition, error)
    }
  }
}
