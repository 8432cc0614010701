import type {
  Assignment,
  Bus,
  MemberListener,
  RetentionSpec,
  Subscription,
  TopicPartition,
  TopicSpec,
} from '../bus/bus.ts'
import { resolveCapabilities } from '../bus/capabilities.ts'
/**
 * Starts an app: opens the bus, makes the topics, joins, takes over what an earlier run left, and opens the lanes.
 */
import { guarded } from '../bus/guarded.ts'
import { MetrobusError } from '../errors/index.ts'
import type { StopDefinition } from '../stop/definition.ts'
import { ControlRoom } from './control-room.ts'
import type { AppDefinition, EntryDefinition } from './definition.ts'
import { Engine } from './engine.ts'
import { Entries } from './entries.ts'
import { Lanes } from './lanes.ts'
import { checkNeeds } from './needs.ts'
import { type ResolvedStartOptions, resolveStartOptions, type StartOptions } from './options.ts'
import { claimTopics } from './ownership.ts'
import { readerOf } from './reader.ts'
import { checkRemovedStops } from './removed-stops.ts'
import { RunningEngine } from './running-engine.ts'
import type { RunningApp } from './running.ts'
import { SlipGuard } from './slip-guard.ts'
import { StopRuntime } from './stop-runtime.ts'
import { changelogSpecs, openStores } from './stores.ts'
import { endedTopic, entryTopics, errorsTopic, stopTopics } from './topics.ts'

// What is not settled is never deleted. A parked event that is settled has gone on; of a dead letter the operator may still want to know what became of it.
const parked: RetentionSpec = { timeMs: 0 }
const dead: RetentionSpec = { timeMs: 30 * 24 * 3_600_000, bytesMax: Infinity }

/** Starts an app on a bus. Rejects with a `stop` error that says what to change. */
export async function startApp(definition: AppDefinition, startOptions: StartOptions): Promise<RunningApp> {
  const options = resolveStartOptions(startOptions)
  const bus = guarded(options.bus, options.log)
  checkNeeds(definition, bus)
  await bus.open(options.platform)
  let joined: Joined
  try {
    joined = await join(definition, bus, options)
  } catch (error) {
    await letGo(options, () => bus.close())
    throw error
  }
  try {
    return await begin(joined)
  } catch (error) {
    await letGo(options, () => joined.running.stop())
    throw error
  }
}

/** After a start that failed: what fails in letting go does not hide why. */
async function letGo({ log }: ResolvedStartOptions, close: () => Promise<unknown>): Promise<void> {
  await close().catch((error: unknown) => log.error({ error }, 'a start has failed, and so has letting go after it'))
}

interface Joined {
  readonly engine: Engine
  readonly lanes: Lanes
  readonly running: RunningEngine
}

async function join(definition: AppDefinition, bus: Bus, options: ResolvedStartOptions): Promise<Joined> {
  const stops = stopsOf(definition)
  await bus.ensureTopics(topicSpecs(definition, stops))
  const capabilities = resolveCapabilities(bus.capabilities)
  const started: { running?: RunningEngine } = {}
  const engine: Engine = new Engine({
    definition,
    clock: options.platform.clock,
    random: options.platform.random,
    log: options.log,
    freezes: options.freeze,
    recordBytesMax: capabilities.recordBytesMax,
    pipelined: capabilities.supportsRunAhead,
    busName: bus.name,
    partitions: (topic) => bus.partitions(topic),
    endedTopic: endedTopic(definition.name),
    errorsTopic: errorsTopic(definition.name),
    failed: (error) => started.running?.failed(error),
    refused: (lane) => lanes.refused(lane),
    recovered: () => {
      engine.stores?.recovered()
      lanes.recovered()
    },
  })
  const subscriptions = register(definition, stops, engine, bus)
  if (options.signing !== undefined)
    engine.slipGuard = new SlipGuard(definition.name, linesOf(definition), options.signing)
  for (const { tracing } of options.telemetry)
    engine.tracing ??= await tracing?.({
      app: definition.name,
      system: bus.name === 'kafka' ? 'kafka' : 'metrobus',
      random: () => engine.random.next(),
    })
  await checkRemovedStops(engine, bus, options.removedStops)
  engine.stores = await openStores(engine, bus, options.stores)
  const { killsMax, platform } = options
  const lanes = new Lanes({ engine, inspector: bus.inspector, killsMax, platform })
  try {
    engine.member = await bus.join(definition.name, subscriptions, listenerOf(engine, lanes))
  } catch (error) {
    await engine.stores?.close()
    throw error
  }
  const entries = new Entries(engine, (topic) => bus.partitions(topic))
  engine.entries = entries
  entries.room.press(engine.pressure)
  const controls = new ControlRoom(engine, entries, lanes, bus.inspector)
  try {
    await claimTopics(definition, engine.member, engine.clock, bus.inspector)
    await entries.load()
    await controls.load()
    await lanes.load()
    if (engine.failure !== undefined) throw engine.failure
  } catch (error) {
    await letGo(options, () => engine.member.leave())
    await letGo(options, async () => engine.stores?.close())
    throw error
  }
  const running = new RunningEngine(engine, entries, controls, bus, options)
  started.running = running
  return { engine, lanes, running }
}

