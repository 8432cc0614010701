/**
 * A member of a consumer group (KIP-848): it says regularly that it is there, and follows the assignment that its coordinator makes. The states are those of
 * `group-state.ts`.
 *
 * Invariants:
 * - G1 Heartbeats wait for nobody: not for handlers, not for a revocation that takes its time.
 * - G2 A partition is told as assigned once, and is then the member's until it is told as revoked or lost.
 * - G3 What is to be given up is given up before anything is taken, and a partition counts as owned for the coordinator until it is.
 * - G4 After a heartbeat that failed or was not answered the next one says everything: what the coordinator has heard is not known.
 * - G5 After `lost` nothing that was begun before matters: `#life` counts the lives between two fencings.
 * - G6 A heartbeat that says everything tells the coordinator that what is not owned yet is free: only what an answer to it, or a later one, assigns
 *   is taken then, and not what was assigned before.
 */
import { familyOf } from '../../../errors/index.ts'
import type { Clock, Timer } from '../../../internal/platform/platform.ts'
import { refusal } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { consumerGroupHeartbeat } from './codec/consumer-group-heartbeat.ts'
import type {
  ConsumerGroupHeartbeatAnswer,
  ConsumerGroupHeartbeatQuestion,
  TopicPartitions,
} from './codec/consumer-group-heartbeat.ts'
import type { GroupMembership } from './codec/txn-offset-commit.ts'
import { codes } from './codes.ts'
import { groupVerdict } from './group-errors.ts'
import { memberAfter } from './group-state.ts'
import type { MemberEvent, MemberState } from './group-state.ts'

/** What a member needs of a cluster. */
export type GroupCluster = Pick<Cluster, 'topic' | 'refresh' | 'coordinator' | 'forget' | 'request'>

export interface OwnedPartition {
  readonly topic: string
  readonly partition: number
}

export interface GroupListener {
  /** These are the member's from now on. */
  assigned(partitions: readonly OwnedPartition[]): void
  /** These are to be given up: the promise resolves when nothing is in flight for them. Only then another member gets them. */
  revoke(partitions: readonly OwnedPartition[]): Promise<void>
  /** These are no longer the member's, perhaps already another's: what is in flight for them will be refused. */
  lost(partitions: readonly OwnedPartition[]): void
  /** The member cannot go on; what it owned is lost without another word. */
  failed(error: unknown): void
}

export interface GroupMemberOptions {
  readonly cluster: GroupCluster
  readonly clock: Clock
  readonly listener: GroupListener
  readonly group: string
  /** A fresh id, of this life of the process. */
  readonly memberId: string
  /** A name that outlives the process: who comes back under it within the session keeps its partitions. Default: none. */
  readonly instanceId?: string
  readonly topics: readonly string[]
  readonly rack?: string
  /** Milliseconds that giving up may take before the coordinator fences the member. Default 60,000. */
  readonly rebalanceMs?: number
  /** Milliseconds that one heartbeat may take. Default 10,000. */
  readonly requestMs?: number
  /** Milliseconds that a static name may be held by another before it counts as taken. Default 60,000: longer than a session. */
  readonly takenMs?: number
}

const firstPauseMs = 20
const longestPauseMs = 1000
const assignor = 'uniform'
const goneForGood = -1
const goneForAMoment = -2

export class GroupMember {
  readonly #options: Required<Omit<GroupMemberOptions, 'instanceId' | 'rack'>>
  readonly #instanceId: string | null
  readonly #rack: string | null
  #state: MemberState = 'idle'
  #epoch = 0
  #life = 0
  /** Owned partitions by `<topic id>/<partition>`. */
  readonly #owned = new Map<string, OwnedPartition>()
  /** What the coordinator wants the member to own, not yet done. */
  #target: readonly TopicPartitions[] | undefined
  /** What will be owned once the revocation on its way has ended (G6); undefined when a newer target, or the next answer, says it. */
  #taking: ReadonlyMap<string, OwnedPartition> | undefined
  /** Heard by the coordinator: everything there is to say, and what is owned as it is now or was when the question on its way was asked. */
  #isHeard = false
  #isOwnedHeard = false
  #beating: Promise<void> | undefined
  /** A heartbeat is wanted as soon as the one on its way has ended. */
  #isUrgent = false
  #isLearning = false
  #failures = 0
  #takenSince: number | undefined
  #timer: Timer | undefined
  #waiters: { readonly resolve: () => void; isAsked: boolean }[] = []

  constructor(options: GroupMemberOptions) {
    this.#options = { rebalanceMs: 60_000, requestMs: 10_000, takenMs: 60_000, ...options }
    this.#instanceId = options.instanceId ?? null
    this.#rack = options.rack ?? null
  }

  get state(): MemberState {
    return this.#state
  }

