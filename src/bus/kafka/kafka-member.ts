/**
 * One app on a Kafka bus. Its group reads one topic by subscription, that of its tables: who owns partition n of it owns partition n of everything that the app
 * reads. So the partitions of a number move together, whatever the assignor does, and what is read by assignment is read by nobody else.
 *
 * Invariants:
 * - M1 Partitions are told as assigned when the positions of their group are stable and their tables are restored, in this order: then nothing of the owner
 *   before is still to come.
 * - M2 A partition is given up when no unit is on its way any more that speaks for it.
 */
import { familyOf, MetrobusError } from '../../errors/index.ts'
import type { Record } from '../../event/record.ts'
import type { Acknowledgement, CommitUnit, StateChange } from '../../event/unit.ts'
import type { Log } from '../../internal/log.ts'
import type { Clock, Timer } from '../../internal/platform/platform.ts'
import type { Member, MemberListener, PollRequest, Settled, Subscription, TopicPartition } from '../bus.ts'
import { faultsOfUnit } from '../unit-check.ts'
import type { Cluster } from './driver/cluster.ts'
import type { GroupMembership } from './driver/codec/txn-offset-commit.ts'
import { GroupMember } from './driver/group-member.ts'
import type { OwnedPartition } from './driver/group-member.ts'
import type { GroupOffsets } from './driver/group-offsets.ts'
import type { LogOffsets } from './driver/log-offsets.ts'
import type { UnitProducer } from './loose-producer.ts'
import type { Names } from './names.ts'
import type { ResolvedKafkaOptions } from './options.ts'
import { Reading } from './reading.ts'
import { Settler } from './settler.ts'
import type { Claims, Owner } from './settler.ts'
import type { StateTables } from './state-tables.ts'
import { Takeover } from './takeover.ts'
import type { Taken, TakenOver } from './takeover.ts'
import { Trimmer } from './trimmer.ts'
import type { Trimmed } from './trimmer.ts'
import type { UnitBatchesOptions } from './unit-batches.ts'

export interface KafkaMemberOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly log: Log
  readonly options: ResolvedKafkaOptions
  readonly names: Names
  readonly producer: UnitProducer
  readonly groupOffsets: GroupOffsets
  readonly logOffsets: LogOffsets
  readonly tables: StateTables
  readonly batches: UnitBatchesOptions
  readonly group: string
  readonly memberId: string
  readonly subscriptions: readonly Subscription[]
  /** As they were when the member was made. */
  readonly partitions: (topic: string) => number
  /** How long what is settled is kept, in milliseconds, by topic: of those that are the group's to cut. */
  readonly keeps: () => ReadonlyMap<string, number>
  readonly listener: MemberListener
}

/** The partitions of one number. */
interface Share extends Taken {
  /** What was told as assigned. */
  told: readonly TopicPartition[]
}

const pauseMs = 500
/** How often it is looked whether topics have grown. */
const watchMs = 60_000
/** Well within the days for which a coordinator keeps an offset that nobody commits again. */
const keepPositionsMs = 6 * 3_600_000
/** So long a new member waits for its first partitions: when all have owners, it goes on without. */
const joinMs = 2_000

export class KafkaMember implements Member, Owner {
  readonly #options: KafkaMemberOptions
  readonly #reading: Reading
  readonly #settler: Settler
  readonly #trimmer: Trimmer
  readonly #group: GroupMember | undefined
  readonly #takeover: Takeover | undefined
  readonly #shares = new Map<number, Share>()
  /** What the group has settled, of what is owned. */
  readonly #settled = new Map<string, Acknowledgement>()
  /** While `join` waits. */
  #joining: { readonly told: () => void; readonly failed: (error: unknown) => void } | undefined
  #keeping: Timer | undefined
  #watching: Timer | undefined
  #hasLeft = false

