/**
 * Where to ask: the brokers of a cluster, who leads each partition, who coordinates a group or a transactional id. What is
 * known may be stale at any time; a caller whose question went to the wrong broker says so by `refresh` or `forget` and asks again.
 */
import { isMetrobusError, MetrobusError } from '../../../errors/index.ts'
import type { Clock } from '../../../internal/platform/platform.ts'
import type { Address } from './address.ts'
import { apiVersions } from './codec/api-versions.ts'
import { findCoordinator } from './codec/find-coordinator.ts'
import type { CoordinatorKind } from './codec/find-coordinator.ts'
import { metadata } from './codec/metadata.ts'
import type { MetadataAnswer, TopicAnswer } from './codec/metadata.ts'
import { codeName, codes, isPassing } from './codes.ts'
import { Patience } from './patience.ts'
import type { Api, Travel, Wire } from './wire.ts'

export interface ClusterOptions {
  /** Brokers to begin with; any one that answers is enough. */
  readonly bootstrap: readonly Address[]
  readonly wire: Wire
  readonly clock: Clock
  /** How long `open` looks for a broker. Default 5,000 ms. */
  readonly openMs?: number
  /** How long one question may take. Default 10,000 ms. */
  readonly requestMs?: number
}

/** A topic as the newest metadata has it. */
export interface Topic {
  readonly name: string
  readonly id: string
  readonly partitions: number
}

export interface Leader {
  readonly node: number
  readonly epoch: number
}

interface KnownTopic extends Topic {
  readonly leaders: readonly (Leader | undefined)[]
}

/** A question with less time than this ends by our own doing, which says nothing about the broker. */
const tellingMs = 1_000

/** The protocol that the driver speaks; a cluster at a lower level tears transactions or has no server-side groups. */
const needed: readonly { readonly feature: string; readonly level: number }[] = [
  { feature: 'group.version', level: 1 },
  { feature: 'transaction.version', level: 2 },
]

export class Cluster {
  readonly #options: Required<ClusterOptions>
  readonly #addresses = new Map<number, Address>()
  readonly #topics = new Map<string, KnownTopic>()
  readonly #coordinators = new Map<string, number>()
  /** Every topic that was asked for and is there, refreshed together. */
  readonly #wanted = new Set<string>()
  /** Those that the newest metadata did not tell for want of a permission. */
  readonly #forbidden = new Set<string>()
  #refreshing: { readonly covers: ReadonlySet<string>; readonly done: Promise<void> } | undefined

  constructor(options: ClusterOptions) {
    this.#options = { openMs: 5_000, requestMs: 10_000, ...options }
  }

