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
import type { Assignment, Member, MemberListener, PollRequest, Settled, Subscription, TopicPartition } from '../bus.ts'
import { faultsOfUnit } from '../unit-check.ts'
import type { Cluster } from './driver/cluster.ts'
import type { GroupMembership, Position } from './driver/codec/txn-offset-commit.ts'
import type { FetchPartition, Halt } from './driver/fetch-partition.ts'
import { Fetcher } from './driver/fetcher.ts'
import { GroupMember } from './driver/group-member.ts'
import type { OwnedPartition } from './driver/group-member.ts'
import type { GroupOffsets } from './driver/group-offsets.ts'
import type { LogOffsets } from './driver/log-offsets.ts'
import type { Producer } from './driver/producer.ts'
import { lookingMs } from './log-scan.ts'
import type { Names } from './names.ts'
import type { ResolvedKafkaOptions } from './options.ts'
import { PartitionReader } from './partition-reader.ts'
import { decodeAbove, encodeText } from './positions.ts'
import { aboveOf, aboveStore, Settler } from './settler.ts'
import type { Claims, Owner } from './settler.ts'
import type { StateTables } from './state-tables.ts'
import { Trimmer } from './trimmer.ts'
import type { Trimmed } from './trimmer.ts'
import type { UnitBatchesOptions } from './unit-batches.ts'

export interface KafkaMemberOptions {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly log: Log
  readonly options: ResolvedKafkaOptions
  readonly names: Names
  readonly producer: Producer
  readonly groupOffsets: GroupOffsets
  readonly logOffsets: LogOffsets
  readonly tables: StateTables
  readonly batches: UnitBatchesOptions
  readonly group: string
  readonly memberId: string
  readonly subscriptions: readonly Subscription[]
  readonly partitions: (topic: string) => number
  /** How long what is settled is kept, in milliseconds, by topic: of those that are the group's to cut. */
  readonly keeps: () => ReadonlyMap<string, number>
  readonly listener: MemberListener
}

/** The partitions of one number. */
interface Share {
  readonly number: number
  isGone: boolean
  /** What was told as assigned. */
  told: readonly TopicPartition[]
}

const none: readonly Record[] = Object.freeze([])
const pauseMs = 500
/** Well within the days for which a coordinator keeps an offset that nobody commits again. */
const keepPositionsMs = 6 * 3_600_000
/** So long a new member waits for its first partitions: when all have owners, it goes on without. */
const joinMs = 2_000

export class KafkaMember implements Member, Owner {
  readonly #options: KafkaMemberOptions
  readonly #fetcher: Fetcher
  readonly #settler: Settler
  readonly #trimmer: Trimmer
  readonly #group: GroupMember | undefined
  readonly #shares = new Map<number, Share>()
  readonly #readers = new Map<string, PartitionReader>()
  readonly #readersOf = new Map<FetchPartition, PartitionReader>()
  /** What the group has settled, of what is owned. */
  readonly #settled = new Map<string, Acknowledgement>()
  #firstTold: (() => void) | undefined
  #keeping: Timer | undefined

