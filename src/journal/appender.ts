/**
 * Makes frames of what is appended, and keeps the state, the index and the segment table in step with them.
 *
 * Invariants:
 * - A1 A call that throws has changed nothing.
 * - A2 `end` is the position behind the last frame; the next one goes there.
 * - A3 A segment begins with a state frame; a frame belongs to one segment.
 * - A4 Append times never go back, whatever the wall clock does.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import type { CommitUnit, StateChange } from '../event/unit.ts'
import type { Clock, Platform } from '../internal/platform/platform.ts'
import type { FramePlace } from './entry.ts'
import { FrameKind } from './frame.ts'
import type { Frame } from './frame.ts'
import type { JournalTopicSpec } from './journal.ts'
import { Pending } from './pending.ts'
import { encodeSegmentHeader, segmentHeaderBytes } from './segment-file.ts'
import type { Segments } from './segments.ts'
import { placeOf } from './state.ts'
import type { Catalog, GroupState, State, TopicState, Trim } from './state.ts'
import { encodeUnit } from './unit.ts'
import type { NumberedAck, NumberedOutput } from './unit.ts'

/** A unit may be so large; a frame is checked and read as a whole. */
export const unitBytesMax: number = 16 * 1024 * 1024

/** How many topics, partitions of one, groups, and outputs or acknowledgements of a unit there may be: the format has 16 bits for them. */
const countMax = 65_535

/** Entries that the next open may have to read again after a close, in bytes. */
const reopenBytesMax = 4 * 1024 * 1024

/** Where the log stands: number, checksum and time of the last frame. */
export interface Tail {
  sequence: number
  crc: number
  time: number
}

export class Appender {
  readonly pending: Pending
  readonly state: State
  readonly segments: Segments
  /** What is known synced, for the witness in each frame. */
  synced = 0
  /** Kind of the last frame: after a seal there is nothing to seal. */
  lastKind = 0
  #end: number
  #headBytes = 0
  readonly #tail: Tail
  readonly #clock: Clock
  readonly #segmentBytesMax: number

  constructor(
    state: State,
    segments: Segments,
    tail: Tail,
    { clock, disk }: Pick<Platform, 'clock' | 'disk'>,
    segmentBytesMax: number,
  ) {
    this.pending = new Pending((bytes) => disk.buffer(bytes))
    this.state = state
    this.segments = segments
    this.#tail = tail
    this.#clock = clock
    this.#segmentBytesMax = segmentBytesMax
    const active = segments.list.at(-1)
    this.#end = active === undefined ? 0 : active.base + active.bytes
    if (active === undefined) this.#beginSegment()
  }

  get end(): number {
    return this.#end
  }

  append(groupName: string, unit: CommitUnit): number {
    if (unit.outputs.length > countMax || unit.acknowledgements.length > countMax)
      throw new MetrobusError('MB_BAD_OPTIONS', {
        what: 'A commit unit',
        faults: [`it has more than ${countMax} outputs or acknowledgements`],
      })
    const outputs = this.#resolveOutputs(unit)
    const acks = this.#resolveAcks(groupName, unit)
    const group = this.#group(groupName)
    const place = this.#open()
    const time = this.#now()
    try {
      encodeUnit(this.pending, group.number, outputs, acks, unit.changes, place, time)
      if (this.pending.size > unitBytesMax)
        throw new MetrobusError('MB_UNIT_TOO_LARGE', { bytes: this.pending.size, bytesMax: unitBytesMax })
    } catch (error) {
      for (const { output } of outputs) for (const record of output.records) record.home = undefined
      throw error
    }
    this.#finish(FrameKind.unit, outputs.length, time)
    for (const { output, first } of outputs) appended(output.records, first, time)
    return this.#end
  }

  /** Moves positions of a group, and changes rows with them; `acks` are checked by the caller. */
  seek(groupName: string, acks: readonly NumberedAck[], changes: readonly StateChange[]): number {
    const group = this.#group(groupName)
    const place = this.#open()
    const time = this.#now()
    encodeUnit(this.pending, group.number, [], acks, changes, place, time)
    this.#finish(FrameKind.unit, 0, time)
    return this.#end
  }

  createTopics(specs: readonly JournalTopicSpec[]): number {
    mustFit(specs, this.state.topicCount)
    const topics: (JournalTopicSpec & { number: number })[] = []
    for (const spec of specs) {
      const known = this.state.topics.get(spec.name)
      if (known !== undefined && known.ends.length !== spec.partitions)
        throw new MetrobusError('MB_TOPIC_MISMATCH', {
          topic: spec.name,
          partitions: known.ends.length,
          wanted: spec.partitions,
        })
      if (known === undefined || !sameRetention(known, spec))
        topics.push({ ...spec, number: known?.number ?? this.state.topicCount + topics.length })
    }
    if (topics.length > 0) this.#appendJson(FrameKind.catalog, { topics } satisfies Catalog)
    return this.#end
  }

  trim(trim: Trim): number {
    this.#appendJson(FrameKind.trim, trim)
    return this.#end
  }

  /** Adds a frame that only says what is durable. */
  seal(): number {
    this.#open()
    this.#finish(FrameKind.seal, 0, this.#now())
    return this.#end
  }

  /** Before a close: begins another segment, with space for one, when the next open would have much to read again. A sealed one has its index on the disk. */
  sealForGood(hasSpace: boolean): void {
    let bytes = 0
    for (const contents of this.segments.active.contents.values()) bytes += contents.bytes
    if (hasSpace && bytes > reopenBytesMax) this.#beginSegment()
    if (this.lastKind !== FrameKind.seal) this.seal()
  }

