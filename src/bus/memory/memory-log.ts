/**
 * What the members of a memory bus share: topics, groups, and the queue of units on their way.
 *
 * Invariants:
 * - M1 Units end in the order of the calls. One that was answered `unknown` and did not happen holds all that come behind it until it is settled again.
 * - M2 A refused unit never was visible, and refuses what its member handed over before it heard of it (`CommitUnit.epoch`).
 * - M3 A unit that a member settles again after `unknown` is known by its identity, so that it happens once.
 */
import { MetrobusError } from '../../errors/index.ts'
import { Record } from '../../event/record.ts'
import type { Acknowledgement, CommitUnit } from '../../event/unit.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import type { MemberListener, Settled, Subscription, TopicPartition, TopicSpec } from '../bus.ts'
import { faultsOfUnit } from '../unit-check.ts'
import { MemoryGroup, placeOf } from './group.ts'
import { MemoryMember } from './member.ts'
import type { ResolvedMemoryOptions, SettlePlan } from './options.ts'
import { MemoryTopic } from './topic.ts'
import type { MemoryPartition } from './topic.ts'

/** A unit on its way. */
interface Pending {
  readonly member: MemoryMember
  readonly unit: CommitUnit
  plan: SettlePlan
  due: number
  isApplied: boolean
  isRefused: boolean
  /** Answered `unknown` without having happened: waits to be settled again. */
  isStalled: boolean
  answer: (settled: Settled) => void
  fail: (error: unknown) => void
}

export class MemoryLog {
  readonly options: ResolvedMemoryOptions
  readonly topics: Map<string, MemoryTopic> = new Map()
  readonly groups: Map<string, MemoryGroup> = new Map()
  readonly #platform: Platform
  #queue: Pending[] = []
  readonly #happened = new WeakSet<CommitUnit>()
  readonly #order = new WeakMap<Record, number>()
  #calls = 0
  #appended = 0
  #isDraining = false
  #records = 0
  #isPressed = false
  #idle: (() => void)[] = []

  constructor(options: ResolvedMemoryOptions, platform: Platform) {
    this.options = options
    this.#platform = platform
  }

  ensure(specs: readonly TopicSpec[]): void {
    for (const { name, partitions } of specs) {
      const existing = this.topics.get(name)?.partitions.length
      if (existing !== undefined && partitions !== undefined && partitions !== existing)
        throw new MetrobusError('MB_TOPIC_MISMATCH', { topic: name, partitions: existing, wanted: partitions })
    }
    for (const { name, partitions, retention } of specs)
      if (!this.topics.has(name))
        this.topics.set(name, new MemoryTopic(name, partitions ?? this.options.partitions, retention ?? {}))
  }

  topic(name: string): MemoryTopic {
    const topic = this.topics.get(name)
    if (topic === undefined) throw new MetrobusError('MB_UNKNOWN_TOPIC', { topic: name, partition: 0 })
    return topic
  }

  partition(topic: string, partition: number): MemoryPartition {
    const found = this.topic(topic).partitions[partition]
    if (found === undefined) throw new MetrobusError('MB_UNKNOWN_TOPIC', { topic, partition })
    return found
  }

  group(name: string): MemoryGroup {
    let group = this.groups.get(name)
    if (group === undefined) this.groups.set(name, (group = new MemoryGroup(name)))
    return group
  }