  /** Who the member is for the coordinator, with its newest epoch: what an offset commit needs. */
  get membership(): GroupMembership {
    const { group, memberId } = this.#options
    return { group, memberId, memberEpoch: this.#epoch, instanceId: this.#instanceId }
  }

  owns(topic: string, partition: number): boolean {
    for (const owned of this.#owned.values()) if (owned.topic === topic && owned.partition === partition) return true
    return false
  }

  /** Becomes a member; `assigned` follows. */
  join(): void {
    this.#go('join')
    this.#beat()
  }

  /**
   * Sends a heartbeat at once and resolves when it, or a later one, was answered, or the member was fenced or has ended: then `membership` and `owns` are
   * the newest. For a commit that was refused for its epoch.
   */
  confirm(): Promise<void> {
    if (this.#isOver()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters.push({ resolve, isAsked: false })
      this.#beat()
    })
  }

  /**
   * Leaves, whatever is owned: give up first. `comesBack`: a static member keeps its partitions for a session. Resolves when the coordinator has
   * answered, or did not in time; never rejects.
   */
  async leave(comesBack = false): Promise<void> {
    if (this.#state === 'left' || this.#state === 'failed') return
    const wasMember = this.#state !== 'idle'
    if (this.#state !== 'leaving') this.#go('leave')
    this.#timer?.cancel()
    this.#life++
    await this.#beating
    if (this.#state !== 'leaving') return
    const epoch = comesBack && this.#instanceId !== null ? goneForAMoment : goneForGood
    if (wasMember) await this.#ask({ ...this.#everything(), memberEpoch: epoch, owned: [] }).catch(() => undefined)
    this.#owned.clear()
    this.#go('left')
    this.#answerWaiters(() => true)
  }

  #isOver(): boolean {
    return this.#state === 'left' || this.#state === 'failed' || this.#state === 'idle'
  }

  #go(event: MemberEvent): void {
    this.#state = memberAfter(this.#state, event)
  }

  /** Heartbeats now, or right after the one on its way. */
  #beat(): void {
    if (this.#isOver() || this.#state === 'leaving') return
    this.#timer?.cancel()
    if (this.#beating !== undefined) {
      this.#isUrgent = true
      return
    }
    this.#isUrgent = false
    for (const waiter of this.#waiters) waiter.isAsked = true
    this.#beating = this.#heartbeat().finally(() => {
      this.#beating = undefined
      if (this.#isUrgent) this.#beat()
    })
  }

  async #heartbeat(): Promise<void> {
    const life = this.#life
    const question = this.#isHeard ? this.#changes() : this.#everything()
    if (!this.#isHeard) this.#taking = undefined
    this.#isOwnedHeard = true
    let answer: ConsumerGroupHeartbeatAnswer
    try {
      answer = await this.#ask(question)
    } catch (error) {
      this.#isHeard = false
      if (life === this.#life) this.#onNoAnswer(error)
      return
    }
    if (life !== this.#life) return
    if (answer.errorCode !== codes.NONE) {
      this.#isHeard = false
      this.#onRefusal(answer.errorCode, answer.errorMessage)
    } else {
      this.#isHeard = true
      this.#onAccepted(answer)
    }
  }

  async #ask(question: ConsumerGroupHeartbeatQuestion): Promise<ConsumerGroupHeartbeatAnswer> {
    const { cluster, group, requestMs } = this.#options
    const node = await cluster.coordinator('group', group)
    return cluster.request(node, consumerGroupHeartbeat, question, { timeoutMs: requestMs, lane: 'group' })
  }

  #everything(): ConsumerGroupHeartbeatQuestion {
    const { group, memberId, topics, rebalanceMs } = this.#options
    const rest = { instanceId: this.#instanceId, rack: this.#rack, rebalanceMs, topics, assignor }
    return { group, memberId, memberEpoch: this.#epoch, ...rest, owned: this.#ownedByTopic() }
  }

  #changes(): ConsumerGroupHeartbeatQuestion {
    const owned = this.#isOwnedHeard ? null : this.#ownedByTopic()
    return { ...this.#everything(), rack: null, rebalanceMs: -1, topics: null, assignor: null, owned }
  }

  #ownedByTopic(): TopicPartitions[] {
    const topics = new Map<string, number[]>()
    for (const [key, { partition }] of this.#owned) {
      const topicId = key.slice(0, key.indexOf('/'))
      const partitions = topics.get(topicId)
      if (partitions === undefined) topics.set(topicId, [partition])
      else partitions.push(partition)
    }
    return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }))
  }