  constructor(options: KafkaMemberOptions) {
    const { cluster, clock, log, producer, groupOffsets, batches, listener, group, memberId, names } = options
    this.#options = options
    const { fetchBytesMax: bytesMax, mappings } = options.options
    const lane = `fetch ${memberId}`
    this.#reading = new Reading({
      cluster,
      clock,
      log,
      logOffsets: options.logOffsets,
      names,
      mappings,
      lane,
      bytesMax,
      listener,
    })
    const settling = { cluster, clock, log, producer, offsets: groupOffsets, owner: this, batches, name: memberId }
    this.#settler = new Settler(settling)
    this.#trimmer = new Trimmer({ cluster, clock, log, offsets: options.logOffsets, places: () => this.#trimmed() })
    if (options.subscriptions.length === 0) return
    this.#group = new GroupMember({
      cluster,
      clock,
      group: names.outside(group),
      memberId,
      ...(options.options.instanceId === undefined ? {} : { instanceId: options.options.instanceId }),
      topics: [batches.stateTopic],
      listener: {
        assigned: (partitions) => this.#assigned(partitions),
        revoke: (partitions) => this.#revoke(partitions),
        lost: (partitions) => this.#drop(partitions.map((one) => one.partition)),
        failed: (error) => {
          this.#failed(error)
          // What waits would be tried for ever.
          this.#drop()
        },
      },
    })
    const { subscriptions, partitions, logOffsets, tables } = options
    const taking = { groupOffsets, logOffsets, tables, names, subscriptions, partitions, name: group }
    this.#takeover = new Takeover({ ...taking, member: this.#group })
  }

  /** Resolves when the first partitions are told, or when there are none to be had now. Rejects where the member could not go on before that. */
  async join(): Promise<void> {
    if (this.#group === undefined) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = this.#options.clock.timer(joinMs, resolve)
    this.#joining = { told: resolve, failed: reject }
    this.#trimmer.begin()
    this.#group.join()
    try {
      await promise
    } finally {
      timer.cancel()
      this.#joining = undefined
    }
    this.#keepPositions()
    this.#watch()
  }

  // --- the port

  get name(): string {
    return this.#options.memberId
  }

  poll(topic: string, partition: number, { recordsMax }: PollRequest): readonly Record[] {
    return this.#reading.poll(topic, partition, recordsMax)
  }

  rewind(topic: string, partition: number, offset: number): void {
    this.#reading.rewind(topic, partition, offset)
  }

  settle(unit: CommitUnit): Promise<Settled> {
    const { options, partitions } = this.#options
    const faults = faultsOfUnit(unit, options.recordBytesMax)
    for (const { topic, partition } of unit.outputs)
      if (!isThere(topic, partition, partitions)) faults.push(`there is no ${placeOf(topic, partition)}`)
    if (faults.length > 0) return Promise.reject(new MetrobusError('MB_BUS_MISUSE', { bus: 'kafka', faults }))
    return this.#settler.settle(unit)
  }

  load(store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    return this.#options.tables.load(store, partition)
  }

  async leave(): Promise<void> {
    this.#trimmer.end()
    this.#keeping?.cancel()
    this.#watching?.cancel()
    this.#hasLeft = true
    await this.#settler.drained()
    this.#drop()
    await this.#settler.drained()
    this.#reading.close()
    // One with a name of its own comes back, and has its partitions again.
    await this.#group?.leave(true)
  }

  // --- what the settler asks

  claim(topic: string, partition: number): object | undefined {
    return this.#settled.has(placeOf(topic, partition)) ? this.#shares.get(partition) : undefined
  }

  allSettled(): readonly Acknowledgement[] {
    return [...this.#settled.values()]
  }

  membership(): GroupMembership | undefined {
    return this.#group?.membership
  }

  async confirm(): Promise<void> {
    await this.#group?.confirm()
  }

  /** What was lost meanwhile begins from what its owner between has settled, also when it is back: nothing of this unit is put over it. */
  committed({ acknowledgements, changes }: CommitUnit, rows: readonly StateChange[], claims: Claims): void {
    const lost = new Set<number>()
    for (const [index, mark] of acknowledgements.entries())
      if (this.claim(mark.topic, mark.partition) === claims[index])
        this.#settled.set(placeOf(mark.topic, mark.partition), mark)
      else lost.add(mark.partition)
    this.#options.tables.absorb([...changes, ...rows].filter(({ partition }) => !lost.has(partition)))
  }

  #keepPositions(): void {
    const { clock, listener } = this.#options
    const again = (): void =>
      void this.#settler.keepPositions().then(
        () => this.#keepPositions(),
        (error: unknown) => listener.failed(error),
      )
    this.#keeping = clock.timer(keepPositionsMs, again, { background: true })
  }

  // --- what is owned

  #assigned(partitions: readonly OwnedPartition[]): void {
    const shares = partitions.map(({ partition }): Share => ({ number: partition, isGone: false, told: [] }))
    for (const share of shares) this.#shares.set(share.number, share)
    void this.#take(shares)
  }

  /** M1. Tries until the partitions are told or gone. */
  async #take(shares: readonly Share[]): Promise<void> {
    for (;;)
      try {
        const taken = await this.#takeover!.take(shares)
        const left = shares.filter(({ isGone }) => !isGone)
        if (taken !== undefined) return this.#tell(left, taken)
        if (left.length === 0) return
      } catch (error) {
        if (familyOf(error) !== 'retry') return this.#failed(error)
        this.#options.log.warn(
          { group: this.#options.group, error: String(error) },
          'partitions are still to be taken over',
        )
        await new Promise<void>((resolve) => void this.#options.clock.timer(pauseMs, resolve))
        if (shares.every(({ isGone }) => isGone)) return
      }
  }

  #tell(shares: readonly Share[], { assignments, rows }: TakenOver): void {
    const { listener } = this.#options
    for (const share of shares) share.told = this.#takeover!.placesOf(share)
    const told = assignments.filter(({ partition }) => shares.some(({ number }) => number === partition))
    for (const assignment of told) this.#settled.set(placeOf(assignment.topic, assignment.partition), assignment)
    // Before anything is acknowledged, for units are serial.
    const kept = rows.filter(({ partition }) => told.some((one) => one.partition === partition))
    if (kept.length > 0)
      this.#settler
        .settle({ outputs: [], acknowledgements: [], changes: kept })
        .catch((error: unknown) => listener.failed(error))
    if (told.length > 0) listener.assigned(told)
    for (const assignment of told) this.#reading.begin(assignment)
    this.#joining?.told()
  }

  #failed(error: unknown): void {
    if (this.#joining === undefined) this.#options.listener.failed(error)
    else this.#joining.failed(error)
  }

  async #revoke(partitions: readonly OwnedPartition[]): Promise<void> {
    this.#drop(partitions.map((one) => one.partition))
    // What waits behind is refused by now: one unit at the most is on its way for them.
    await this.#settler.drained()
  }

  #drop(numbers: Iterable<number> = this.#shares.keys()): void {
    const lost: TopicPartition[] = []
    for (const number of numbers) {
      const share = this.#shares.get(number)
      if (share === undefined) continue
      share.isGone = true
      this.#shares.delete(number)
      this.#options.tables.forget(number)
      lost.push(...share.told)
    }
    for (const { topic, partition } of lost) {
      this.#settled.delete(placeOf(topic, partition))
      this.#reading.end(topic, partition)
    }
    if (lost.length > 0) this.#options.listener.revoked(lost)
  }

  /** The partitions that this member has to cut: of what it reads as far as it is settled, of what nobody reads by age. */
  #trimmed(): Trimmed[] {
    const { keeps, partitions, subscriptions, names } = this.#options
    const isRead = new Set(subscriptions.map(({ topic }) => topic))
    return [...keeps()].flatMap(([topic, keepMs]) =>
      [...this.#shares.values()]
        .filter(({ number, told }) => told.length > 0 && number < partitions(topic))
        .map(({ number: partition }) => {
          const settled = isRead.has(topic) ? (this.#settled.get(placeOf(topic, partition))?.watermark ?? 0) : undefined
          return { topic: names.outside(topic), partition, keepMs, settled }
        }),
    )
  }

  /** A topic that has more partitions now: a key would be sent behind its own events, and nobody would read what is new. */
  #watch(): void {
    const { cluster, clock, subscriptions, names, listener, partitions } = this.#options
    const outside = [...new Set(subscriptions.map(({ topic }) => names.outside(topic)))]
    const look = async (): Promise<void> => {
      // What is in the way is told by whoever fetches or settles.
      await cluster.refresh(outside).catch(() => undefined)
      const grown = subscriptions.find(
        ({ topic }) => (cluster.topic(names.outside(topic))?.partitions ?? 0) > partitions(topic),
      )
      if (this.#hasLeft) return
      if (grown === undefined) return this.#watch()
      const { topic } = grown
      const facts = { topic, partitions: cluster.topic(names.outside(topic))!.partitions, wanted: partitions(topic) }
      listener.failed(new MetrobusError('MB_TOPIC_MISMATCH', facts))
    }
    this.#watching = clock.timer(watchMs, () => void look(), { background: true })
  }
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`

function isThere(topic: string, partition: number, partitions: (topic: string) => number): boolean {
  try {
    return partition < partitions(topic)
  } catch {
    return false
  }
}