  async join(name: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<MemoryMember> {
    for (const { topic } of subscriptions) this.topic(topic)
    const group = this.group(name)
    const member = new MemoryMember(this, group, subscriptions, listener)
    group.members.push(member)
    if (this.#isPressed) listener.pressed(true, pressedReason)
    await this.#share(group)
    return member
  }

  async leave(member: MemoryMember): Promise<void> {
    this.#giveUpStalled(member)
    await this.drained()
    const { members } = member.group
    const place = members.indexOf(member)
    if (place < 0) return
    members.splice(place, 1)
    this.#revoke(member, member.owned)
    await this.#share(member.group)
  }

  /** Resolves when nothing is on its way. */
  drained(): Promise<void> {
    return this.#queue.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Takes from each member what is another's now; gives it on when every unit on its way has ended (G1). */
  async #share(group: MemoryGroup): Promise<void> {
    for (const member of group.members) {
      const share = this.#shareOf(member)
      this.#revoke(
        member,
        member.owned.filter(
          ({ topic, partition }) => !share.some((kept) => kept.topic === topic && kept.partition === partition),
        ),
      )
    }
    await this.drained()
    for (const member of group.members) {
      const gained = this.#shareOf(member).filter(({ topic, partition }) => !member.owns(topic, partition))
      member.assign(gained.map((place) => this.#assignment(member, place)))
    }
  }

  #shareOf(member: MemoryMember): TopicPartition[] {
    return member.group.shareOf(member, (topic) => this.topic(topic).partitions.length)
  }

  #assignment(member: MemoryMember, { topic, partition }: TopicPartition) {
    const { group } = member
    const place = placeOf(topic, partition)
    let position = group.committed.get(place)
    if (position === undefined) {
      const { begin, synced } = this.partition(topic, partition)
      const isNow = member.subscriptions.some(
        (subscription) => subscription.topic === topic && subscription.from === 'now',
      )
      position = { topic, partition, watermark: isNow ? synced : begin, above: [] }
      group.committed.set(place, position)
      group.applied.set(place, position)
    }
    return { ...position, generation: group.nextGeneration(place) }
  }

  #revoke(member: MemoryMember, lost: readonly TopicPartition[]): void {
    this.#giveUpStalled(member, (mark) =>
      lost.some(({ topic, partition }) => mark.topic === topic && mark.partition === partition),
    )
    member.revoke(lost)
  }

  /** A unit that waits to be settled again is not waited for when its partitions go to another, or its member leaves: what is visible of it stays, else it is forgotten. */
  #giveUpStalled(member: MemoryMember, isLost?: (mark: Acknowledgement) => boolean): void {
    for (
      let head = this.#queue[0];
      head !== undefined && head.isStalled && head.member === member;
      head = this.#queue[0]
    ) {
      if (isLost !== undefined && !head.unit.acknowledgements.some(isLost)) return
      this.#queue.shift()
      this.#commit(head)
    }
    this.#schedule()
  }

  settle(member: MemoryMember, unit: CommitUnit): Promise<Settled> {
    const faults = faultsOfUnit(unit, this.options.recordBytesMax)
    for (const { topic, partition } of unit.outputs)
      if (this.topics.get(topic)?.partitions[partition] === undefined)
        faults.push(`there is no ${placeOf(topic, partition)}`)
    if (faults.length > 0) return Promise.reject(new MetrobusError('MB_BUS_MISUSE', { bus: 'memory', faults }))
    const plan = this.options.plan({ group: member.group.name, unit, call: ++this.#calls }) ?? {}
    return new Promise((answer, fail) => {
      const due = this.#platform.clock.monotonic() + (plan.delay ?? this.options.settleDelay)
      const stalled = this.#queue[0]
      if (stalled !== undefined && stalled.isStalled && stalled.unit === unit && stalled.member === member) {
        Object.assign(stalled, { plan, due, isStalled: false, answer, fail })
      } else {
        const pending: Pending = {
          member,
          unit,
          plan,
          due,
          isApplied: false,
          isRefused: false,
          isStalled: false,
          answer,
          fail,
        }
        // What has happened behind an `unknown` cannot be refused any more.
        const mayRefuse = !this.#happened.has(unit)
        pending.isRefused = mayRefuse && ((unit.epoch ?? Infinity) <= member.refusedEpoch || plan.answer === 'refused')
        this.#queue.push(pending)
        this.#refuse(pending)
        if (this.options.runAhead) {
          this.#judge(pending)
          if (!pending.isRefused) this.#apply(pending)
        }
      }
      this.#schedule()
    })
  }

  #schedule(): void {
    const head = this.#queue[0]
    if (head === undefined) {
      const idle = this.#idle
      this.#idle = []
      for (const resolve of idle) resolve()
      return
    }
    if (this.#isDraining || head.isStalled) return
    this.#isDraining = true
    const wait = head.due - this.#platform.clock.monotonic()
    const drain = (): void => {
      this.#isDraining = false
      this.#drain()
    }
    if (wait > 0) this.#platform.clock.timer(wait, drain)
    else queueMicrotask(drain)
  }

  #drain(): void {
    const now = this.#platform.clock.monotonic()
    for (let head = this.#queue[0]; head !== undefined && !head.isStalled && head.due <= now; head = this.#queue[0])
      this.#end(head)
    this.#schedule()
  }

  #end(head: Pending): void {
    const { plan } = head
    if (plan.failure !== undefined) return this.#failAll(plan.failure)
    this.#judge(head)
    if (head.isRefused) {
      this.#queue.shift()
      head.answer('refused')
    } else if (plan.answer === 'unknown' && plan.happened === false) {
      head.isStalled = true
      head.answer('unknown')
    } else {
      this.#apply(head)
      this.#queue.shift()
      this.#commit(head)
      if (plan.answer === 'unknown') this.#happened.add(head.unit)
      head.answer(plan.answer ?? 'committed')
    }
  }

  /** Remembers a refusal: what its member hands over before it has heard of it may be built on it (M2). */
  #refuse(refused: Pending): void {
    const { isRefused, member, unit } = refused
    if (!isRefused || unit.epoch === undefined) return
    member.refusedEpoch = Math.max(member.refusedEpoch, unit.epoch)
    for (const behind of this.#queue.slice(this.#queue.indexOf(refused) + 1))
      if (behind.member === member && !this.#happened.has(behind.unit) && (behind.unit.epoch ?? Infinity) <= unit.epoch)
        behind.isRefused = true
  }

  /** Refuses a unit when its member is not the owner any more. */
  #judge(pending: Pending): void {
    const { member, unit, isApplied, isRefused } = pending
    if (isApplied || isRefused || this.#happened.has(unit)) return
    pending.isRefused = unit.acknowledgements.some(({ topic, partition }) => !member.owns(topic, partition))
    this.#refuse(pending)
  }

  /** Makes the unit readable ahead and moves its group. */
  #apply(pending: Pending): void {
    const { member, unit } = pending
    if (pending.isApplied || this.#happened.has(unit)) return
    pending.isApplied = true
    const now = this.#platform.clock.now()
    for (const { topic, partition, records } of unit.outputs) {
      const log = this.partition(topic, partition)
      for (const record of records) {
        record.offset = log.end
        record.appendedAt = now
        const kept = this.options.handOver === 'bytes' ? this.copyOf(record) : record
        this.#order.set(kept, ++this.#appended)
        log.append(kept)
        record.unchangedFrom = undefined
      }
      this.#records += records.length
    }
    for (const mark of unit.acknowledgements) member.group.applied.set(placeOf(mark.topic, mark.partition), mark)
    for (const { topic, partition } of unit.outputs) {
      const { readers, end } = this.partition(topic, partition)
      for (const reader of readers) if (reader.isAhead) reader.tell(end)
    }
  }

  #commit({ member, unit, isApplied }: Pending): void {
    if (!isApplied) return
    for (const mark of unit.acknowledgements) member.group.committed.set(placeOf(mark.topic, mark.partition), mark)
    for (const change of unit.changes) member.group.change(change)
    for (const { topic, partition, records } of unit.outputs) {
      const log = this.partition(topic, partition)
      log.synced += records.length
      for (const reader of log.readers) reader.tell(log.synced)
    }
    this.#press()
  }

  #failAll(error: unknown): void {
    const queue = this.#queue
    this.#queue = []
    for (const { fail } of queue) fail(error)
    for (const { members } of this.groups.values()) for (const { listener } of members) listener.failed(error)
    this.#schedule()
  }

  /** Keeps the number of records within its bound (I9): what every group has settled goes first, and then entries wait. */
  #press(): void {
    if (this.#records > this.options.recordsMax) this.#trim()
    const isPressed = this.#records > this.options.recordsMax
    if (isPressed === this.#isPressed) return
    this.#isPressed = isPressed
    for (const { members } of this.groups.values())
      for (const { listener } of members) listener.pressed(isPressed, isPressed ? pressedReason : '')
  }

  #trim(): void {
    for (const topic of this.topics.values())
      for (const log of topic.partitions) {
        const place = placeOf(topic.name, log.partition)
        const marks = [...this.groups.values()]
          .map((group) => group.committed.get(place)?.watermark)
          .filter((mark) => mark !== undefined)
        if (marks.length > 0) this.#records -= log.trim(Math.min(...marks))
      }
  }

  /** Committed records of a partition from `offset`, as they are kept. */
  read(topic: string, partition: number, offset: number): readonly Record[] {
    const log = this.partition(topic, partition)
    return log.slice(Math.max(offset, log.begin), log.synced)
  }

  /** When a kept record was appended, counted over all topics. */
  orderOf(record: Record): number {
    return this.#order.get(record) ?? 0
  }

  /** What a network would hand over: the same record, its data as text. */
  copyOf(record: Record): Record {
    const copy = new Record(record, undefined, record.text ?? JSON.stringify(record.data))
    copy.offset = record.offset
    copy.appendedAt = record.appendedAt
    return copy
  }
}

const pressedReason = 'more records are kept than recordsMax allows, and not every group has settled them'
