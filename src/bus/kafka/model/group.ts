/** The coordinator of one group in the model: its members by the new protocol, and what is committed. */
import type { Clock } from '../../../internal/platform/platform.ts'
import type {
  ConsumerGroupHeartbeatAnswer,
  ConsumerGroupHeartbeatQuestion,
  TopicPartitions,
} from '../driver/codec/consumer-group-heartbeat.ts'
import type { CommittedOffset } from '../driver/codec/offset-fetch.ts'
import type { Position } from '../driver/codec/txn-offset-commit.ts'
import { codes } from '../driver/codes.ts'
import type { Mark } from './transactions.ts'

interface Rider {
  readonly id: string
  /** Its static name, which outlives it for a session. */
  readonly instance: string | null
  topics: readonly string[]
  epoch: number
  epochBefore: number
  isAway: boolean
  beatAt: number
  /** Places that it was given and has not said to have given up. */
  given: Set<string>
  target: Set<string>
  told: string
}

/** Topics as the cluster knows them. */
export type TopicsById = ReadonlyMap<string, { readonly id: string; readonly partitions: number }>

const sessionMs = 6_000
const awayForAMoment = -2
export const heartbeatMs = 500

export class ModelGroup {
  readonly #clock: Clock
  readonly #riders = new Map<string, Rider>()
  readonly #committed = new Map<string, Position>()
  readonly #pending = new Map<string, Map<bigint, Position>>()
  #epoch = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  heartbeat(question: ConsumerGroupHeartbeatQuestion, topics: TopicsById): ConsumerGroupHeartbeatAnswer {
    this.#heedTime(topics)
    const { memberId, memberEpoch, owned } = question
    let rider = this.#riders.get(memberId)
    if (memberEpoch === awayForAMoment && rider !== undefined) {
      rider.isAway = true
      return answered(memberEpoch, undefined)
    }
    if (memberEpoch < 0) {
      if (this.#riders.delete(memberId)) this.#share(topics)
      return answered(memberEpoch, undefined)
    }
    if (rider === undefined) {
      if (memberEpoch > 0) return refused(codes.UNKNOWN_MEMBER_ID)
      const instance = question.instanceId
      const before = [...this.#riders.values()].find((other) => instance !== null && other.instance === instance)
      if (before !== undefined && !before.isAway) return refused(codes.UNRELEASED_INSTANCE_ID)
      const fresh = { epoch: 0, epochBefore: -1, isAway: false, given: new Set<string>(), told: '' }
      const { target = new Set<string>() } = before ?? {}
      rider = { id: memberId, instance, topics: question.topics ?? [], beatAt: 0, target, ...fresh }
      if (before !== undefined) this.#riders.delete(before.id)
      this.#riders.set(memberId, rider)
      if (before === undefined) this.#share(topics)
    } else if (memberEpoch !== 0 && memberEpoch !== rider.epoch && memberEpoch !== rider.epochBefore)
      return refused(codes.FENCED_MEMBER_EPOCH)
    rider.beatAt = this.#clock.monotonic()
    const isFull = question.topics !== null
    if (owned !== null)
      rider.given = new Set(
        [...rider.given].filter((place) => isIn(owned, place) || (!isFull && rider.target.has(place))),
      )
    return this.#reconciled(rider, isFull)
  }

  /** Whether a commit may speak for the group; `NONE` when it may. */
  check(memberId: string, memberEpoch: number, stale: number = codes.STALE_MEMBER_EPOCH): number {
    if (memberId === '') return this.#riders.size > 0 ? codes.UNKNOWN_MEMBER_ID : codes.NONE
    const rider = this.#riders.get(memberId)
    if (rider === undefined) return codes.UNKNOWN_MEMBER_ID
    return rider.epoch === memberEpoch ? codes.NONE : stale
  }

  commit(position: Position): void {
    this.#committed.set(placeOf(position.topic, position.partition), position)
  }

  /** A position that waits for its transaction; how the transaction ends it. */
  pend(producerId: bigint, positions: readonly Position[]): Mark {
    for (const position of positions) {
      const place = placeOf(position.topic, position.partition)
      const waiting = this.#pending.get(place) ?? new Map<bigint, Position>()
      this.#pending.set(place, waiting.set(producerId, position))
    }
    return (isCommitted) => {
      for (const [place, waiting] of this.#pending) {
        const position = waiting.get(producerId)
        waiting.delete(producerId)
        if (waiting.size === 0) this.#pending.delete(place)
        if (position !== undefined && isCommitted) this.commit(position)
      }
    }
  }

  committed(topic: string, partition: number): CommittedOffset {
    const place = placeOf(topic, partition)
    if (this.#pending.has(place))
      return { topic, partition, errorCode: codes.UNSTABLE_OFFSET_COMMIT, offset: -1, leaderEpoch: -1, metadata: '' }
    const found = this.#committed.get(place)
    const { offset = -1, metadata = '' } = found ?? {}
    return { topic, partition, errorCode: codes.NONE, offset, leaderEpoch: -1, metadata }
  }

  all(): CommittedOffset[] {
    return [...this.#committed.values()].map(({ topic, partition }) => this.committed(topic, partition))
  }

  /** Throws a member out, as a coordinator does that has not heard of it. */
  expel(memberId: string, topics: TopicsById): void {
    if (this.#riders.delete(memberId)) this.#share(topics)
  }

  /** Forgets every position, as a coordinator does when none of the group has run for long. */
  forget(): void {
    this.#committed.clear()
  }

  get members(): readonly string[] {
    return [...this.#riders.keys()]
  }

  #heedTime(topics: TopicsById): void {
    const now = this.#clock.monotonic()
    const gone = [...this.#riders.values()].filter(({ beatAt }) => beatAt > 0 && now - beatAt > sessionMs)
    for (const { id } of gone) this.#riders.delete(id)
    if (gone.length > 0) this.#share(topics)
  }

  /** What each is to own: what it has as far as that is fair, then the rest in turn. */
  #share(topics: TopicsById): void {
    this.#epoch++
    const riders = [...this.#riders.values()]
    const places = [...new Set(riders.flatMap((rider) => rider.topics))].flatMap((name) => {
      const topic = topics.get(name)
      return topic === undefined ? [] : Array.from({ length: topic.partitions }, (_, n) => placeOf(topic.id, n))
    })
    const fair = Math.ceil(places.length / Math.max(1, riders.length))
    const free = new Set(places)
    for (const rider of riders) {
      rider.target = new Set([...rider.target].filter((place) => free.has(place)).slice(0, fair))
      for (const place of rider.target) free.delete(place)
    }
    for (const place of free) riders.toSorted((a, b) => a.target.size - b.target.size)[0]?.target.add(place)
  }

  #reconciled(rider: Rider, isFull: boolean): ConsumerGroupHeartbeatAnswer {
    const { target } = rider
    const kept = [...rider.given].filter((place) => target.has(place))
    const mustGive = kept.length < rider.given.size
    if (!mustGive) {
      if (rider.epoch !== this.#epoch) rider.epochBefore = rider.epoch
      rider.epoch = this.#epoch
      const others = [...this.#riders.values()].filter((other) => other !== rider)
      for (const place of target) if (!others.some(({ given }) => given.has(place))) rider.given.add(place)
    }
    const assignment = mustGive ? kept : [...rider.given]
    const told = assignment.toSorted().join(' ')
    const isNews = isFull || told !== rider.told
    rider.told = told
    return answered(rider.epoch, isNews ? grouped(assignment) : undefined)
  }
}

const placeOf = (topic: string, partition: number): string => `${topic}/${partition}`

const answered = (
  memberEpoch: number,
  assignment: readonly TopicPartitions[] | undefined,
): ConsumerGroupHeartbeatAnswer => ({ errorCode: codes.NONE, errorMessage: null, memberEpoch, heartbeatMs, assignment })

const refused = (errorCode: number): ConsumerGroupHeartbeatAnswer => ({ ...answered(0, undefined), errorCode })

const isIn = (owned: readonly TopicPartitions[], place: string): boolean =>
  owned.some(({ topicId, partitions }) => partitions.some((partition) => placeOf(topicId, partition) === place))

function grouped(places: readonly string[]): TopicPartitions[] {
  const split = places.map((place) => place.split('/') as [string, string])
  return [...Map.groupBy(split, ([topicId]) => topicId)].map(([topicId, some]) => ({
    topicId,
    partitions: some.map(([, partition]) => Number(partition)),
  }))
}
