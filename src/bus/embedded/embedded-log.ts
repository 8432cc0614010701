/**
 * What the members of an embedded bus share: the journal, the partitions, and the units on their way to the disk.
 *
 * Invariants:
 * - E1 Units are appended and end in the order of the calls.
 * - E2 A unit for which the journal has no room is held, with all that come behind it, until it has: what a handler did is not done again, and no unit is void
 *   that was not built on a refused one. Who brings in events is asked to wait long before (`pressed`).
 * - E3 Readers without run-ahead hear of records only when they are durable.
 */
import { MetrobusError, isMetrobusError } from '../../errors/index.ts'
import type { Acknowledgement, CommitUnit, StateChange } from '../../event/unit.ts'
import type { Journal } from '../../journal/index.ts'
import type { Assignment, MemberListener, Settled, Subscription, TopicSpec } from '../bus.ts'
import { faultsOfUnit } from '../unit-check.ts'
import { EmbeddedMember } from './embedded-member.ts'
import type { ResolvedEmbeddedOptions } from './options.ts'
import { PartitionLog } from './partition-log.ts'
import { WindowBudget } from './window.ts'

/** A unit that was handed over and has not ended. */
interface Pending {
  readonly member: EmbeddedMember
  readonly unit: CommitUnit
  /** It is durable when the journal is, up to here; -1 while it is held. */
  position: number
  readonly answer: (settled: Settled) => void
  readonly fail: (error: unknown) => void
}

export class EmbeddedLog {
  readonly journal: Journal
  readonly #options: ResolvedEmbeddedOptions
  readonly #budget: WindowBudget
  readonly #topics = new Map<string, readonly PartitionLog[]>()
  readonly #members = new Map<string, EmbeddedMember>()
  readonly #generations = new Map<string, number>()
  /** Appended, not durable, in the order of their positions. */
  #pending: Pending[] = []
  #held: Pending[] = []
  #touched: PartitionLog[] = []