/** Opens the lanes: at once, or carefully where an owner before did not end as it should. A signal may stop the app meanwhile. */
async function begin({ engine, lanes, running }: Joined): Promise<RunningApp> {
  running.serve()
  await lanes.begin()
  if (engine.failure !== undefined) throw engine.failure
  running.begun()
  return running
}

/** The names of all lines that this app plots or reroutes to. */
function linesOf(definition: AppDefinition): string[] {
  const routers = definition.entries.map((entry) => entry.router)
  const targets = routers.flatMap((router) => router.stops.flatMap((stop) => [...stop.targets.values()]))
  return [
    ...new Set([
      ...routers.flatMap((router) => router.lines.map((line) => line.name)),
      ...targets.map((target) => target.line),
    ]),
  ]
}

/** Every stop that some route leads to, each once. */
function stopsOf(definition: AppDefinition): StopDefinition[] {
  const stops = new Map<string, StopDefinition>()
  for (const { router } of definition.entries)
    for (const stop of router.stops) {
      const known = stops.get(stop.name)
      if (known !== undefined && known !== stop)
        throw new MetrobusError('MB_DUPLICATE_NAME', { kind: 'stop', name: stop.name })
      stops.set(stop.name, stop)
    }
  return [...stops.values()]
}

type ReadingEntry = EntryDefinition & { readonly from: NonNullable<EntryDefinition['from']> }

function readers(definition: AppDefinition): ReadingEntry[] {
  return definition.entries.filter((entry): entry is ReadingEntry => entry.from !== undefined)
}

function topicSpecs(definition: AppDefinition, stops: readonly StopDefinition[]): TopicSpec[] {
  const { name } = definition
  const specs: TopicSpec[] = [{ name: endedTopic(name) }, { name: errorsTopic(name), partitions: 1 }]
  const kept = (topics: { readonly parking: string; readonly dead: string }): TopicSpec[] => [
    { name: topics.parking, retention: parked },
    { name: topics.dead, retention: dead },
  ]
  for (const stop of stops) {
    const topics = stopTopics(name, stop.name)
    specs.push({ name: topics.input }, ...kept(topics))
  }
  specs.push(...changelogSpecs(name, stops))
  const declared = new Set([...definition.publishes, ...readers(definition).map((entry) => entry.from.topic)])
  for (const { name: topic, partitions, retention } of declared)
    specs.push({
      name: topic,
      ...(partitions === undefined ? {} : { partitions }),
      ...(retention === undefined ? {} : { retention }),
      isWritten: definition.publishes.some((published) => published.name === topic),
    })
  for (const entry of readers(definition)) specs.push(...kept(entryTopics(name, entry.name, entry.from.topic.name)))
  return specs
}

/** Makes the running form of every stop and reading entry, and answers what the app reads. */
function register(
  definition: AppDefinition,
  stops: readonly StopDefinition[],
  engine: Engine,
  bus: Bus,
): Subscription[] {
  const subscriptions: Subscription[] = []
  for (const stop of stops) {
    const topics = stopTopics(definition.name, stop.name)
    engine.stops.set(stop.name, new StopRuntime(stop, topics, bus.partitions(topics.input), undefined))
    subscriptions.push({ topic: topics.input }, { topic: topics.parking }, { topic: topics.dead })
    for (const { line, version } of stop.targets.values()) engine.lineVersions.add(`${line}|${version}`)
  }
  for (const { router } of definition.entries)
    for (const { name, version } of router.lines) engine.lineVersions.add(`${name}|${version}`)
  for (const entry of readers(definition)) {
    const topics = entryTopics(definition.name, entry.name, entry.from.topic.name)
    engine.readers.push(new StopRuntime(readerOf(entry), topics, bus.partitions(topics.input), entry))
    subscriptions.push(
      { topic: topics.input, from: entry.from.start },
      { topic: topics.parking },
      { topic: topics.dead },
    )
  }
  return subscriptions
}

function listenerOf(engine: Engine, lanes: Lanes): MemberListener {
  return {
    assigned: (assignments: readonly Assignment[]) => {
      engine.counters.rebalances++
      lanes.assigned(assignments)
    },
    revoked: (partitions: readonly TopicPartition[]) => {
      engine.counters.rebalances++
      lanes.revoked(partitions)
    },
    ready: (topic: string, partition: number) => lanes.ready(topic, partition),
    failed: (error: unknown) => engine.fail(error),
    pressed: (pressed: boolean, reason: string) => lanes.pressed(pressed ? reason : undefined),
  }
}
