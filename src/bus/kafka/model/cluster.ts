/**
 * A whole cluster of a test, behind the seam of the driver: topics, transactions, groups, on three nodes whose leaders move, over a wire on which questions and answers
 * take time and are lost. What it takes to be true of brokers, `test/kafka` holds against real ones.
 */
import { Writer } from '@platformatic/kafka'
import { MetrobusError } from '../../../errors/index.ts'
import type { Clock, Random } from '../../../internal/platform/platform.ts'
import type { Address } from '../driver/address.ts'
import { createTopics, deleteRecords, describeConfigs } from '../driver/codec/administration.ts'
import { apiVersions } from '../driver/codec/api-versions.ts'
import { consumerGroupHeartbeat } from '../driver/codec/consumer-group-heartbeat.ts'
import { endTxn } from '../driver/codec/end-txn.ts'
import { fetch } from '../driver/codec/fetch.ts'
import type { FetchAnswer, FetchQuestion } from '../driver/codec/fetch.ts'
import { findCoordinator } from '../driver/codec/find-coordinator.ts'
import { initProducerId } from '../driver/codec/init-producer-id.ts'
import { listGroups } from '../driver/codec/inspection.ts'
import { beginning, end, listOffsets } from '../driver/codec/list-offsets.ts'
import type { ListOffsetsQuestion } from '../driver/codec/list-offsets.ts'
import { metadata } from '../driver/codec/metadata.ts'
import { offsetCommit } from '../driver/codec/offset-commit.ts'
import { offsetFetch } from '../driver/codec/offset-fetch.ts'
import { produce } from '../driver/codec/produce.ts'
import type { ProducedAnswer } from '../driver/codec/produce.ts'
import { txnOffsetCommit } from '../driver/codec/txn-offset-commit.ts'
import { codes } from '../driver/codes.ts'
import type { Api, Travel, Wire } from '../driver/wire.ts'
import { ModelGroup } from './group.ts'
import { ModelLog } from './log.ts'
import { ModelTransactions } from './transactions.ts'

/** Probabilities of what befalls a question. */
export interface ModelWeather {
  /** It never arrives. */
  readonly questionLost: number
  /** It is carried out, and its answer never arrives. */
  readonly answerLost: number
  /** Before it arrives, a partition or a coordinator moves to another node. */
  readonly moved: number
}

interface ModelTopic {
  readonly id: string
  readonly logs: ModelLog[]
  readonly configs: ReadonlyMap<string, string>
}

type QuestionOf<A> = A extends Api<infer Question, infer _> ? Question : never

const nodes = [1, 2, 3]
const calm: ReadonlySet<string> = new Set([apiVersions.name, metadata.name, findCoordinator.name, createTopics.name])
const topicAlreadyExists = 36

/** Connections of one program; cut off, they carry nothing more. */
export interface ModelWire extends Wire {
  isCut: boolean
}