  constructor(options: KafkaMemberOptions) {
    const { cluster, clock, log, producer, groupOffsets, batches, listener, group, memberId, names } = options
    this.#options = options
    this.#fetcher = new Fetcher({
      cluster,
      clock,
      lane: `fetch ${memberId}`,
      bytesMax: options.options.fetchBytesMax,
      listener: {
        ready: (partition) => this.#readersOf.get(partition)?.tell(),
        halted: (partition, halt, at) => this.#halted(partition, halt, at),
        failed: (error) => listener.failed(error),
      },
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
          listener.failed(error)
          // What waits would be tried for ever.
          this.#drop()
        },
      },
    })
  }

  /** Resolves when the first partitions are told, or when there are none to be had now. */
  async join(): Promise<void> {
    if (this.#group === undefined) return
    this.#trimmer.begin()
    this.#group.join()
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.timer(joinMs, resolve)
      this.#firstTold = () => {
        timer.cancel()
        resolve()
      }
    })
    this.#firstTold = undefined
    this.#keepPositions()
  }

  // --- the port

  get name(): string {
    return this.#options.memberId
  }

  poll(topic: string, partition: number, { recordsMax }: PollRequest): readonly Record[] {
    return this.#readers.get(placeOf(topic, partition))?.poll(recordsMax) ?? none
  }

  rewind(topic: string, partition: number, offset: number): void {
    this.#readers.get(placeOf(topic, partition))?.rewind(offset)
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
    await this.#settler.drained()
    this.#drop()
    await this.#settler.drained()
    this.#fetcher.close()
    await this.#group?.leave()
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
        const assignments = await this.#assignments(shares)
        const left = shares.filter(({ isGone }) => !isGone)
        if (assignments !== undefined) return this.#tell(left, assignments)
        if (left.length === 0) return
      } catch (error) {
        if (familyOf(error) !== 'retry') return this.#options.listener.failed(error)
        this.#options.log.warn(
          { group: this.#options.group, error: String(error) },
          'partitions are still to be taken over',
        )
        await new Promise<void>((resolve) => void this.#options.clock.timer(pauseMs, resolve))
        if (shares.every(({ isGone }) => isGone)) return
      }
  }

  /** Undefined when the coordinator knows the member otherwise. */
  async #assignments(shares: readonly Share[]): Promise<readonly Assignment[] | undefined> {
    const { groupOffsets, tables, names } = this.#options
    const group = this.#group!
    const isOwned = (number: number): boolean => shares.some((share) => share.number === number && !share.isGone)
    const places = shares.flatMap((share) => this.#placesOf(share))
    const outside = places.map(({ topic, partition }) => ({ topic: names.outside(topic), partition }))
    const { membership } = group
    const fetched = await groupOffsets.fetch(membership, outside, lookingMs)
    if (fetched.kind === 'stale') {
      await group.confirm()
      return undefined
    }
    const found = new Map(fetched.offsets.map((one) => [placeOf(one.topic, one.partition), one]))
    const numbers = shares.map(({ number }) => number)
    await tables.restore(numbers, isOwned)
    const fresh = places.filter((place) => found.get(this.#outside(place))!.offset < 0)
    const begins = await this.#begin(fresh, membership)
    if (begins === undefined) return undefined
    const generation = group.membership.memberEpoch
    const owned = places.filter(({ partition }) => isOwned(partition))
    return owned.map(({ topic, partition }): Assignment => {
      const { offset, metadata } = found.get(this.#outside({ topic, partition }))!
      const begin = begins.get(placeOf(topic, partition))
      if (begin !== undefined) return { topic, partition, watermark: begin, above: [], generation }
      const above = aboveOf(metadata, () => tables.row(aboveStore, partition, topic))
      return { topic, partition, watermark: offset, above: decodeAbove(offset, above), generation }
    })
  }

  /**
   * Where a group begins that has no position yet is committed at once: from then on `now` does not move. By who the member was when there was none: a later epoch might speak
   * for what another owns by now, and has settled. Undefined as in `#assignments`.
   */
  async #begin(
    places: readonly TopicPartition[],
    membership: GroupMembership,
  ): Promise<Map<string, number> | undefined> {
    const { logOffsets, groupOffsets, subscriptions, names } = this.#options
    const begins = new Map<string, number>()
    const positions: Position[] = []
    for (const [topic, some] of Map.groupBy(places, (place) => place.topic)) {
      const isNow = subscriptions.some((subscription) => subscription.topic === topic && subscription.from === 'now')
      const numbers = some.map(({ partition }) => partition)
      const outside = names.outside(topic)
      const offsets = await logOffsets.at(outside, numbers, isNow ? 'end' : 'beginning', lookingMs)
      for (const [index, partition] of numbers.entries()) {
        const offset = offsets[index]!
        begins.set(placeOf(topic, partition), offset)
        positions.push({ topic: outside, partition, offset, leaderEpoch: -1, metadata: encodeText('begin', '') })
      }
    }
    if (positions.length === 0) return begins
    if ((await groupOffsets.commit(membership, positions, lookingMs)) === 'committed') return begins
    await this.#group!.confirm()
    return undefined
  }

  #tell(shares: readonly Share[], assignments: readonly Assignment[]): void {
    const { listener, names, options } = this.#options
    for (const share of shares) share.told = this.#placesOf(share)
    const told = assignments.filter(({ partition }) => shares.some(({ number }) => number === partition))
    for (const assignment of told) this.#settled.set(placeOf(assignment.topic, assignment.partition), assignment)
    if (told.length > 0) listener.assigned(told)
    for (const assignment of told) {
      const { topic, partition } = assignment
      const reader = new PartitionReader({
        fetcher: this.#fetcher,
        outside: names.outside(topic),
        assignment,
        mapping: options.mappings[topic],
        ready: () => listener.ready(topic, partition),
      })
      this.#readers.set(placeOf(topic, partition), reader)
      this.#readersOf.set(reader.fetched, reader)
    }
    this.#firstTold?.()
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
      const place = placeOf(topic, partition)
      this.#settled.delete(place)
      const reader = this.#readers.get(place)
      if (reader === undefined) continue
      reader.close()
      this.#readers.delete(place)
      this.#readersOf.delete(reader.fetched)
    }
    if (lost.length > 0) this.#options.listener.revoked(lost)
  }

  #placesOf({ number }: Share): TopicPartition[] {
    const { subscriptions, partitions } = this.#options
    return subscriptions
      .filter(({ topic }) => number < partitions(topic))
      .map(({ topic }) => ({ topic, partition: number }))
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

  #outside({ topic, partition }: TopicPartition): string {
    return placeOf(this.#options.names.outside(topic), partition)
  }

  /** Retention removed what was to be read, or a leader was elected that did not have it all: loud, and on from where the log goes on. */
  #halted(fetched: FetchPartition, halt: Halt, at: number | undefined): void {
    const { log, listener, logOffsets, clock } = this.#options
    const { topic, partition, fetchAt } = fetched
    if (halt === 'missing' || halt === 'recreated')
      return listener.failed(new MetrobusError('MB_KAFKA_NO_TOPIC', { topic, partition }))
    log.error({ topic, partition, offset: fetchAt, halt, at }, 'records that were to be read are gone')
    if (halt === 'truncated') return this.#fetcher.seek(fetched, at ?? fetchAt)
    const goOn = (): void =>
      void logOffsets.at(topic, [partition], 'beginning', lookingMs).then(
        ([begin = 0]) => this.#readersOf.has(fetched) && this.#fetcher.seek(fetched, begin),
        (error: unknown) => (familyOf(error) === 'retry' ? void clock.timer(pauseMs, goOn) : listener.failed(error)),
      )
    goOn()
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
