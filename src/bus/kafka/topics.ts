/**
 * Makes the topics of an app, or holds them against what they have to be. Everything that is missing or different is told in one message; nothing
 * is made when a topic that exists is not as it must be, and no topic is ever altered: its settings may have been somebody's decision.
 */
import { ConfigResourceTypes } from '@platformatic/kafka'
import { MetrobusError } from '../../errors/index.ts'
import type { Clock } from '../../internal/platform/platform.ts'
import type { TopicSpec } from '../bus.ts'
import type { Cluster } from './driver/cluster.ts'
import { createTopics, describeConfigs } from './driver/codec/administration.ts'
import { metadata } from './driver/codec/metadata.ts'
import type { TopicAnswer } from './driver/codec/metadata.ts'
import { codeName, codes, isPassing } from './driver/codes.ts'
import { Patience } from './driver/patience.ts'
import { planOf } from './topic-plan.ts'
import type { PlanOptions, TopicPlan } from './topic-plan.ts'

export interface TopicsOptions extends PlanOptions {
  readonly cluster: Pick<Cluster, 'requestAny' | 'refresh'>
  readonly clock: Clock
  /** `verify` makes nothing. */
  readonly mode: 'create' | 'verify'
  /** Of each partition; undefined takes the cluster's default for new topics and any number for the others. */
  readonly replicas?: number | undefined
  /** How many replicas must have what is acknowledged. Default: two, or one where there is no second. */
  readonly inSyncReplicas?: number | undefined
  /** How long the cluster may take to make topics and choose their leaders, in milliseconds. Default 30,000. */
  readonly patienceMs?: number
}

/** A topic as the cluster has it. */
interface Found {
  readonly partitions: number
  readonly replicas: number
  readonly settings: Settings
}

/**
 * Resolves when every topic is there and has its leaders. Rejects with MB_KAFKA_TOPICS, with MB_TOPIC_MISMATCH where one number of partitions is all
 * that differs, with MB_KAFKA_NOT_ALLOWED, and as `Cluster.requestAny` does.
 */
export async function ensureTopics(specs: readonly TopicSpec[], options: TopicsOptions): Promise<void> {
  const plans = [...new Map(specs.map((spec) => [spec.name, planOf(spec, options)])).values()]
  const found = await survey(plans, options)
  const missing = plans.filter(({ name }) => !found.has(name))
  if (options.mode === 'verify' && missing.length > 0) throw notAsPlanned(missing, plans, found, options)
  refuseDifferent(plans, found, options)
  if (missing.length > 0) {
    await create(missing, options)
    refuseDifferent(missing, await survey(missing, options, true), options)
  }
  await options.cluster.refresh(plans.map(({ name }) => name))
}

function refuseDifferent(plans: readonly TopicPlan[], found: ReadonlyMap<string, Found>, options: TopicsOptions): void {
  const error = notAsPlanned([], plans, found, options)
  if (error !== undefined) throw error
}

/** Asks until every topic that exists has a leader for each partition, as a new one has not at once; `made`: all of them do exist. */
async function survey(
  plans: readonly TopicPlan[],
  { cluster, clock, patienceMs = 30_000 }: TopicsOptions,
  made = false,
): Promise<Map<string, Found>> {
  const names = plans.map(({ name }) => name)
  const patience = new Patience(clock, patienceMs)
  for (;;) {
    const { topics } = await cluster.requestAny(metadata, { topics: names })
    const there = made ? topics : topics.filter(({ errorCode }) => errorCode !== codes.UNKNOWN_TOPIC_OR_PARTITION)
    refuseForbidden(metadata.name, there)
    const settings = await settingsOf(there, cluster)
    const unready = there.find(({ errorCode, partitions, name }) => {
      const isLed = errorCode === codes.NONE && partitions.every(({ leader }) => leader >= 0)
      return !isLed || !settings.has(name)
    })
    if (unready === undefined) return new Map(there.map((topic) => [topic.name, foundOf(topic, settings)]))
    if (!(await patience.again())) throw notNow(metadata.name, unready)
  }
}

type Settings = ReadonlyMap<string, string | null | undefined>

function foundOf({ name, partitions }: TopicAnswer, settings: ReadonlyMap<string, Settings>): Found {
  const replicas = Math.min(...partitions.map((partition) => partition.replicas))
  return { partitions: partitions.length, replicas, settings: settings.get(name) ?? new Map() }
}

/** Of those topics that the asked broker knows already. */
async function settingsOf(
  topics: readonly TopicAnswer[],
  cluster: TopicsOptions['cluster'],
): Promise<ReadonlyMap<string, Settings>> {
  if (topics.length === 0) return new Map()
  const resources = topics.map(({ name }) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName: name }))
  const { results } = await cluster.requestAny(describeConfigs, [resources, false, false])
  refuseForbidden(
    describeConfigs.name,
    results.map(({ errorCode, resourceName }) => ({ errorCode, name: resourceName })),
  )
  return new Map(
    results
      .filter(({ errorCode }) => errorCode === codes.NONE)
      .map(({ resourceName, configs }) => [resourceName, new Map(configs.map(({ name, value }) => [name, value]))]),
  )
}

