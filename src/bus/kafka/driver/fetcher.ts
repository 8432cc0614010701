/**
 * Reads committed records of any number of partitions: one fetch session with each broker that leads some, one question on its way to each, all topics of an
 * app in it. It buffers within bounds, follows leaders, and stops a partition where going on would skip or repeat something: then
 * `halted` is told, and `seek` says where to go on.
 *
 * Invariants:
 * - T1 At most one question is on its way to a broker, and what all may answer fits into what is free of `bytesMax`, but for a
 *   single batch that is larger. Each broker has its share of it, so that none takes what another needs.
 * - T2 Nobody waits for a handler: a partition whose records are not taken is left out of the questions, the others go on.
 * - T3 A failure of one partition or broker delays only that one; pauses grow from 20 ms to 1 s and end with the first success.
 * - T4 Nothing is told after `close` or for a removed partition.
 */
import { isMetrobusError } from '../../../errors/index.ts'
import type { Clock, Timer } from '../../../internal/platform/platform.ts'
import { refusal } from './cluster.ts'
import type { Cluster } from './cluster.ts'
import { fetch } from './codec/fetch.ts'
import type { FetchAnswer, FetchedPartition } from './codec/fetch.ts'
import { codes } from './codes.ts'
import { committedOf } from './fetch-committed.ts'
import { fetchVerdict, isSessionForgotten } from './fetch-errors.ts'
import { FetchPartition } from './fetch-partition.ts'
import type { Halt } from './fetch-partition.ts'
import { FetchSession } from './fetch-session.ts'
import type { FetchWish } from './fetch-session.ts'

/** What the fetcher needs of a cluster. */
export type FetchCluster = Pick<Cluster, 'topic' | 'leader' | 'refresh' | 'request'>

export interface FetchListener {
  /** `next` of this partition would answer a record, and would not have a moment ago. */
  ready(partition: FetchPartition): void
  /** `fetchAt` of this partition is further on; there may be records, or only what nobody sees. After `ready`. */
  moved?(partition: FetchPartition): void
  /** The partition is fetched no further until `seek`. `at`: where its log ends, when it was truncated. What is buffered can still be taken. */
  halted(partition: FetchPartition, halt: Halt, at?: number): void
  /** Nothing is fetched any more. */
  failed(error: unknown): void
}

export interface FetcherOptions {
  readonly cluster: FetchCluster
  readonly clock: Clock
  readonly listener: FetchListener
  /** Its questions hold up those of others in the same lane while a broker waits for a first byte. Default 'fetch'. */
  readonly lane?: string
  /** Milliseconds that a broker waits for a first byte. Default 250. */
  readonly maxWaitMs?: number
  /** Milliseconds beyond `maxWaitMs` after which a broker counts as gone. Default 10,000. */
  readonly requestMs?: number
  /** Bytes buffered in all. Default 32 MiB. */
  readonly bytesMax?: number
  /** Bytes of one answer. Default 8 MiB. */
  readonly answerBytesMax?: number
  /** Bytes of one partition in one answer, and buffered before it is left out. Default 1 MiB. */
  readonly partitionBytesMax?: number
  /** Milliseconds after which a topic that nobody knows is missing. Default 30,000. */
  readonly missingMs?: number
}

type Wish = FetchWish<{ readonly partition: FetchPartition; readonly generation: number }>

interface Node {
  readonly id: number
  readonly session: FetchSession<Wish['owner']>
  isBusy: boolean
  /** When it was asked last, counted in questions. */
  turn: number
  failures: number
  notBefore: number
}

const KiB = 1024
const MiB = 1024 * KiB
const firstPauseMs = 20
const longestPauseMs = 1000
/** A broker is not asked for less. */
const answerBytesMin = 16 * KiB
/** How long a broker waits while a partition is left out, so that it is soon asked for again. */
const shortWaitMs = 10
const badAnswersMax = 5

export class Fetcher {
  readonly #options: Required<FetcherOptions>
  readonly #partitions = new Set<FetchPartition>()
  readonly #nodes = new Map<number, Node>()
  #bufferedBytes = 0
  #reservedBytes = 0
  /** Something was left out because the buffers are full: taking from them asks again. */
  #isFull = false
  #isClosed = false
  #isRefreshing = false
  /** Times that leaders were learned since the last good answer. */
  #refreshes = 0
  #turns = 0
  #timer: Timer | undefined

