/**
 * A cluster of a test that keeps the rules of a real one: leaders and coordinators, sequence numbers, the second transaction protocol with
 * its epochs and timeouts, offsets that wait for their transaction. It is a wire on which questions and answers take time, are lost,
 * or arrive when nobody waits for them any more.
 *
 * What it takes to be true of brokers is written here once; `test/kafka` holds the driver against real ones.
 */
import { Writer } from '@platformatic/kafka'
import { MetrobusError } from '../../../errors/index.ts'
import type { Clock, Random } from '../../../internal/platform/platform.ts'
import type { Address } from './address.ts'
import { apiVersions } from './codec/api-versions.ts'
import { endTxn } from './codec/end-txn.ts'
import { findCoordinator } from './codec/find-coordinator.ts'
import { initProducerId } from './codec/init-producer-id.ts'
import { metadata } from './codec/metadata.ts'
import { produce } from './codec/produce.ts'
import type { ProducedAnswer } from './codec/produce.ts'
import { txnOffsetCommit } from './codec/txn-offset-commit.ts'
import { codes } from './codes.ts'
import { ModelPartition } from './model-partition.ts'
import { ModelTransaction } from './model-transaction.ts'
import type { Api, Travel, Wire } from './wire.ts'

/** Probabilities of what befalls a question. */
export interface Weather {
  /** It never arrives. */
  readonly questionLost: number
  /** It is carried out, and its answer never arrives. */
  readonly answerLost: number
  /** It arrives up to 20 s later, and its answer never does. */
  readonly late: number
  /** A broker answers that it cannot now. */
  readonly notNow: number
  /** Before it arrives, a partition or a coordinator moves to another node. */
  readonly moved: number
  /** From then on, for up to a minute, every question of its kind is lost, or every answer to one. */
  readonly outage: number
}

export interface ModelOptions {
  readonly clock: Clock
  readonly random: Random
  readonly weather: Weather
  readonly topic: string
  readonly partitions: number
}

const nodes = [1, 2, 3]
const latencyMs = 20
const latestMs = 20_000
const outageMs = 60_000
const calm: ReadonlySet<string> = new Set([apiVersions.name, metadata.name, findCoordinator.name])

export class ModelCluster implements Wire {
  readonly topic: string
  readonly partitions: readonly ModelPartition[]
  readonly transaction: ModelTransaction
  readonly #clock: Clock
  readonly #random: Random
  readonly #weather: Weather
  /** Of the transaction and of the group. */
  #coordinator = 1
  /** By the kind of question. */
  readonly #outages = new Map<string, { readonly fate: string; readonly until: number }>()
  /** How often each thing befell, so that a test knows that its weather was not calm. */
  readonly befell = new Map<string, number>()

  constructor({ clock, random, weather, topic, partitions }: ModelOptions) {
    this.#clock = clock
    this.#random = random
    this.#weather = weather
    this.topic = topic
    this.partitions = Array.from({ length: partitions }, (_, index) => new ModelPartition(nodes[index % 3] ?? 1))
    this.transaction = new ModelTransaction(clock, this.partitions)
  }

  get bootstrap(): Address[] {
    return nodes.map((node) => ({ host: 'model', port: node }))
  }

  async request<Question, Answer>(
    address: Address,
    api: Api<Question, Answer>,
    question: Question,
    { timeoutMs }: Travel,
  ): Promise<Answer> {
    // The bytes leave now: what the producer does to its batches later must not reach them.
    const sent = frozen(question)
    api.encode(Writer.create(), question)
    const fate = calm.has(api.name) ? 'arrives' : this.#fate(api.name)
    await this.#pass(this.#random.next() * latencyMs)
    if (fate === 'moved') this.#move()
    if (fate === 'late') {
      const delayMs = this.#random.next() * latestMs
      this.#clock.timer(delayMs, () => void this.#carryOut(address.port, api, sent))
    }
    if (fate === 'question lost' || fate === 'late') return this.#silence(api.name, timeoutMs)
    const answer = this.#carryOut(address.port, api, sent, fate === 'not now')
    if (fate === 'answer lost') return this.#silence(api.name, timeoutMs)
    await this.#pass(this.#random.next() * latencyMs)
    return answer as Answer
  }

  async close(): Promise<void> {}

  note(what: string): void {
    this.befell.set(what, (this.befell.get(what) ?? 0) + 1)
  }

  #fate(kind: string): string {
    const now = this.#outages.get(kind)
    if (now !== undefined && this.#clock.monotonic() < now.until) return now.fate
    const { questionLost, answerLost, late, notNow, moved, outage } = this.#weather
    const fates = { 'question lost': questionLost, 'answer lost': answerLost, late, 'not now': notNow, moved, outage }
    let dice = this.#random.next()
    for (const [fate, probability] of Object.entries(fates)) {
      if (dice < probability) {
        this.note(fate)
        return fate === 'outage' ? this.#beginOutage(kind) : fate
      }
      dice -= probability
    }
    return 'arrives'
  }