export class ModelKafka {
  readonly topics = new Map<string, ModelTopic>()
  readonly groups = new Map<string, ModelGroup>()
  readonly transactions: ModelTransactions
  weather: ModelWeather = { questionLost: 0, answerLost: 0, moved: 0 }
  /** Called before a question arrives: what it answers befalls the question. */
  befalls: ((api: string) => 'lost' | 'unanswered' | undefined) | undefined
  readonly #clock: Clock
  readonly #random: Random
  #coordinator = 1
  #waiting: (() => void)[] = []

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
    this.transactions = new ModelTransactions(clock, () => random.next() * 8)
  }

  static readonly brokers: readonly string[] = nodes.map((node) => `model:${node}`)

  wire(): ModelWire {
    const wire: ModelWire = {
      isCut: false,
      request: <Question, Answer>(address: Address, api: Api<Question, Answer>, question: Question, travel: Travel) =>
        this.#request(address, api, question, travel, wire),
      async close() {},
    }
    return wire
  }

  /** Throws a member out, as a coordinator does that has not heard of it. */
  expel(group: string, memberId: string): void {
    this.group(group).expel(memberId, this.#byName())
  }

  group(name: string): ModelGroup {
    let group = this.groups.get(name)
    if (group === undefined) this.groups.set(name, (group = new ModelGroup(this.#clock)))
    return group
  }

  async #request<Question, Answer>(
    address: Address,
    api: Api<Question, Answer>,
    question: Question,
    { timeoutMs }: Travel,
    wire: { readonly isCut: boolean },
  ): Promise<Answer> {
    api.encode(Writer.create(), question)
    const sent = frozen(api, question)
    const fate = this.#fate(api.name)
    await this.#pass(this.#random.next() * 2)
    if (fate === 'moved') this.#move()
    if (fate === 'question lost' || wire.isCut) return this.#silence(api.name, timeoutMs)
    const answer = await this.#carryOut(address.port, api, sent)
    if (fate === 'answer lost' || wire.isCut) return this.#silence(api.name, timeoutMs)
    await this.#pass(this.#random.next() * 2)
    return answer as Answer
  }

  #fate(api: string): string {
    const planned = this.befalls?.(api)
    if (planned !== undefined) return planned === 'lost' ? 'question lost' : 'answer lost'
    if (calm.has(api)) return 'arrives'
    const { questionLost, answerLost, moved } = this.weather
    const dice = this.#random.next()
    if (dice < questionLost) return 'question lost'
    if (dice < questionLost + answerLost) return 'answer lost'
    return dice < questionLost + answerLost + moved ? 'moved' : 'arrives'
  }

  #move(): void {
    const node = nodes[Math.floor(this.#random.next() * nodes.length)]!
    const logs = [...this.topics.values()].flatMap((topic) => topic.logs)
    const log = logs[Math.floor(this.#random.next() * (logs.length + 1))]
    if (log === undefined) this.#coordinator = node
    else log.moveTo(node)
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.timer(ms, resolve))
  }

  /** A connection that breaks tells at once, one that hangs when the time is over. */
  async #silence(request: string, timeoutMs: number): Promise<never> {
    await this.#pass(this.#random.next() < 0.7 ? 1 : timeoutMs)
    throw new MetrobusError('MB_KAFKA_NO_ANSWER', { request, broker: 'model', reason: 'the weather' })
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #carryOut(node: number, { name, key }: Api<never, unknown>, asked: unknown): unknown {
    this.transactions.heedTime()
    const answers: Readonly<Record<string, (question: never) => unknown>> = {
      [apiVersions.name]: () => ({ errorCode: 0, versionMax: new Map(), finalised }),
      [metadata.name]: (question?: QuestionOf<typeof metadata>) => this.#metadata(question?.topics),
      [findCoordinator.name]: () => ({ ...addressOf(this.#coordinator), errorCode: 0, errorMessage: null }),
      [createTopics.name]: (words: QuestionOf<typeof createTopics>) => this.#create(words),
      [describeConfigs.name]: (words: QuestionOf<typeof describeConfigs>) => this.#describe(words),
      [deleteRecords.name]: (words: QuestionOf<typeof deleteRecords>) => this.#delete(node, words),
      [listOffsets.name]: (question: ListOffsetsQuestion) => this.#listOffsets(node, question),
      [fetch.name]: (question: FetchQuestion) => this.#fetch(node, question),
      [produce.name]: (question: QuestionOf<typeof produce>) => ({ partitions: this.#produce(node, question) }),
      [initProducerId.name]: (question: QuestionOf<typeof initProducerId>) =>
        this.#coordinated(node, question.transactionalId === null, () => this.transactions.init(question)),
      [endTxn.name]: (question: QuestionOf<typeof endTxn>) =>
        this.#coordinated(node, false, () => this.transactions.end(question)),
      [txnOffsetCommit.name]: (question: QuestionOf<typeof txnOffsetCommit>) => this.#pend(node, question),
      [offsetCommit.name]: (question: QuestionOf<typeof offsetCommit>) => this.#commit(node, question),
      [offsetFetch.name]: (question: QuestionOf<typeof offsetFetch> | string) => this.#committed(node, question),
      [consumerGroupHeartbeat.name]: (question: QuestionOf<typeof consumerGroupHeartbeat>) =>
        node === this.#coordinator
          ? this.group(question.group).heartbeat(question, this.#byName())
          : {
              errorCode: codes.NOT_COORDINATOR,
              errorMessage: null,
              memberEpoch: 0,
              heartbeatMs: 0,
              assignment: undefined,
            },
      [listGroups.name]: () => ({
        groups: node === this.#coordinator ? [...this.groups.keys()].map((groupId) => ({ groupId })) : [],
      }),
    }
    const work = answers[name]
    if (work === undefined) throw new MetrobusError('MB_BUS_FAILED', { reason: `the model knows no ${name} (${key})` })
    return work(asked as never)
  }

  #coordinated<T>(node: number, isAnybodys: boolean, work: () => T): T | { errorCode: number; identity: object } {
    if (isAnybodys || node === this.#coordinator) return work()
    return { errorCode: codes.NOT_COORDINATOR, identity: { producerId: -1n, producerEpoch: -1 } }
  }

  #byName(): Map<string, { id: string; partitions: number }> {
    return new Map([...this.topics].map(([name, { id, logs }]) => [name, { id, partitions: logs.length }]))
  }

  #log(topic: string, partition: number): ModelLog | undefined {
    return this.topics.get(topic)?.logs[partition]
  }

  #metadata(wanted: readonly string[] = [...this.topics.keys()]): unknown {
    const topics = wanted.map((name) => {
      const topic = this.topics.get(name)
      if (topic === undefined) return { errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION, name, id: '', partitions: [] }
      const partitions = topic.logs.map(({ leader, leaderEpoch }, partition) => ({
        errorCode: 0,
        partition,
        leader,
        leaderEpoch,
        replicas: nodes.length,
      }))
      return { errorCode: 0, name, id: topic.id, partitions }
    })
    return { brokers: nodes.map((node) => addressOf(node)), clusterId: 'model', topics }
  }

  #create([wanted, , validateOnly]: QuestionOf<typeof createTopics>): unknown {
    const topics = wanted.map(({ name, numPartitions, configs }) => {
      const isThere = this.topics.has(name)
      if (!isThere && validateOnly !== true)
        this.topics.set(name, {
          id: idOf(this.topics.size),
          logs: Array.from({ length: numPartitions }, (_, n) => new ModelLog(nodes[n % nodes.length]!)),
          configs: new Map(configs.map((config) => [config.name, config.value ?? ''])),
        })
      const errorCode = isThere ? topicAlreadyExists : codes.NONE
      return { name, errorCode, errorMessage: null, numPartitions, replicationFactor: nodes.length, configs: [] }
    })
    return { throttleTimeMs: 0, topics }
  }

  #describe([resources]: QuestionOf<typeof describeConfigs>): unknown {
    const results = resources.map(({ resourceName }) => ({
      errorCode: this.topics.has(resourceName) ? codes.NONE : codes.UNKNOWN_TOPIC_OR_PARTITION,
      resourceName,
      configs: [...(this.topics.get(resourceName)?.configs ?? [])].map(([name, value]) => ({ name, value })),
    }))
    return { throttleTimeMs: 0, results }
  }

  #delete(node: number, [topics]: QuestionOf<typeof deleteRecords>): unknown {
    const cut = (name: string, partitionIndex: number, offset: bigint) => {
      const log = this.#log(name, partitionIndex)
      if (log?.leader !== node) return { partitionIndex, lowWatermark: -1n, errorCode: codes.NOT_LEADER_OR_FOLLOWER }
      log.begin = Math.max(log.begin, Number(offset))
      return { partitionIndex, lowWatermark: BigInt(log.begin), errorCode: codes.NONE }
    }
    const answers = topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => cut(name, partitionIndex, offset)),
    }))
    return { throttleTimeMs: 0, topics: answers }
  }

  #listOffsets(node: number, { topics, withOpen }: ListOffsetsQuestion): unknown {
    const partitions = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, time }) => {
        const log = this.#log(topic, partition)
        if (log === undefined) return { topic, partition, errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION, offset: -1 }
        if (log.leader !== node) return { topic, partition, errorCode: codes.NOT_LEADER_OR_FOLLOWER, offset: -1 }
        const last = withOpen === true ? log.end : log.stable
        const offset = time === beginning ? log.begin : time === end ? last : log.offsetAt(time)
        return { topic, partition, errorCode: codes.NONE, offset }
      }),
    )
    return { partitions }
  }

  async #fetch(node: number, question: FetchQuestion): Promise<FetchAnswer> {
    const until = this.#clock.monotonic() + question.maxWaitMs
    for (;;) {
      const answer = this.#fetched(node, question)
      const isWorth = answer.topics.some(({ partitions }) =>
        partitions.some(({ errorCode, records }) => errorCode !== codes.NONE || records.length > 0),
      )
      const leftMs = until - this.#clock.monotonic()
      if (isWorth || leftMs <= 0) return answer
      await new Promise<void>((resolve) => {
        const timer = this.#clock.timer(leftMs, resolve)
        this.#waiting.push(() => {
          timer.cancel()
          resolve()
        })
      })
    }
  }

  #fetched(node: number, { topics }: FetchQuestion): FetchAnswer {
    const byId = new Map([...this.topics.values()].map((topic) => [topic.id, topic]))
    const answers = topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partition, offset, maxBytes }) => {
        const log = byId.get(topicId)?.logs[partition]
        const nothing = { partition, stableOffset: -1, aborted: [], divergedAt: undefined, records: Buffer.alloc(0) }
        if (log === undefined) return { ...nothing, errorCode: codes.UNKNOWN_TOPIC_ID }
        if (log.leader !== node) return { ...nothing, errorCode: codes.NOT_LEADER_OR_FOLLOWER }
        if (offset < log.begin || offset > log.end) return { ...nothing, errorCode: codes.OFFSET_OUT_OF_RANGE }
        return { ...nothing, errorCode: codes.NONE, ...log.read(offset, maxBytes) }
      }),
    }))
    return { errorCode: codes.NONE, sessionId: 0, topics: answers }
  }

  #produce(node: number, { topics }: QuestionOf<typeof produce>): ProducedAnswer[] {
    const now = this.#clock.now()
    const answers = topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, batch }): ProducedAnswer => {
        const log = this.#log(topic, partition)
        const answer = { topic, partition, errorMessage: null, baseOffset: -1 }
        if (log === undefined) return { ...answer, errorCode: codes.UNKNOWN_TOPIC_OR_PARTITION }
        if (log.leader !== node) return { ...answer, errorCode: codes.NOT_LEADER_OR_FOLLOWER }
        const join = (producerId: bigint, epoch: number): number =>
          this.transactions.join(producerId, epoch, `${topic}/${partition}`, (isCommitted) => {
            log.mark(producerId, epoch, isCommitted, this.#clock.now())
            this.#changed()
          })
        return { ...answer, ...log.append(batch, now, join) }
      }),
    )
    this.#changed()
    return answers
  }

  #pend(
    node: number,
    { group, memberId, memberEpoch, identity, positions }: QuestionOf<typeof txnOffsetCommit>,
  ): unknown {
    const { producerId, producerEpoch } = identity
    let errorCode: number =
      node === this.#coordinator ? this.group(group).check(memberId, memberEpoch) : codes.NOT_COORDINATOR
    if (errorCode === codes.NONE) {
      // The latest word of a transaction counts, so it is said before the transaction knows of it.
      const isOpen = this.transactions.join(producerId, producerEpoch, `group ${group}`, (isCommitted) =>
        mark(isCommitted),
      )
      errorCode = isOpen
      const mark = isOpen === codes.NONE ? this.group(group).pend(producerId, positions) : () => {}
    }
    return { partitions: positions.map(({ topic, partition }) => ({ topic, partition, errorCode })) }
  }

  #commit(node: number, { group, memberId, memberEpoch, positions }: QuestionOf<typeof offsetCommit>): unknown {
    const isHere = node === this.#coordinator
    const errorCode = isHere ? this.group(group).check(memberId, memberEpoch) : codes.NOT_COORDINATOR
    if (errorCode === codes.NONE) for (const position of positions) this.group(group).commit(position)
    return { partitions: positions.map(({ topic, partition }) => ({ topic, partition, errorCode })) }
  }

  #committed(node: number, question: QuestionOf<typeof offsetFetch> | string): unknown {
    if (node !== this.#coordinator) return { errorCode: codes.NOT_COORDINATOR, partitions: [] }
    if (typeof question === 'string')
      return { errorCode: codes.NONE, partitions: this.groups.get(question)?.all() ?? [] }
    const { group, memberId, memberEpoch, topics } = question
    const errorCode = memberId === null ? codes.NONE : this.group(group).check(memberId, memberEpoch)
    const partitions = topics.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => this.group(group).committed(topic, partition)),
    )
    return { errorCode, partitions: errorCode === codes.NONE ? partitions : [] }
  }
}

const finalised = new Map([
  ['group.version', 1],
  ['transaction.version', 2],
])

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

const addressOf = (node: number) => ({ node, host: 'model', port: node, rack: null })

/** The bytes leave now: what the producer does to its batches later must not reach them. */
function frozen<Question, Answer>(api: Api<Question, Answer>, question: Question): Question {
  if (api.name !== produce.name) return question
  const asked = question as QuestionOf<typeof produce>
  const topics = asked.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition, batch }) => ({ partition, batch: Buffer.from(batch) })),
  }))
  return { ...asked, topics } as Question
}