  /** Adds a frame whose payload `encode` writes into `pending`; answers how many lines its directory has. For moved entries. */
  moved(encode: (pending: Pending) => number): number {
    this.#open()
    const blocks = encode(this.pending)
    this.#finish(FrameKind.moved, blocks, this.#now())
    return this.#end
  }

  /** The topic partition, or MB_UNKNOWN_TOPIC. */
  topic(name: string, partition: number): TopicState {
    const topic = this.state.topics.get(name)
    if (topic === undefined || topic.ends[partition] === undefined)
      throw new MetrobusError('MB_UNKNOWN_TOPIC', { topic: name, partition })
    return topic
  }

  #resolveOutputs(unit: CommitUnit): readonly NumberedOutput[] {
    const outputs: NumberedOutput[] = []
    // A unit may hold several outputs for one partition: each begins where the one before ended.
    const ends = new Map<number, number>()
    for (const output of unit.outputs) {
      const topic = this.topic(output.topic, output.partition)
      if (output.records.length === 0) continue
      const place = placeOf(topic.number, output.partition)
      const first = ends.get(place) ?? topic.ends[output.partition]!
      ends.set(place, first + output.records.length)
      outputs.push({ topic: topic.number, output, first })
    }
    return outputs
  }

  #resolveAcks(groupName: string, unit: CommitUnit): readonly NumberedAck[] {
    const positions = this.state.groups.get(groupName)?.positions
    return unit.acknowledgements.map(({ topic: name, partition, watermark, above }) => {
      const topic = this.topic(name, partition)
      const from = positions?.get(placeOf(topic.number, partition))?.watermark ?? 0
      const highest = above.at(-1) ?? watermark
      const end = topic.ends[partition]!
      if (watermark < from || highest > end)
        throw new MetrobusError('MB_POSITION_WENT_BACK', {
          group: groupName,
          topic: name,
          partition,
          from,
          to: watermark < from ? watermark : highest,
        })
      return { topic: topic.number, partition, watermark, above }
    })
  }

  #group(name: string): GroupState {
    const known = this.state.groups.get(name)
    if (known !== undefined) return known
    this.#appendJson(FrameKind.catalog, { groups: [{ number: this.state.groupCount, name }] } satisfies Catalog)
    return this.state.groups.get(name)!
  }

  #appendJson(kind: number, payload: unknown): void {
    this.#open()
    this.#writeJson(payload)
    this.#finish(kind, 0, this.#now())
  }

  #writeJson(payload: unknown): void {
    const text = JSON.stringify(payload)
    const { pending } = this
    pending.need(text.length * 3)
    pending.at += pending.buffer.write(text, pending.at)
  }

  /** Begins a frame, in a new segment when this one is full. */
  #open(): FramePlace {
    const { active } = this.segments
    // As much behind the state at its head as the state takes, at least: however large that grows, it is at most half of what is written.
    if (active.bytes - this.#headBytes >= Math.max(this.#segmentBytesMax, this.#headBytes)) this.#beginSegment()
    this.pending.begin(this.segments.active.bytes)
    return { owner: this, segment: this.segments.active.base, frame: this.segments.active.bytes }
  }

  #finish(kind: number, blocks: number, time: number): void {
    const { pending, segments } = this
    const segment = segments.active
    const { size, frameStart: start, buffer } = pending
    const fields = {
      kind,
      flags: 0,
      blocks,
      position: this.#end,
      sequence: this.#tail.sequence + 1,
      time,
      durable: this.synced,
      chain: this.#tail.crc,
    }
    const crc = pending.finish(fields, segment.base, segment.bytes)
    const frame: Frame = { ...fields, crc, size, buffer, start }
    // A state frame says what is already so.
    if (kind !== FrameKind.state) this.state.apply(frame)
    segment.live!.add(frame, segment.bytes)
    segment.bytes += size
    this.#end += size
    this.#tail.sequence = fields.sequence
    this.#tail.crc = crc
    this.#tail.time = time
    this.lastKind = kind
  }

  #beginSegment(): void {
    const full = this.segments.list.at(-1)
    if (full !== undefined) this.state.sealed.set(full.base, full.bytes)
    const segment = this.segments.begin(this.#end)
    const time = this.#now()
    const header = encodeSegmentHeader({
      base: segment.base,
      created: time,
      sequence: this.#tail.sequence + 1,
      chain: this.#tail.crc,
    })
    this.pending.raw(header, segment.base, 0)
    segment.bytes = segmentHeaderBytes
    this.#end += segmentHeaderBytes
    this.pending.begin(segment.bytes)
    this.#writeJson(this.state.snapshot())
    this.#finish(FrameKind.state, 0, time)
    this.#headBytes = segment.bytes
  }

  #now(): number {
    return Math.max(this.#clock.now(), this.#tail.time)
  }
}

/** The records are in the log now: what was only needed to get there is let go. */
function appended(records: readonly Record[], first: number, time: number): void {
  for (let index = 0; index < records.length; index++) {
    const record = records[index]!
    record.offset = first + index
    record.appendedAt = time
    record.unchangedFrom = undefined
  }
}

/** Numbers of topics and partitions have 16 bits in the format. */
function mustFit(specs: readonly JournalTopicSpec[], known: number): void {
  const faults = specs
    .filter(({ partitions }) => !(Number.isInteger(partitions) && partitions >= 1 && partitions <= countMax))
    .map(({ name, partitions }) => `"${name}" must have 1 to ${countMax} partitions, not ${partitions}`)
  if (known + specs.length > countMax) faults.push(`there are more than ${countMax} topics`)
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'A topic', faults })
}

function sameRetention(topic: TopicState, spec: JournalTopicSpec): boolean {
  const { retention } = topic
  return (
    retention.compact === spec.retention.compact &&
    retention.timeMs === spec.retention.timeMs &&
    retention.bytesMax === spec.retention.bytesMax
  )
}