  #onAccepted({ memberEpoch, heartbeatMs, assignment }: ConsumerGroupHeartbeatAnswer): void {
    this.#epoch = memberEpoch
    this.#failures = 0
    this.#takenSince = undefined
    this.#go('accepted')
    if (assignment !== undefined) {
      this.#target = assignment
      this.#taking = undefined
    }
    this.#answerWaiters(({ isAsked }) => isAsked)
    this.#later(heartbeatMs)
    this.#follow()
  }

  #onNoAnswer(error: unknown): void {
    const { cluster, group } = this.#options
    if (familyOf(error) !== 'retry') return this.#fail(error)
    cluster.forget('group', group)
    this.#later(pauseMs(this.#failures++))
  }

  #onRefusal(code: number, message: string | null): void {
    const { cluster, clock, group, takenMs } = this.#options
    const verdict = groupVerdict(code)
    if (verdict === 'elsewhere') cluster.forget('group', group)
    if (verdict === 'fenced') return this.#onFenced()
    if (verdict === 'taken') this.#takenSince ??= clock.monotonic()
    const isTakenForGood = this.#takenSince !== undefined && clock.monotonic() - this.#takenSince >= takenMs
    if (verdict === 'refused' || isTakenForGood)
      return this.#fail(refusal(consumerGroupHeartbeat.name, code, `the group "${group}" (${message ?? 'no reason'})`))
    this.#later(pauseMs(this.#failures++))
  }

  #onFenced(): void {
    const lost = [...this.#owned.values()]
    this.#life++
    this.#epoch = 0
    this.#owned.clear()
    this.#target = this.#taking = undefined
    this.#go('fenced')
    this.#answerWaiters(() => true)
    this.#later(pauseMs(this.#failures++))
    if (lost.length > 0) this.#options.listener.lost(lost)
  }

  #fail(error: unknown): void {
    this.#timer?.cancel()
    this.#life++
    this.#owned.clear()
    this.#go('refused')
    this.#answerWaiters(() => true)
    this.#options.listener.failed(error)
  }

  /** Gives up what is not in the target, then takes what is new in it. */
  #follow(): void {
    if (this.#state !== 'stable' || this.#target === undefined) return
    const target = this.#named(this.#target)
    if (target === undefined) return this.#learnNames()
    this.#target = undefined
    const given = [...this.#owned].filter(([key]) => !target.has(key))
    const isSame = given.length === 0 && target.size === this.#owned.size
    if (isSame) {
      // Something between may have been assigned and taken back unheard: the coordinator waits until it is told that nothing of it is owned.
      this.#isOwnedHeard = false
      return
    }
    this.#go('target')
    this.#taking = target
    const life = this.#life
    const taken = (): void => {
      if (life === this.#life) this.#take(given)
    }
    if (given.length === 0) return taken()
    // One that cannot be given up in good order is given up all the same: what is in flight for it is refused by its epoch.
    void this.#options.listener.revoke(given.map(([, partition]) => partition)).then(taken, taken)
  }

  #take(given: readonly (readonly [string, OwnedPartition])[]): void {
    for (const [key] of given) this.#owned.delete(key)
    const added = [...(this.#taking ?? [])].filter(([key]) => !this.#owned.has(key))
    this.#taking = undefined
    for (const [key, partition] of added) this.#owned.set(key, partition)
    this.#isOwnedHeard = false
    this.#go('revoked')
    this.#beat()
    if (added.length > 0) this.#options.listener.assigned(added.map(([, partition]) => partition))
    this.#follow()
  }

  /** The target with the names of its topics; undefined while one is not known. */
  #named(target: readonly TopicPartitions[]): ReadonlyMap<string, OwnedPartition> | undefined {
    const { cluster, topics } = this.#options
    const names = new Map(topics.map((topic) => [cluster.topic(topic)?.id, topic] as const))
    const named = new Map<string, OwnedPartition>()
    for (const { topicId, partitions } of target) {
      const topic = names.get(topicId)
      if (topic === undefined) return undefined
      for (const partition of partitions) named.set(`${topicId}/${partition}`, { topic, partition })
    }
    return named
  }

  #learnNames(): void {
    if (this.#isLearning) return
    this.#isLearning = true
    const { cluster, clock, topics } = this.#options
    const again = (): void => {
      this.#isLearning = false
      this.#follow()
    }
    cluster.refresh(topics).then(
      () => void clock.timer(firstPauseMs, again),
      () => void clock.timer(longestPauseMs, again),
    )
  }

  #later(ms: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.timer(ms, () => this.#beat())
  }

  #answerWaiters(isAnswered: (waiter: { readonly isAsked: boolean }) => boolean): void {
    const answered = this.#waiters.filter(isAnswered)
    this.#waiters = this.#waiters.filter((waiter) => !isAnswered(waiter))
    for (const { resolve } of answered) resolve()
  }
}

const pauseMs = (failures: number): number => Math.min(firstPauseMs * 2 ** Math.min(failures, 10), longestPauseMs)
