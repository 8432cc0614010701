/**
 * A cluster of a test: it answers what its script says, a question at a time, and notes what was asked. What no script names is
 * answered as a calm cluster would. Questions go through their real encoding, so that one that cannot be written is noticed.
 */
import { Writer } from '@platformatic/kafka'
import { MetrobusError } from '../../../errors/index.ts'
import type { Address } from './address.ts'
import { apiVersions } from './codec/api-versions.ts'
import { findCoordinator } from './codec/find-coordinator.ts'
import { metadata } from './codec/metadata.ts'
import type { BrokerAddress, TopicAnswer } from './codec/metadata.ts'
import { codes } from './codes.ts'
import type { Api, Travel, Wire } from './wire.ts'

/** The answer is lost, or the broker cannot be reached. */
export type Accident = 'lost' | 'unreachable'

export interface Asked {
  readonly node: number
  readonly api: string
  readonly question: unknown
  readonly timeoutMs: number
}

type Script = (question: never, node: number) => unknown

export class ScriptedWire implements Wire {
  /** Every question, in the order asked. */
  readonly asked: Asked[] = []
  /** Leader and its epoch of each partition, by topic; a topic that is not there does not exist. */
  readonly leaders = new Map<string, { node: number; epoch: number }[]>()
  /** Coordinator of everything. */
  coordinator = 1
  readonly #nodes: readonly number[]
  readonly #scripts = new Map<string, Script>()

  constructor(nodes: readonly number[] = [1]) {
    this.#nodes = nodes
    this.on(apiVersions, () => ({
      errorCode: 0,
      versionMax: new Map(),
      finalised: new Map([
        ['group.version', 1],
        ['transaction.version', 2],
      ]),
    }))
    this.on(metadata, ({ topics }) => ({
      brokers: this.#brokers(),
      clusterId: 'scripted',
      topics: topics.map((t) => this.#topic(t)),
    }))
    this.on(findCoordinator, () => ({ ...this.#broker(this.coordinator), errorCode: 0, errorMessage: null }))
  }

  /** From now on, questions of this kind are answered so; an accident in place of an answer is possible. */
  on<Question, Answer>(
    api: Api<Question, Answer>,
    script: (question: Question, node: number) => Answer | Accident,
  ): void {
    this.#scripts.set(api.name, script)
  }

  /** The questions of one kind. */
  askedOf<Question, Answer>(api: Api<Question, Answer>): readonly Question[] {
    return this.asked.filter((one) => one.api === api.name).map((one) => one.question as Question)
  }

  async request<Question, Answer>(
    { host, port }: Address,
    api: Api<Question, Answer>,
    question: Question,
    { timeoutMs }: Travel,
  ): Promise<Answer> {
    api.encode(Writer.create(), question)
    this.asked.push({ node: port, api: api.name, question, timeoutMs })
    const script = this.#scripts.get(api.name)
    const reply = script === undefined ? 'lost' : (script(question as never, port) as Answer | Accident)
    const broker = `${host}:${port}`
    if (reply === 'lost')
      throw new MetrobusError('MB_KAFKA_NO_ANSWER', { request: api.name, broker, reason: 'scripted' })
    if (reply === 'unreachable')
      throw new MetrobusError('MB_KAFKA_UNREACHABLE', { brokers: [broker], reason: 'scripted' })
    return reply
  }

  async close(): Promise<void> {}

  /** Where a test's cluster begins: the port is the node. */
  get bootstrap(): Address[] {
    return this.#nodes.map((node) => ({ host: 'node', port: node }))
  }

  #broker(node: number): BrokerAddress {
    return { node, host: 'node', port: node, rack: null }
  }

  #brokers(): BrokerAddress[] {
    return this.#nodes.map((node) => this.#broker(node))
  }

  #topic(name: string): TopicAnswer {
    const leaders = this.leaders.get(name)
    const partitions = (leaders ?? []).map(({ node, epoch }, partition) => ({
      errorCode: 0,
      partition,
      leader: node,
      leaderEpoch: epoch,
      replicas: this.#nodes.length,
    }))
    return {
      errorCode: leaders === undefined ? codes.UNKNOWN_TOPIC_OR_PARTITION : codes.NONE,
      name,
      id: name,
      partitions,
    }
  }
}
