/** Everything that a running app measures, read at one moment. What is counted on the way of events is plain numbers; the rest is looked up here, once a look. */
import type { Bus, PartitionInfo, TopicInfo } from '../bus/bus.ts'
import { isMetrobusError } from '../errors/index.ts'
import { packageVersion } from '../internal/platform/package-version.ts'
import type { Labels, Point, Reading } from '../telemetry/reading.ts'
import { signals } from '../telemetry/signals.ts'
import type { SignalName } from '../telemetry/signals.ts'
import { causeOf } from './dead-letter.ts'
import type { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import { lagIn, leftIn } from './lag.ts'
import type { StopRuntime } from './stop-runtime.ts'
import { errorsTopic } from './topics.ts'

/** Positions that the bus has not told by then are left out: a look must not wait for a cluster that is away. */
const busWaitsMs = 3_000

/** Where offsets have gaps dead letters are counted one by one, but no further in a partition: somebody is called long before. */
const countedMax = 1_000

/** Gathers points by signal; what has none is shown as a name without values. */
class Gathered {
  readonly #points: Map<SignalName, Point[]> = new Map()

  add(name: SignalName, labels: Labels, value: Point['value']): void {
    const points = this.#points.get(name)
    if (points === undefined) this.#points.set(name, [{ labels, value }])
    else points.push({ labels, value })
  }

  counts(name: SignalName, labels: Labels, label: string, counts: ReadonlyMap<string, number>): void {
    for (const [key, value] of counts) this.add(name, { ...labels, [label]: key }, value)
  }

  take(): Reading[] {
    return Object.entries(signals).flatMap(([name, signal]): Reading[] => {
      const points = this.#points.get(name as SignalName)
      return points === undefined ? [] : [{ signal, points }]
    })
  }
}

/** What an app measures now. Never rejects. */
export async function readingsOf(engine: Engine, bus: Bus): Promise<readonly Reading[]> {
  const gathered = new Gathered()
  for (const stop of engine.everyStop()) readStop(gathered, engine, stop)
  readApp(gathered, engine)
  await readBus(gathered, engine, bus)
  return [...gathered.take(), ...engine.meter.read(engine.definition.name)]
}

function readStop(gathered: Gathered, { definition, clock }: Engine, stop: StopRuntime): void {
  const { counters } = stop
  const labels = { app: definition.name, stop: stop.name }
  const routed = { ...labels, topic: stop.topics.input }
  let inflight = 0
  let oldest = Infinity
  for (const lane of stop.lanes) {
    if (lane === undefined) continue
    inflight += lane.running.size
    for (const { row } of lane.keys.values())
      if (row !== undefined && row.firstFailure > 0) oldest = Math.min(oldest, row.firstFailure)
  }
  const dropped = counters.dropped.values().reduce((sum, count) => sum + count, 0)
  const outcomes = { forwarded: counters.out - counters.done, done: counters.done, dropped, split: counters.split }
  gathered.add('eventsReceived', routed, counters.in)
  for (const [outcome, count] of Object.entries({ ...outcomes, dead: counters.dead }))
    gathered.add('eventsConsumed', { ...routed, outcome }, count)
  gathered.counts('drops', labels, 'reason', counters.dropped)
  gathered.counts('retries', labels, 'reason', counters.retries)
  gathered.add('waits', labels, counters.waited)
  gathered.counts('deadLetters', labels, 'reason', counters.deaths)
  gathered.add('handlerInflight', labels, inflight)
  gathered.add('stopPaused', routed, stop.isPaused ? 1 : 0)
  gathered.add('parkedKeys', labels, counters.parkedKeys)
  gathered.add('parkedKeyOldest', labels, oldest === Infinity ? 0 : Math.max(0, clock.now() - oldest) / 1000)
  gathered.add('handlerDuration', labels, counters.duration.declared.read(1000))
}

function readApp(gathered: Gathered, engine: Engine): void {
  const { counters, definition, entries, failure } = engine
  const app = { app: definition.name }
  gathered.add('entryEvents', { ...app, outcome: 'accepted' }, entries?.accepted ?? 0)
  gathered.add('entryEvents', { ...app, outcome: 'duplicate' }, entries?.duplicates ?? 0)
  gathered.add('entryEvents', { ...app, outcome: 'refused' }, entries?.refused ?? 0)
  gathered.counts('eventsProduced', app, 'topic', counters.produced)
  gathered.add('faults', app, engine.faults)
  gathered.add('rebalances', { group: definition.name }, counters.rebalances)
  for (const [route, ends] of counters.rides)
    for (const [outcome, buckets] of ends) gathered.add('rideDuration', { ...app, route, outcome }, buckets.read(1000))
  gathered.add('entriesPressed', app, engine.pressure === undefined ? 0 : 1)
  if (failure !== undefined)
    gathered.add('appFailed', { ...app, code: isMetrobusError(failure) ? failure.code : causeOf(failure) }, 1)
  gathered.add(
    'buildInfo',
    { ...app, version: packageVersion(), node_version: process.version, code_version: definition.codeVersion },
    1,
  )
}

/** What only the bus knows. It is asked for its topics once, and for one record of each partition that is behind. */
async function readBus(gathered: Gathered, engine: Engine, bus: Bus): Promise<void> {
  const app = { app: engine.definition.name }
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = engine.clock.timer(busWaitsMs, () => resolve(undefined), { background: true })
  const told = await Promise.race([positionsOf(engine, bus), late]).catch(() => undefined)
  timer.cancel()
  gathered.add('busReadable', app, told === undefined ? 0 : 1)
  for (const { name, labels, value } of told ?? []) gathered.add(name, labels, value)
}

interface Told {
  readonly name: SignalName
  readonly labels: Labels
  readonly value: Point['value']
}

async function positionsOf(engine: Engine, bus: Bus): Promise<readonly Told[]> {
  const { name: app } = engine.definition
  const declared = new Set([
    ...engine.definition.publishes.map(({ name }) => name),
    ...engine.readers.map(({ topics: { input } }) => input),
  ])
  const isOwn = (topic: string): boolean => topic.startsWith(`${app}.`)
  const told: Told[] = []
  const found = await bus.inspector.topics((topic) => isOwn(topic) || topic === errorsTopic(app) || declared.has(topic))
  const topics = new Map(found.map((info) => [info.topic, info]))
  for (const stop of engine.everyStop()) {
    for (const feeds of [stop.lanes.map((lane) => lane?.input), stop.lanes.map((lane) => lane?.parked)])
      told.push(...(await lagsOf(engine, bus, topics, feeds)))
    let waiting = 0
    for (const feed of stop.deadFeeds) {
      const place = feed === undefined ? undefined : placeOf(feed, topics)
      if (feed !== undefined && place !== undefined) waiting += await waitingIn(bus, feed, place)
    }
    told.push({ name: 'deadLettersWaiting', labels: { app, stop: stop.name }, value: waiting })
  }
  const own = new Set([...engine.definition.publishes.map(({ name }) => name), errorsTopic(app)])
  for (const { topic, bytes } of topics.values())
    if (own.has(topic) || isOwn(topic)) told.push({ name: 'logBytes', labels: { topic }, value: bytes })
  if (bus.meters !== undefined) {
    const { writtenBytes, syncs } = bus.meters
    told.push({ name: 'logWritten', labels: { app }, value: writtenBytes })
    told.push({ name: 'logSync', labels: { app }, value: syncs.read(1000) })
    told.push({ name: 'logFree', labels: { app }, value: await bus.meters.freeBytes() })
  }
  return told
}

/** Dead letters that nobody has settled; what operators settle goes into the acknowledgements of the feed at once. */
async function waitingIn(
  { inspector, capabilities }: Bus,
  { topic, partition, acks }: Feed,
  place: PartitionInfo,
): Promise<number> {
  const left = leftIn(acks, place)
  if (left === 0 || capabilities.hasDenseOffsets !== false) return left
  const records = await inspector.read(topic, partition, Math.max(acks.watermark, place.begin), countedMax)
  return records.filter(({ offset }) => !acks.has(offset)).length
}

async function lagsOf(
  { clock, definition }: Engine,
  { inspector }: Bus,
  topics: ReadonlyMap<string, TopicInfo>,
  feeds: readonly (Feed | undefined)[],
): Promise<readonly Told[]> {
  const told: Told[] = []
  let oldestMs = 0
  for (const feed of feeds) {
    if (feed === undefined) continue
    const place = placeOf(feed, topics)
    if (place === undefined) continue
    const lag = await lagIn(inspector, feed.committed, place, clock.now())
    oldestMs = Math.max(oldestMs, lag.oldestMs)
    const labels = { group: definition.name, topic: feed.topic, partition: String(feed.partition) }
    told.push({ name: 'lagRecords', labels, value: lag.behind })
  }
  const topic = feeds.find((feed) => feed !== undefined)?.topic
  if (topic !== undefined)
    told.push({ name: 'lagSeconds', labels: { group: definition.name, topic }, value: oldestMs / 1000 })
  return told
}

const placeOf = ({ topic, partition }: Feed, topics: ReadonlyMap<string, TopicInfo>) =>
  topics.get(topic)?.partitions.find((place) => place.partition === partition)
