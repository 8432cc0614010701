/**
 * What the frames come to: topics, positions of groups, rows. The live state and the one after a restart are made by the same `apply`, frame by
 * frame, so that they cannot differ (I5).
 *
 * Invariants:
 * - S1 State is a function of the frames applied, in order, and of nothing else.
 * - S2 `restore(snapshot())` changes nothing.
 * - S3 Numbers of topics and groups are given once, by catalog frames, and never change.
 */
import type { Acknowledgement } from '../event/unit.ts'
import { frameHeaderBytes, FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import type { JournalRetention, JournalTopicSpec } from './journal.ts'
import { acksOf, blockOf, changesOf, groupOf } from './unit.ts'

/** A topic with its number; offsets by partition. */
export interface TopicState {
  readonly number: number
  readonly name: string
  retention: JournalRetention
  readonly begins: number[]
  readonly ends: number[]
}

/** A group with its number; positions by `place`, rows by store and partition. */
export interface GroupState {
  readonly number: number
  readonly name: string
  readonly positions: Map<number, Acknowledgement>
  readonly stores: Map<string, Map<number, Map<string, string>>>
}

/** Payload of a catalog frame, JSON. */
export interface Catalog {
  readonly topics?: readonly (JournalTopicSpec & { readonly number: number })[]
  readonly groups?: readonly { readonly number: number; readonly name: string }[]
}

/** Payload of a trim frame, JSON: [topic, partition, begin] and bases of segments that are removed. */
export interface Trim {
  readonly begins: readonly (readonly [number, number, number])[]
  readonly removed: readonly number[]
}

/** Payload of a state frame, JSON. `segments` are [base, bytes] of the sealed ones. */
export interface StateSnapshot {
  readonly topics: readonly {
    readonly number: number
    readonly name: string
    readonly retention: JournalRetention
    readonly begins: readonly number[]
    readonly ends: readonly number[]
  }[]
  readonly groups: readonly {
    readonly number: number
    readonly name: string
    readonly positions: readonly (readonly [
      topic: number,
      partition: number,
      watermark: number,
      above: readonly number[],
    ])[]
    readonly rows: readonly (readonly [store: string, partition: number, key: string, value: string])[]
  }[]
  readonly segments: readonly (readonly [base: number, bytes: number])[]
}

/** One number for a topic partition, for maps and for the index. */
export function placeOf(topic: number, partition: number): number {
  return topic * 65_536 + partition
}

const noRows: ReadonlyMap<string, string> = new Map()

export class State {
  readonly topics: Map<string, TopicState> = new Map()
  readonly groups: Map<string, GroupState> = new Map()
  /** Bytes of the sealed segments by base. */
  readonly sealed: Map<number, number> = new Map()
  readonly #topicsByNumber: TopicState[] = []
  readonly #groupsByNumber: GroupState[] = []

  /** Takes one frame. Frames come in order, each once. */
  apply(frame: Frame): void {
    switch (frame.kind) {
      case FrameKind.unit:
        this.#applyUnit(frame)
        return
      case FrameKind.catalog:
        this.#applyCatalog(payloadOf(frame) as Catalog)
        return
      case FrameKind.trim:
        this.#applyTrim(payloadOf(frame) as Trim)
        return
      case FrameKind.state:
        this.restore(payloadOf(frame) as StateSnapshot)
        return
      default:
    }
  }

  topicByNumber(number: number): TopicState | undefined {
    return this.#topicsByNumber[number]
  }

  groupByNumber(number: number): GroupState | undefined {
    return this.#groupsByNumber[number]
  }

  get topicCount(): number {
    return this.#topicsByNumber.length
  }

  get groupCount(): number {
    return this.#groupsByNumber.length
  }

  rows(group: string, store: string, partition: number): ReadonlyMap<string, string> {
    return this.groups.get(group)?.stores.get(store)?.get(partition) ?? noRows
  }

  snapshot(): StateSnapshot {
    return {
      topics: this.#topicsByNumber,
      groups: this.#groupsByNumber.map(({ number, name, positions, stores }) => ({
        number,
        name,
        positions: [...positions].map(([place, ack]) => [
          Math.floor(place / 65_536),
          ack.partition,
          ack.watermark,
          ack.above,
        ]),
        rows: [...stores].flatMap(([store, partitions]) =>
          [...partitions].flatMap(([partition, rows]) =>
            [...rows].map(([key, value]) => [store, partition, key, value] as const),
          ),
        ),
      })),
      segments: [...this.sealed],
    }
  }

  /** Takes a snapshot instead of what there is. */
  restore(snapshot: StateSnapshot): void {
    this.topics.clear()
    this.groups.clear()
    this.sealed.clear()
    this.#topicsByNumber.length = 0
    this.#groupsByNumber.length = 0
    for (const topic of snapshot.topics) this.#addTopic({ ...topic, begins: [...topic.begins], ends: [...topic.ends] })
    for (const { number, name, positions, rows } of snapshot.groups) {
      const group = this.#addGroup(number, name)
      for (const [topic, partition, watermark, above] of positions)
        this.#setPosition(group, topic, partition, watermark, above)
      for (const [store, partition, key, value] of rows) setRow(group, store, partition, key, value)
    }
    for (const [base, bytes] of snapshot.segments) this.sealed.set(base, bytes)
  }

  #applyUnit(frame: Frame): void {
    for (let index = 0; index < frame.blocks; index++) {
      const block = blockOf(frame, index)
      this.#topicsByNumber[block.topic]!.ends[block.partition] = block.last + 1
    }
    const group = this.#groupsByNumber[groupOf(frame)]!
    for (const ack of acksOf(frame)) this.#setPosition(group, ack.topic, ack.partition, ack.watermark, ack.above)
    for (const { store, partition, key, value } of changesOf(frame)) setRow(group, store, partition, key, value)
  }

  #applyCatalog(catalog: Catalog): void {
    for (const { number, name, partitions, retention } of catalog.topics ?? []) {
      const known = this.topics.get(name)
      if (known !== undefined) known.retention = revive(retention)
      else this.#addTopic({ number, name, retention, begins: zeros(partitions), ends: zeros(partitions) })
    }
    for (const { number, name } of catalog.groups ?? []) this.#addGroup(number, name)
  }

  #applyTrim(trim: Trim): void {
    for (const [topic, partition, begin] of trim.begins) this.#topicsByNumber[topic]!.begins[partition] = begin
    for (const base of trim.removed) this.sealed.delete(base)
  }

  #addTopic(topic: TopicState): void {
    topic.retention = revive(topic.retention)
    this.topics.set(topic.name, topic)
    this.#topicsByNumber[topic.number] = topic
  }

  #addGroup(number: number, name: string): GroupState {
    const group: GroupState = { number, name, positions: new Map(), stores: new Map() }
    this.groups.set(name, group)
    this.#groupsByNumber[number] = group
    return group
  }

  #setPosition(group: GroupState, topic: number, partition: number, watermark: number, above: readonly number[]): void {
    group.positions.set(placeOf(topic, partition), {
      topic: this.#topicsByNumber[topic]!.name,
      partition,
      watermark,
      above,
    })
  }
}

/** The JSON of a frame that is not a unit. */
export function payloadOf(frame: Frame): unknown {
  return JSON.parse(frame.buffer.toString('utf8', frame.start + frameHeaderBytes, frame.start + frame.size))
}

/** JSON has no Infinity: it was written as null. */
function revive(retention: JournalRetention): JournalRetention {
  const { compact, timeMs, bytesMax } = retention as {
    readonly [name in keyof JournalRetention]: JournalRetention[name] | null
  }
  return {
    ...(typeof compact === 'boolean' && { compact }),
    ...(timeMs !== undefined && { timeMs: timeMs ?? Infinity }),
    ...(bytesMax !== undefined && { bytesMax: bytesMax ?? Infinity }),
  }
}

function setRow(group: GroupState, store: string, partition: number, key: string, value: string | null): void {
  let partitions = group.stores.get(store)
  if (partitions === undefined) group.stores.set(store, (partitions = new Map()))
  let rows = partitions.get(partition)
  if (rows === undefined) partitions.set(partition, (rows = new Map()))
  if (value === null) rows.delete(key)
  else rows.set(key, value)
}

function zeros(count: number): number[] {
  return Array.from({ length: count }, () => 0)
}