  constructor(journal: Journal, options: ResolvedEmbeddedOptions) {
    this.journal = journal
    this.#options = options
    this.#budget = new WindowBudget(options.cacheBytesMax / 2)
    this.#take()
    journal.listen({
      durable: (position) => this.#durable(position),
      failed: (error) => this.#failed(error),
      pressed: (pressed, reason) => {
        for (const { listener } of this.#members.values()) listener.pressed(pressed, reason)
      },
    })
  }

  async ensure(specs: readonly TopicSpec[]): Promise<void> {
    const { partitions: byDefault, retention } = this.#options
    this.journal.createTopics(
      specs.map(({ name, partitions, retention: own }) => ({
        name,
        partitions: partitions ?? this.#topics.get(name)?.length ?? byDefault,
        retention: { ...retention, ...own },
      })),
    )
    this.#take()
    await this.journal.synced()
  }

  /** Takes over the journal's topics that are not known yet. */
  #take(): void {
    for (const { name, partitions } of this.journal.topics()) {
      if (this.#topics.has(name)) continue
      this.#topics.set(
        name,
        partitions.map(({ partition, end }) => new PartitionLog(name, partition, end, this.#budget)),
      )
    }
  }

  partitions(topic: string): readonly PartitionLog[] {
    const partitions = this.#topics.get(topic)
    if (partitions === undefined) throw new MetrobusError('MB_UNKNOWN_TOPIC', { topic, partition: 0 })
    return partitions
  }

  partition(topic: string, partition: number): PartitionLog {
    const log = this.#topics.get(topic)?.[partition]
    if (log === undefined) throw new MetrobusError('MB_UNKNOWN_TOPIC', { topic, partition })
    return log
  }

  isInUse(group: string): boolean {
    return this.#members.has(group)
  }

  async join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<EmbeddedMember> {
    const places = subscriptions.flatMap(({ topic, from }) =>
      this.partitions(topic).map((log) => ({ log, from: from ?? 'beginning' })),
    )
    if (this.#members.has(group)) throw new MetrobusError('MB_GROUP_IN_USE', { group })
    const member = new EmbeddedMember(this, group, listener)
    this.#members.set(group, member)
    await this.#begin(group, places)
    if (this.journal.pressure !== undefined) listener.pressed(true, this.journal.pressure)
    const settled = new Map(
      this.journal.positions(group).map((position) => [`${position.topic}/${position.partition}`, position]),
    )
    member.assign(
      places.map(({ log: { topic, partition } }) => ({
        ...settled.get(`${topic}/${partition}`)!,
        generation: this.#generation(group, topic, partition),
      })),
    )
    return member
  }

  /** A group's first position is journaled when it joins: from then on `now` does not move, and retention knows what it has not settled. */
  async #begin(
    group: string,
    places: readonly { readonly log: PartitionLog; readonly from: 'beginning' | 'now' }[],
  ): Promise<void> {
    const known = new Set(this.journal.positions(group).map(({ topic, partition }) => `${topic}/${partition}`))
    const begins = new Map(this.journal.topics().map(({ name, partitions }) => [name, partitions]))
    const fresh = places.filter(({ log }) => !known.has(`${log.topic}/${log.partition}`))
    if (fresh.length > 0)
      this.journal.seek(
        group,
        fresh.map(({ log: { topic, partition, end }, from }) => ({
          topic,
          partition,
          offset: from === 'now' ? end : begins.get(topic)![partition]!.begin,
        })),
      )
    await this.journal.synced()
  }

  #generation(group: string, topic: string, partition: number): number {
    const place = `${group}/${topic}/${partition}`
    const generation = (this.#generations.get(place) ?? 0) + 1
    this.#generations.set(place, generation)
    return generation
  }

  /** Throws MB_NO_SPACE while units are held: they speak for positions that would be others by then. */
  checkNothingHeld(): void {
    if (this.#held.length === 0) return
    throw new MetrobusError('MB_NO_SPACE', { dir: this.journal.dir, reason: this.journal.pressure ?? 'units wait' })
  }

  /** Moves positions that nobody speaks for just now; answers them as they are, to be assigned. */
  async moved(
    { group }: EmbeddedMember,
    acknowledgements: readonly Acknowledgement[],
    changes: readonly StateChange[],
  ): Promise<readonly Assignment[]> {
    const positions = acknowledgements.map(({ watermark, ...place }) => ({ ...place, offset: watermark }))
    this.journal.seek(group, positions, changes)
    await this.journal.synced()
    const places = new Set(acknowledgements.map(({ topic, partition }) => `${topic}/${partition}`))
    return this.journal
      .positions(group)
      .filter(({ topic, partition }) => places.has(`${topic}/${partition}`))
      .map((position) => ({ ...position, generation: this.#generation(group, position.topic, position.partition) }))
  }

  left(member: EmbeddedMember): void {
    if (this.#members.get(member.group) === member) this.#members.delete(member.group)
  }

  settle(member: EmbeddedMember, unit: CommitUnit): Promise<Settled> {
    const faults = faultsOfUnit(unit, this.#options.recordBytesMax)
    if (faults.length > 0) return Promise.reject(new MetrobusError('MB_BUS_MISUSE', { bus: 'embedded', faults }))
    const isBuiltOnRefused = (unit.epoch ?? Infinity) <= member.refusedEpoch
    if (isBuiltOnRefused || !unit.acknowledgements.every(({ topic, partition }) => member.owns(topic, partition)))
      return Promise.resolve(this.#refuse(member, unit))
    return new Promise((answer, fail) => {
      const pending: Pending = { member, unit, position: -1, answer, fail }
      if (this.#held.length > 0 || !this.#append(pending)) this.#held.push(pending)
    })
  }

  /** Hands a unit to the journal; false when it has no room for it now. */
  #append(pending: Pending): boolean {
    const { member, unit } = pending
    try {
      pending.position = this.journal.append(member.group, unit)
    } catch (error) {
      if (isMetrobusError(error, 'MB_NO_SPACE')) return false
      pending.fail(error)
      return true
    }
    this.#pending.push(pending)
    for (const { topic, partition, records } of unit.outputs) {
      const log = this.partition(topic, partition)
      log.appended(records)
      log.tellAhead()
    }
    return true
  }

  /** What the member hands over before it has heard of the refusal may be built on the refused unit, and is refused too. */
  #refuse(member: EmbeddedMember, unit: CommitUnit): 'refused' {
    member.refusedEpoch = Math.max(member.refusedEpoch, unit.epoch ?? -1)
    return 'refused'
  }

  #durable(position: number): void {
    const pending = this.#pending
    let ended = 0
    for (; ended < pending.length && pending[ended]!.position <= position; ended++) {
      const { unit, answer } = pending[ended]!
      for (const { topic, partition, records } of unit.outputs) {
        const log = this.partition(topic, partition)
        log.synced += records.length
        if (log.isTouched) continue
        log.isTouched = true
        this.#touched.push(log)
      }
      answer('committed')
    }
    this.#pending = ended === pending.length ? [] : pending.slice(ended)
    this.#tell()
    // What is written makes room.
    while (this.#held.length > 0 && this.#append(this.#held[0]!)) this.#held.shift()
  }

  #tell(): void {
    const touched = this.#touched
    this.#touched = []
    for (const log of touched) {
      log.isTouched = false
      log.tellAll()
    }
  }

  #failed(error: unknown): void {
    const pending = [...this.#pending, ...this.#held]
    this.#pending = []
    this.#held = []
    for (const { fail } of pending) fail(error)
    for (const { listener } of this.#members.values()) listener.failed(error)
  }

  /** Resolves when nothing of the member is on its way. What is held for want of space is refused: it comes again after the next start. */
  async ended(member: EmbeddedMember): Promise<void> {
    const held = this.#held.filter((pending) => pending.member === member)
    this.#held = this.#held.filter((pending) => pending.member !== member)
    for (const { answer } of held) answer('refused')
    // What failed has rejected already, and the partitions are given back all the same.
    await this.journal.synced().catch(() => {})
  }

  async close(): Promise<void> {
    for (const member of this.#members.values()) await member.leave()
    await this.journal.close()
  }
}