  /**
   * Finds a broker and learns the others. Rejects with MB_KAFKA_UNREACHABLE, MB_KAFKA_CREDENTIALS, MB_KAFKA_TLS or
   * MB_KAFKA_OLD_CLUSTER, within `openMs`.
   */
  async open(): Promise<void> {
    const patience = new Patience(this.#options.clock, this.#options.openMs)
    // A host that swallows everything must not use up the time of those after it.
    const travel = (untried: number): Travel => ({ timeoutMs: patience.leftMs / untried })
    await this.#persist(patience, () => this.#anyBroker(apiVersions, software, travel).then(refuseOld))
    await this.#persist(patience, () => this.#anyBroker(metadata, { topics: [] }, travel).then((a) => this.#learn(a)))
  }

  /** Undefined until a `refresh` for it, and when it does not exist. */
  topic(name: string): Topic | undefined {
    return this.#topics.get(name)
  }

  /** Undefined while the partition has no leader that is known. */
  leader(topic: string, partition: number): Leader | undefined {
    return this.#topics.get(topic)?.leaders[partition]
  }

  /**
   * Learns the leaders of these topics, and again of all asked for before. Calls at the same time share one question. Rejects with MB_KAFKA_NOT_ALLOWED where one of
   * these may not be looked at, which is nothing to those who ask for others; else as `open`.
   */
  async refresh(topics: readonly string[]): Promise<void> {
    await this.#refreshed(topics)
    const forbidden = topics.filter((topic) => this.#forbidden.has(topic))
    if (forbidden.length > 0) throw refusal(metadata.name, codes.TOPIC_AUTHORIZATION_FAILED, forbidden.join(', '))
  }

  async #refreshed(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#wanted.add(topic)
    const current = this.#refreshing
    if (current !== undefined && topics.every((topic) => current.covers.has(topic))) return current.done
    await current?.done.catch(() => undefined)
    if (this.#refreshing !== undefined && this.#refreshing !== current) return this.#refreshed(topics)
    const covers = new Set(this.#wanted)
    const patience = new Patience(this.#options.clock, this.#options.requestMs)
    const travel = (untried: number): Travel => ({ timeoutMs: patience.leftMs / untried })
    const done = this.#anyBroker(metadata, { topics: [...covers] }, travel)
      .then((answer) => this.#learn(answer))
      .finally(() => (this.#refreshing = undefined))
    this.#refreshing = { covers, done }
    return done
  }

  /** The broker that coordinates `key`, asked once and remembered until `forget`. */
  async coordinator(kind: CoordinatorKind, key: string, timeoutMs: number = this.#options.requestMs): Promise<number> {
    const known = this.#coordinators.get(`${kind}:${key}`)
    if (known !== undefined) return known
    const patience = new Patience(this.#options.clock, timeoutMs)
    return this.#persist(patience, async () => {
      const travel = (untried: number): Travel => ({ timeoutMs: patience.leftMs / untried })
      const answer = await this.#anyBroker(findCoordinator, { kind, key }, travel)
      if (answer.errorCode !== codes.NONE) throw refusal(findCoordinator.name, answer.errorCode, `${kind} "${key}"`)
      this.#addresses.set(answer.node, { host: answer.host, port: answer.port })
      this.#coordinators.set(`${kind}:${key}`, answer.node)
      return answer.node
    })
  }

  /** After NOT_COORDINATOR, or when the coordinator does not answer. */
  forget(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind}:${key}`)
  }

  /** Asks one broker; rejects as `Wire.request` does. */
  async request<Question, Answer>(
    node: number,
    api: Api<Question, Answer>,
    question: Question,
    travel?: Partial<Travel>,
  ): Promise<Answer> {
    const address = this.#addresses.get(node)
    if (address === undefined)
      throw new MetrobusError('MB_KAFKA_UNREACHABLE', { brokers: [`node ${node}`], reason: 'it is not known' })
    return this.#options.wire.request(address, api, question, { timeoutMs: this.#options.requestMs, ...travel })
  }

  /** Asks whichever broker answers first, one after the other; rejects as `open` does. */
  async requestAny<Question, Answer>(
    api: Api<Question, Answer>,
    question: Question,
    timeoutMs: number = this.#options.requestMs,
  ): Promise<Answer> {
    return this.#anyBroker(api, question, () => ({ timeoutMs }))
  }

  /** One broker after the other, those known first, until one answers; what asking again cannot mend ends it. */
  async #anyBroker<Question, Answer>(
    api: Api<Question, Answer>,
    question: Question,
    travel: (untried: number) => Travel,
  ): Promise<Answer> {
    const { bootstrap, wire } = this.#options
    const tried = new Map([...this.#addresses.values(), ...bootstrap].map((a) => [`${a.host}:${a.port}`, a]))
    let last: unknown
    let untried = tried.size
    for (const address of tried.values())
      try {
        return await wire.request(address, api, question, travel(untried--))
      } catch (error) {
        if (!isPassingError(error)) throw error
        last = error
      }
    throw new MetrobusError(
      'MB_KAFKA_UNREACHABLE',
      { brokers: [...tried.keys()], reason: reasonOf(last) },
      { cause: last },
    )
  }

  /** Asks again after growing pauses while the failure is one that passes and there is time. */
  async #persist<T>(patience: Patience, ask: () => Promise<T>): Promise<T> {
    let told: unknown
    for (;;) {
      const hasTime = patience.leftMs >= tellingMs
      try {
        return await ask()
      } catch (error) {
        if (!isPassingError(error)) throw error
        if (told === undefined || hasTime) told = error
        if (!(await patience.again())) throw told
      }
    }
  }

  #learn({ brokers, topics }: MetadataAnswer): void {
    for (const { node, host, port } of brokers) this.#addresses.set(node, { host, port })
    for (const topic of topics) {
      const { name, errorCode } = topic
      const isForbidden = errorCode === codes.TOPIC_AUTHORIZATION_FAILED
      if (isForbidden) this.#forbidden.add(name)
      else this.#forbidden.delete(name)
      // Whoever still wants what is not there says so with each `refresh`.
      if (isForbidden || errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION) this.#wanted.delete(name)
      if (errorCode === codes.NONE) this.#topics.set(name, knownFrom(topic, this.#topics.get(name)))
      else if (errorCode === codes.UNKNOWN_TOPIC_OR_PARTITION) this.#topics.delete(name)
    }
  }
}

const software = { softwareName: 'metrobus', softwareVersion: '0' }

/** A broker that lags answers with an older leader; the epoch tells, and what is known is kept. */
function knownFrom(topic: TopicAnswer, before: KnownTopic | undefined): KnownTopic {
  const leaders: (Leader | undefined)[] = []
  for (const { partition, leader, leaderEpoch } of topic.partitions) {
    const known = before?.id === topic.id ? before.leaders[partition] : undefined
    const isOlder = known !== undefined && known.epoch > leaderEpoch
    if (isOlder) leaders[partition] = known
    else leaders[partition] = leader < 0 ? undefined : { node: leader, epoch: leaderEpoch }
  }
  return { name: topic.name, id: topic.id, partitions: topic.partitions.length, leaders }
}

function refuseOld({ errorCode, finalised }: { errorCode: number; finalised: ReadonlyMap<string, number> }): void {
  if (errorCode !== codes.NONE && errorCode !== codes.UNSUPPORTED_VERSION)
    throw refusal(apiVersions.name, errorCode, 'this connection')
  const missing = needed.filter(({ feature, level }) => (finalised.get(feature) ?? 0) < level)
  if (errorCode === codes.NONE && missing.length === 0) return
  throw new MetrobusError('MB_KAFKA_OLD_CLUSTER', {
    missing: missing.map(({ feature, level }) => `${feature} ${level} (it has ${finalised.get(feature) ?? 'none'})`),
  })
}

function reasonOf(last: unknown): string {
  if (isMetrobusError(last, 'MB_KAFKA_UNREACHABLE')) return last.facts.reason
  // So a broker refuses who speaks to a listener of another kind.
  if (isMetrobusError(last, 'MB_KAFKA_NO_ANSWER')) return `${last.facts.reason}; does the listener want TLS or a login?`
  return 'no address is given'
}

/** True where the same question may well be answered a moment later, or by another broker. */
const isPassingError = (error: unknown): boolean => error instanceof MetrobusError && error.family === 'retry'

const authorization: ReadonlySet<number> = new Set([
  codes.TOPIC_AUTHORIZATION_FAILED,
  codes.GROUP_AUTHORIZATION_FAILED,
  codes.CLUSTER_AUTHORIZATION_FAILED,
  codes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
])

/** The coded error of what a broker did not do: its family tells whether to ask again; a missing permission is for an operator to mend. */
export function refusal(request: string, code: number, what: string): MetrobusError {
  if (authorization.has(code)) return new MetrobusError('MB_KAFKA_NOT_ALLOWED', { request, what })
  const facts = { request, what, code, name: codeName(code) }
  return isPassing(code) ? new MetrobusError('MB_KAFKA_NOT_NOW', facts) : new MetrobusError('MB_KAFKA_REFUSED', facts)
}