  constructor(options: FetcherOptions) {
    this.#options = {
      lane: 'fetch',
      maxWaitMs: 250,
      requestMs: 10_000,
      bytesMax: 32 * MiB,
      answerBytesMax: 8 * MiB,
      partitionBytesMax: MiB,
      missingMs: 30_000,
      ...options,
    }
  }

  /** Fetches a partition from `offset` on. `epoch`: the leader epoch of the record before, -1 when not known; with it a truncated log is noticed. */
  add(topic: string, partition: number, offset: number, epoch = -1): FetchPartition {
    const { partitionBytesMax } = this.#options
    const added = new FetchPartition(topic, partition, offset, partitionBytesMax, (bytes) => this.#onTaken(bytes))
    added.lastEpoch = epoch
    this.#partitions.add(added)
    this.#ask()
    return added
  }

  /** Fetches the partition no further, and drops what is buffered of it. */
  remove(partition: FetchPartition): void {
    if (!this.#partitions.delete(partition)) return
    partition.seek(partition.fetchAt)
    this.#ask()
  }

  /** Goes on at another offset; also after a halt. */
  seek(partition: FetchPartition, offset: number, epoch = -1): void {
    partition.seek(offset, epoch)
    this.#ask()
  }

  /** Ends; what is on its way is not taken. */
  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#partitions.clear()
  }

  #onTaken(bytes: number): void {
    this.#bufferedBytes -= bytes
    if (this.#isFull) this.#ask()
  }

  /** Asks every broker that is not busy for what can be fetched of it; sets a timer for what cannot yet. */
  #ask(): void {
    if (this.#isClosed) return
    const now = this.#options.clock.monotonic()
    this.#isFull = false
    let soonest = Infinity
    let mustRefresh = false
    const wishes = new Map<Node, Wish[]>()
    const crowded = new Set<Node>()
    for (const partition of this.#partitions) {
      if (partition.halt !== undefined) continue
      const leader = this.#leaderOf(partition, now)
      if (leader === undefined) {
        mustRefresh ||= partition.halt === undefined
        continue
      }
      const { node, wish } = leader
      if (partition.bufferedBytes >= this.#options.partitionBytesMax) {
        crowded.add(node)
        continue
      }
      const notBefore = Math.max(partition.notBefore, node.notBefore)
      if (notBefore > now) {
        soonest = Math.min(soonest, notBefore)
        continue
      }
      const own = wishes.get(node)
      if (own === undefined) wishes.set(node, [wish])
      else own.push(wish)
    }
    this.#isFull = crowded.size > 0
    // Who was asked longest ago comes first: when memory is short, none goes without for ever.
    const inTurn = [...wishes].toSorted(([a], [b]) => a.turn - b.turn)
    for (const [node, own] of inTurn) if (!node.isBusy) this.#askNode(node, own, crowded.has(node))
    if (mustRefresh) this.#refresh()
    this.#setTimer(soonest - now)
  }

  /** The broker to ask and what to ask it; undefined when it is not known, or when the partition was halted here. */
  #leaderOf(partition: FetchPartition, now: number): { readonly node: Node; readonly wish: Wish } | undefined {
    const { cluster, missingMs } = this.#options
    const topic = cluster.topic(partition.topic)
    if (topic === undefined || partition.partition >= topic.partitions) {
      partition.missingSince ??= now
      if (now - partition.missingSince >= missingMs) this.#halt(partition, 'missing')
      return undefined
    }
    partition.topicId ??= topic.id
    if (partition.topicId !== topic.id) {
      this.#halt(partition, 'recreated')
      return undefined
    }
    const leader = cluster.leader(partition.topic, partition.partition)
    if (leader === undefined) return undefined
    const node = this.#node(leader.node)
    const wish: Wish = {
      topicId: topic.id,
      partition: partition.partition,
      leaderEpoch: leader.epoch,
      offset: partition.fetchAt,
      lastEpoch: partition.lastEpoch,
      maxBytes: partition.bytesMax,
      owner: { partition, generation: partition.generation },
    }
    return { node, wish }
  }

  #node(id: number): Node {
    const known = this.#nodes.get(id)
    if (known !== undefined) return known
    const node: Node = { id, session: new FetchSession(), isBusy: false, turn: 0, failures: 0, notBefore: 0 }
    this.#nodes.set(id, node)
    return node
  }

  #askNode(node: Node, wishes: Wish[], isCrowded: boolean): void {
    const { bytesMax, answerBytesMax, maxWaitMs, requestMs, cluster, lane } = this.#options
    const free = bytesMax - this.#bufferedBytes - this.#reservedBytes
    const share = Math.floor(bytesMax / this.#nodes.size)
    if (free < Math.min(answerBytesMin, share)) {
      this.#isFull = true
      return
    }
    const maxBytes = Math.min(free, share, answerBytesMax)
    node.turn = ++this.#turns
    const waitMs = isCrowded ? Math.min(shortWaitMs, maxWaitMs) : maxWaitMs
    // The first partition of a question may have a batch of any size, so that each must be the first one day.
    const first = node.turn % wishes.length
    const rotated = [...wishes.slice(first), ...wishes.slice(0, first)]
    const question = node.session.ask(rotated, { maxWaitMs: waitMs, minBytes: 1, maxBytes })
    node.isBusy = true
    this.#reservedBytes += maxBytes
    const release = (): void => {
      node.isBusy = false
      this.#reservedBytes -= maxBytes
    }
    cluster.request(node.id, fetch, question, { timeoutMs: waitMs + requestMs, lane }).then(
      (answer) => {
        release()
        this.#onAnswer(node, answer)
      },
      (error: unknown) => {
        release()
        this.#onNoAnswer(node, error)
      },
    )
  }

  #onAnswer(node: Node, answer: FetchAnswer): void {
    if (this.#isClosed) return
    if (answer.errorCode !== codes.NONE) return this.#onRefusal(node, answer.errorCode)
    node.failures = 0
    node.session.answered(answer.sessionId)
    for (const { topicId, partitions } of answer.topics)
      for (const fetched of partitions) {
        const wish = node.session.wish(topicId, fetched.partition)
        if (wish !== undefined && this.#isCurrent(wish)) this.#onFetched(wish.owner.partition, fetched)
      }
    this.#ask()
  }

  /** F3: the partition is still read, and from where it was asked for. */
  #isCurrent({ owner: { partition, generation }, offset }: Wish): boolean {
    return (
      !this.#isClosed &&
      this.#partitions.has(partition) &&
      partition.generation === generation &&
      partition.fetchAt === offset
    )
  }

  #onRefusal(node: Node, code: number): void {
    node.session.failed()
    const verdict = isSessionForgotten(code) ? 'again' : fetchVerdict(code)
    if (verdict === 'refused') return this.#fail(refusal(fetch.name, code, `broker ${node.id}`))
    // A forgotten session is made anew at once, but not again and again.
    this.#delay(node, isSessionForgotten(code) && node.failures === 0 ? 0 : pauseMs(node.failures))
    node.failures++
    this.#ask()
  }

  #onNoAnswer(node: Node, error: unknown): void {
    if (this.#isClosed) return
    node.session.failed()
    const isPassing = isMetrobusError(error, 'MB_KAFKA_UNREACHABLE') || isMetrobusError(error, 'MB_KAFKA_NO_ANSWER')
    if (!isPassing) return this.#fail(error)
    this.#delay(node, pauseMs(node.failures++))
    this.#refresh()
    this.#ask()
  }

  #onFetched(partition: FetchPartition, fetched: FetchedPartition): void {
    if (fetched.errorCode !== codes.NONE) return this.#onPartitionError(partition, fetched.errorCode)
    if (fetched.divergedAt !== undefined) return this.#halt(partition, 'truncated', fetched.divergedAt)
    partition.missingSince = undefined
    partition.stableOffset = fetched.stableOffset
    let committed
    try {
      committed = committedOf(fetched.records, fetched.aborted, partition.fetchAt)
    } catch (error) {
      if (++partition.badAnswers >= badAnswersMax) return this.#fail(error)
      return this.#delay(partition, pauseMs(partition.failures++))
    }
    partition.failures = partition.badAnswers = 0
    this.#refreshes = 0
    if (committed.isCut) {
      partition.bytesMax = Math.min(partition.bytesMax * 2, 2 ** 30)
      return
    }
    const before = partition.bufferedBytes
    const isReady = partition.take(committed)
    this.#bufferedBytes += partition.bufferedBytes - before
    if (isReady) this.#options.listener.ready(partition)
    this.#options.listener.moved?.(partition)
  }

  #onPartitionError(partition: FetchPartition, code: number): void {
    const verdict = fetchVerdict(code)
    if (verdict === 'refused') return this.#fail(refusal(fetch.name, code, `${partition.topic}/${partition.partition}`))
    if (verdict === 'range') return this.#halt(partition, 'out of range')
    const now = this.#options.clock.monotonic()
    if (verdict === 'missing') {
      partition.missingSince ??= now
      if (now - partition.missingSince >= this.#options.missingMs) return this.#halt(partition, 'missing')
    }
    this.#delay(partition, pauseMs(partition.failures++))
    if (verdict !== 'again') this.#refresh()
  }

  #delay(who: Node | FetchPartition, ms: number): void {
    who.notBefore = this.#options.clock.monotonic() + ms
  }

  #halt(partition: FetchPartition, halt: Halt, at?: number): void {
    partition.halt = halt
    this.#options.listener.halted(partition, halt, at)
  }

  #fail(error: unknown): void {
    this.close()
    this.#options.listener.failed(error)
  }

  /** Learns the leaders of every topic, once at a time. */
  #refresh(): void {
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    const { cluster, clock } = this.#options
    const topics = [...new Set([...this.#partitions].map(({ topic }) => topic))]
    const rest = (): void => {
      clock.timer(pauseMs(this.#refreshes++), () => {
        this.#isRefreshing = false
        this.#ask()
      })
    }
    cluster.refresh(topics).then(
      () => {
        rest()
        this.#ask()
      },
      (error: unknown) => {
        if (isMetrobusError(error) && error.family === 'stop' && !this.#isClosed) this.#fail(error)
        else rest()
      },
    )
  }

  #setTimer(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (delayMs === Infinity) return
    this.#timer = this.#options.clock.timer(delayMs, () => this.#ask())
  }
}

const pauseMs = (failures: number): number => Math.min(firstPauseMs * 2 ** Math.min(failures, 10), longestPauseMs)
