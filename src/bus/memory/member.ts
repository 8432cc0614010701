import type { Record } from '../../event/record.ts'
/** One member of a group on the memory bus: its readers, and the calls of the port. */
import type { CommitUnit } from '../../event/unit.ts'
import type { Assignment, Member, MemberListener, PollRequest, Settled, Subscription, TopicPartition } from '../bus.ts'
import { Reader } from '../reader.ts'
import type { MemoryGroup } from './group.ts'
import { placeOf } from './group.ts'
import type { MemoryLog } from './memory-log.ts'
import type { MemoryPartition } from './topic.ts'

interface Owned {
  readonly reader: Reader
  readonly partition: MemoryPartition
}

export class MemoryMember implements Member {
  readonly group: MemoryGroup
  readonly subscriptions: readonly Subscription[]
  readonly listener: MemberListener
  /** Units of this epoch and of older ones are refused; -1 while none was. */
  refusedEpoch = -1
  readonly #log: MemoryLog
  readonly #owned = new Map<string, Owned>()

  constructor(log: MemoryLog, group: MemoryGroup, subscriptions: readonly Subscription[], listener: MemberListener) {
    this.#log = log
    this.group = group
    this.subscriptions = subscriptions
    this.listener = listener
  }

  reads(topic: string): boolean {
    return this.subscriptions.some((subscription) => subscription.topic === topic)
  }

  owns(topic: string, partition: number): boolean {
    return this.#owned.has(placeOf(topic, partition))
  }

  get owned(): readonly TopicPartition[] {
    return [...this.#owned.values()].map(({ reader: { topic, partition } }) => ({ topic, partition }))
  }

  assign(assignments: readonly Assignment[]): void {
    if (assignments.length === 0) return
    const given = assignments.map((assignment) => {
      const owned = {
        reader: new Reader(assignment, this.listener),
        partition: this.#log.partition(assignment.topic, assignment.partition),
      }
      this.#owned.set(placeOf(assignment.topic, assignment.partition), owned)
      owned.partition.readers.add(owned.reader)
      return owned
    })
    this.listener.assigned(assignments)
    for (const { reader, partition } of given) reader.tell(partition.synced)
  }

  revoke(lost: readonly TopicPartition[]): void {
    if (lost.length === 0) return
    for (const { topic, partition } of lost) {
      const owned = this.#owned.get(placeOf(topic, partition))
      this.#owned.delete(placeOf(topic, partition))
      owned?.partition.readers.delete(owned.reader)
    }
    this.listener.revoked(lost)
  }

  poll(topic: string, partition: number, request: PollRequest): readonly Record[] {
    const owned = this.#owned.get(placeOf(topic, partition))
    if (owned === undefined) return none
    const { reader } = owned
    reader.isAhead = request.ahead && this.#log.options.runAhead
    const records = this.#take(owned, request.recordsMax)
    reader.polled(records.length < request.recordsMax)
    return this.#log.options.handOver === 'bytes' ? records.map((record) => this.#log.copyOf(record)) : records
  }

  #take({ reader, partition }: Owned, recordsMax: number): readonly Record[] {
    const end = reader.isAhead ? partition.end : partition.synced
    let records: readonly Record[] = none
    reader.moveTo(Math.max(reader.position, partition.begin))
    while (records.length < recordsMax && reader.position < end) {
      const to = Math.min(reader.runEnd(end), reader.position + recordsMax - records.length)
      const run = partition.slice(reader.position, to)
      records = records.length === 0 ? run : [...records, ...run]
      reader.moveTo(to)
    }
    return records
  }

  rewind(topic: string, partition: number, offset: number): void {
    const owned = this.#owned.get(placeOf(topic, partition))
    if (owned === undefined) return
    owned.reader.rewind(offset)
    owned.reader.tell(owned.reader.isAhead ? owned.partition.end : owned.partition.synced)
  }

  settle(unit: CommitUnit): Promise<Settled> {
    return this.#log.settle(this, unit)
  }

  load(store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(this.group.rows(store, partition)))
  }

  leave(): Promise<void> {
    return this.#log.leave(this)
  }
}

const none: readonly Record[] = Object.freeze([])