  #beginOutage(kind: string): string {
    const fate = this.#random.next() < 0.5 ? 'question lost' : 'answer lost'
    this.#outages.set(kind, { fate, until: this.#clock.monotonic() + this.#random.next() * outageMs })
    return fate
  }

  #move(): void {
    const node = nodes[Math.floor(this.#random.next() * nodes.length)] ?? 1
    const index = Math.floor(this.#random.next() * (this.partitions.length + 1))
    const partition = this.partitions[index]
    if (partition === undefined) this.#coordinator = node
    else partition.moveTo(node)
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.timer(ms, resolve))
  }

  /** A connection that breaks tells at once, one that hangs when the time is over. */
  async #silence(request: string, timeoutMs: number): Promise<never> {
    await this.#pass(this.#random.next() < 0.5 ? 1 : timeoutMs)
    throw new MetrobusError('MB_KAFKA_NO_ANSWER', { request, broker: 'model', reason: 'the weather' })
  }

  #carryOut<Question, Answer>(node: number, api: Api<Question, Answer>, question: Question, notNow = false): unknown {
    this.transaction.heedTime()
    const answers: Readonly<Record<string, () => unknown>> = {
      [apiVersions.name]: () => ({ errorCode: 0, versionMax: new Map(), finalised }),
      [metadata.name]: () => this.#metadata(),
      [findCoordinator.name]: () => ({ ...addressOf(this.#coordinator), errorCode: 0, errorMessage: null }),
      [produce.name]: () => ({ partitions: this.#produce(node, question as QuestionOf<typeof produce>, notNow) }),
      [initProducerId.name]: () =>
        this.#coordinated(
          node,
          notNow,
          (barred) => barred ?? this.transaction.init(question as QuestionOf<typeof initProducerId>),
        ),
      [endTxn.name]: () =>
        this.#coordinated(
          node,
          notNow,
          (barred) => barred ?? this.transaction.end(question as QuestionOf<typeof endTxn>),
        ),
      [txnOffsetCommit.name]: () => this.#offsets(node, question as QuestionOf<typeof txnOffsetCommit>, notNow),
    }
    return answers[api.name]?.()
  }

  /** Refusals of a broker that is not the coordinator, or cannot now. */
  #coordinated<T>(
    node: number,
    notNow: boolean,
    work: (barred: { errorCode: number; identity: { producerId: bigint; producerEpoch: number } } | undefined) => T,
  ): T {
    const errorCode = this.#barring(node, notNow)
    return work(errorCode === codes.NONE ? undefined : { errorCode, identity: { producerId: -1n, producerEpoch: -1 } })
  }

  #barring(node: number, notNow: boolean): number {
    if (node !== this.#coordinator) return codes.NOT_COORDINATOR
    return notNow ? codes.COORDINATOR_LOAD_IN_PROGRESS : codes.NONE
  }

  #offsets(node: number, question: QuestionOf<typeof txnOffsetCommit>, notNow: boolean): unknown {
    const barred = this.#barring(node, notNow)
    const errorCode = barred === codes.NONE ? this.transaction.addOffsets(question) : barred
    return { partitions: question.positions.map(({ topic, partition }) => ({ topic, partition, errorCode })) }
  }

  #produce(node: number, { topics }: QuestionOf<typeof produce>, notNow: boolean): ProducedAnswer[] {
    return topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, batch }) => {
        const log = this.partitions[partition]
        const answer = { topic, partition, errorMessage: null, baseOffset: -1 }
        if (log === undefined || topic !== this.topic) return { ...answer, errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION }
        if (node !== log.leader) return { ...answer, errorCode: codes.NOT_LEADER_OR_FOLLOWER }
        if (notNow) return { ...answer, errorCode: codes.NOT_ENOUGH_REPLICAS }
        return { ...answer, ...log.append(batch, this.transaction) }
      }),
    )
  }

  #metadata(): unknown {
    const partitions = this.partitions.map(({ leader, epoch }, partition) => ({
      errorCode: 0,
      partition,
      leader,
      leaderEpoch: epoch,
    }))
    const topics = [{ errorCode: 0, name: this.topic, id: this.topic, partitions }]
    return { brokers: nodes.map((node) => addressOf(node)), clusterId: 'model', topics }
  }
}

type QuestionOf<A> =
  A extends Api<infer Question, never> ? Question : A extends Api<infer Question, infer _> ? Question : never

const finalised = new Map([
  ['group.version', 1],
  ['transaction.version', 2],
])

const addressOf = (node: number) => ({ node, host: 'model', port: node, rack: null })

function frozen<Question>(question: Question): Question {
  const { topics } = question as Partial<QuestionOf<typeof produce>>
  if (topics === undefined || topics.every((topic) => typeof topic === 'string')) return question
  const copies = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, batch }) => ({ partition, batch: Buffer.from(batch) })),
  }))
  return { ...question, topics: copies }
}