/** The cluster says first what it would make: so nothing is made when one is refused, and the number of replicas is known. */
async function create(plans: readonly TopicPlan[], options: TopicsOptions): Promise<void> {
  const replicas = await ask(plans, options, () => ({}), true)
  const inSync = ({ name }: TopicPlan): Record<string, string> => ({
    'min.insync.replicas': String(options.inSyncReplicas ?? Math.min(2, replicas.get(name) ?? 1)),
  })
  await ask(plans, options, inSync, false)
}

/** Answers the replicas of each topic. */
async function ask(
  plans: readonly TopicPlan[],
  { cluster, clock, replicas = -1, patienceMs = 30_000 }: TopicsOptions,
  more: (plan: TopicPlan) => Readonly<Record<string, string>>,
  validateOnly: boolean,
): Promise<Map<string, number>> {
  const patience = new Patience(clock, patienceMs)
  const made = new Map<string, number>()
  for (;;) {
    const left = plans.filter(({ name }) => !made.has(name))
    const topics = left.map((plan) => ({
      name: plan.name,
      numPartitions: plan.made.partitions,
      replicationFactor: replicas,
      assignments: [],
      configs: Object.entries({ ...plan.made.settings, ...more(plan) }).map(([name, value]) => ({ name, value })),
    }))
    const answer = await cluster.requestAny(createTopics, [topics, patience.questionMs, validateOnly])
    refuseForbidden(createTopics.name, answer.topics)
    for (const { name, errorCode, replicationFactor } of answer.topics)
      // Another instance of the app may have been quicker; what it made is looked at afterwards.
      if (errorCode === codes.NONE || errorCode === codes.TOPIC_ALREADY_EXISTS) made.set(name, replicationFactor)
    const failed = answer.topics.filter(({ name, errorCode }) => !made.has(name) && !isPassing(errorCode))
    if (failed.length > 0)
      throw new MetrobusError('MB_KAFKA_TOPICS', {
        faults: failed.map(
          ({ name, errorCode, errorMessage }) =>
            `"${name}" cannot be made (${codeName(errorCode)}: ${errorMessage ?? ''})`,
        ),
      })
    if (made.size === plans.length) return made
    const late = answer.topics.find(({ name }) => !made.has(name))
    if (!(await patience.again()))
      throw notNow(createTopics.name, late ?? { name: left[0]!.name, errorCode: codes.NONE })
  }
}

function notNow(
  request: string,
  { name, errorCode }: { readonly name: string; readonly errorCode: number },
): MetrobusError {
  const code = errorCode === codes.NONE ? codes.LEADER_NOT_AVAILABLE : errorCode
  return new MetrobusError('MB_KAFKA_NOT_NOW', { request, what: name, code, name: codeName(code) })
}

/** All at once, so that they can be granted at once. */
function refuseForbidden(
  request: string,
  answers: readonly { readonly name: string; readonly errorCode: number }[],
): void {
  const forbidden = answers.filter(
    ({ errorCode }) =>
      errorCode === codes.TOPIC_AUTHORIZATION_FAILED || errorCode === codes.CLUSTER_AUTHORIZATION_FAILED,
  )
  if (forbidden.length === 0) return
  throw new MetrobusError('MB_KAFKA_NOT_ALLOWED', { request, what: forbidden.map(({ name }) => name).join(', ') })
}

/** The one message; undefined when all is as planned. */
function notAsPlanned(
  missing: readonly TopicPlan[],
  plans: readonly TopicPlan[],
  found: ReadonlyMap<string, Found>,
  options: TopicsOptions,
): MetrobusError | undefined {
  const faults = missing.map(({ name, made }) => `"${name}" with ${made.partitions} partitions is missing`)
  let mismatch: { topic: string; partitions: number; wanted: number } | undefined
  for (const plan of plans) {
    const topic = found.get(plan.name)
    if (topic === undefined) continue
    const { partitions } = topic
    if (plan.partitions !== undefined && partitions !== plan.partitions) {
      mismatch = { topic: plan.name, partitions, wanted: plan.partitions }
      faults.push(`"${plan.name}" has ${partitions} partitions and not ${plan.partitions}`)
    }
    faults.push(...differences(plan, topic, options).map((difference) => `"${plan.name}" has ${difference}`))
  }
  if (faults.length === 0) return undefined
  return mismatch !== undefined && faults.length === 1
    ? new MetrobusError('MB_TOPIC_MISMATCH', mismatch)
    : new MetrobusError('MB_KAFKA_TOPICS', { faults })
}

function differences({ exactly, atLeast }: TopicPlan, { replicas, settings }: Found, options: TopicsOptions): string[] {
  const differences: string[] = []
  if (options.replicas !== undefined && replicas < options.replicas)
    differences.push(`${replicas} replicas and not ${options.replicas}`)
  for (const [name, value] of Object.entries(exactly))
    if (settings.get(name) !== value) differences.push(`${name} ${settings.get(name) ?? 'unknown'} and not ${value}`)
  const least = { ...atLeast, 'min.insync.replicas': options.inSyncReplicas ?? Math.min(2, replicas) }
  for (const [name, value] of Object.entries(least))
    if (!(Number(settings.get(name)) >= value))
      differences.push(`${name} ${settings.get(name) ?? 'unknown'} and not ${value} or more`)
  return differences
}
