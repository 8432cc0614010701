/**
 * The stores of an app: their logs, their tables, and when these absorb what is committed.
 *
 * Invariants:
 * - K1 A table is read from its log to the end before the first event of its partition is handled.
 * - K2 Units are absorbed in the order in which they were built, which is the order of the log.
 * - K3 After a refusal nothing that was decided and not committed is seen any more.
 */
import type { Bus, BusInspector, TopicSpec } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Clock } from '../internal/platform/platform.ts'
import type { StopDefinition } from '../stop/definition.ts'
import type { StoreDefinition } from '../stop/store.ts'
import { memoryStores } from '../store/memory/index.ts'
import type { StoreEngine, StoreTable } from '../store/store.ts'
import { Callers } from './callers.ts'
import type { Engine } from './engine.ts'
import { Expiry } from './expiry.ts'
import { OutputQueue, type PendingUnit } from './outbox.ts'
import { Precedence } from './precedence.ts'
import { Rides } from './rides.ts'
import type { StopRuntime } from './stop-runtime.ts'
import { markOf, StorePartition } from './store-partition.ts'
import { changelogTopic, endedTopic } from './topics.ts'

/** So long a deleted row is told of in the log. A table that was away for longer is read anew, for it might keep what is deleted. */
const tombstonesMs = 24 * 3_600_000
/** Records read from a log at once. */
const readMax = 2_048

/** Engines that are open: what one app closes, another could not go on with. */
const inUse: WeakSet<StoreEngine> = new WeakSet()

/** A store of the app, with the partitions that are here. */
export class KeptStore {
  readonly definition: StoreDefinition
  readonly topic: string
  /** Those that use it. */
  readonly stops: StopRuntime[] = []
  readonly partitions: (StorePartition | undefined)[]
  /** Rides whose changes were absorbed lately. */
  readonly absorbed: Rides = new Rides()
  /** Who waits for a row to change, by its key. */
  readonly watchers: Callers = new Callers()

  constructor(definition: StoreDefinition, topic: string, partitions: number) {
    this.definition = definition
    this.topic = topic
    this.partitions = new Array<StorePartition | undefined>(partitions).fill(undefined)
  }
}

/** A partition that is read from its log; taken away meanwhile, it is not read on, for another reading may have begun. */
class Opening {
  isWanted = true
  readonly done: Promise<StorePartition | undefined>

  constructor(open: (isWanted: () => boolean) => Promise<StorePartition | undefined>) {
    this.done = open(() => this.isWanted)
  }

  cancel(): void {
    this.isWanted = false
  }
}

/** A store in one partition, by the name that a stop gave it. */
export interface NamedPartition {
  readonly name: string
  readonly partition: StorePartition
}

export interface StoresOptions {
  readonly app: string
  readonly engine: StoreEngine
  readonly clock: Clock
  readonly inspector: BusInspector
  /** Resolves when every unit that was built so far has ended. */
  readonly settled: () => Promise<void>
  /** Resolves when all is absorbed of which anybody in this process may have been shown an event. */
  readonly shown: () => Promise<void>
  /** The engine has failed. */
  readonly failed: (error: unknown) => void
}

export class Stores {
  readonly inspector: BusInspector
  readonly clock: Clock
  readonly app: string
  readonly settled: () => Promise<void>
  readonly shown: () => Promise<void>
  readonly #engine: StoreEngine
  readonly #kept: Map<string, KeptStore> = new Map()
  readonly #byTopic: Map<string, KeptStore> = new Map()
  readonly #opening: Map<string, Opening> = new Map()
  readonly #endedTopic: string
  readonly #failed: (error: unknown) => void
  /** Committed, and behind a unit whose end is not known yet. */
  #waiting: PendingUnit[] = []
  /** Who waits for a ride to end; of those that have ended the log tells. */
  readonly ended: Callers = new Callers()
  /** Set when rows of some store expire. */
  expiry: Expiry | undefined = undefined

  constructor({ app, engine, clock, inspector, settled, shown, failed }: StoresOptions) {
    this.#failed = failed
    this.app = app
    this.settled = settled
    this.shown = shown
    this.clock = clock
    this.inspector = inspector
    this.#engine = engine
    this.#endedTopic = endedTopic(app)
  }

  /** Takes in the stores of a stop. Throws MB_STORE_PARTITIONS where a store cannot be partitioned as its stops are. */
  add(stop: StopRuntime, partitions: (topic: string) => number): void {
    for (const definition of Object.values(stop.definition.stores)) {
      const topic = changelogTopic(this.app, definition.name)
      const store = this.#kept.get(definition.name) ?? new KeptStore(definition, topic, partitions(topic))
      if (store.partitions.length !== stop.partitions)
        throw new MetrobusError('MB_STORE_PARTITIONS', {
          store: definition.name,
          stop: stop.name,
          partitions: stop.partitions,
          kept: store.partitions.length,
        })
      store.stops.push(stop)
      this.#kept.set(definition.name, store)
      this.#byTopic.set(topic, store)
    }
  }

  /** Every store of the app. */
  get all(): Iterable<KeptStore> {
    return this.#kept.values()
  }

  named(name: string): KeptStore | undefined {
    return this.#kept.get(name)
  }

  get names(): readonly string[] {
    return [...this.#kept.keys()]
  }

  /** The stores of a stop in one partition, read to the end of their logs; none when they were taken away meanwhile. */
  async open(stop: StopRuntime, partition: number): Promise<readonly NamedPartition[]> {
    const opened = await Promise.all(
      Object.entries(stop.definition.stores).map(async ([name, definition]) => {
        const kept = await this.#open(this.#kept.get(definition.name)!, partition)
        return kept === undefined ? [] : [{ name, partition: kept }]
      }),
    )
    return opened.flat()
  }

  /** The partitions of a stop's stores go to another member. */
  release(stop: StopRuntime, partition: number): void {
    for (const { name } of Object.values(stop.definition.stores)) {
      const place = `${name}/${partition}`
      this.#opening.get(place)?.cancel()
      this.#opening.delete(place)
      this.#kept.get(name)!.partitions[partition] = undefined
    }
  }

  /** Opens the engine. Rejects where another app has it, and with what the engine says. */
  async begin(): Promise<void> {
    const engine = this.#engine
    if (inUse.has(engine))
      throw new MetrobusError('MB_BAD_OPTIONS', {
        what: `start() of "${this.app}"`,
        faults: ['stores is the engine of another app that runs: give each its own, as `() => sqlite({ dir })` does'],
      })
    inUse.add(engine)
    try {
      await engine.open(this.app)
    } catch (error) {
      inUse.delete(engine)
      throw error
    }
  }

  async close(): Promise<void> {
    this.expiry?.end()
    await this.#engine.close()
    inUse.delete(this.#engine)
  }

  /** A unit is committed; those before `oldest`, the number of the oldest unit whose end is not known, may be absorbed. */
  committed(pending: PendingUnit, oldest: number): void {
    this.#waiting.push(pending)
    if (this.#waiting.length > 1) this.#waiting.sort((one, other) => one.number - other.number)
    const end = this.#waiting.findIndex(({ number }) => number >= oldest)
    this.#absorb(this.#waiting.splice(0, end < 0 ? this.#waiting.length : end))
  }

  /** Every unit has ended, some of them refused. */
  recovered(): void {
    this.#absorb(this.#waiting.splice(0))
    for (const { partitions } of this.#kept.values()) for (const partition of partitions) partition?.void()
  }

  #absorb(units: readonly PendingUnit[]): void {
    const outputs = units.flatMap(({ unit }) => unit.outputs)
    const changes = outputs.filter(({ topic }) => this.#byTopic.has(topic))
    try {
      if (changes.length > 0)
        this.#engine.together(() => {
          for (const { topic, partition, records } of changes)
            this.#byTopic.get(topic)!.partitions[partition]?.absorb(records)
        })
    } catch (error) {
      this.#failed(error)
      return
    }
    for (const { topic, records } of outputs) {
      if (topic === this.#endedTopic && !this.ended.isEmpty) for (const { ride } of records) this.ended.happened(ride)
      const store = this.#byTopic.get(topic)
      if (store === undefined) continue
      for (const { ride, key } of records) {
        store.absorbed.add(ride)
        if (!store.watchers.isEmpty) store.watchers.happened(key!)
      }
    }
    if (changes.length > 0) this.expiry?.arm()
  }

  async #open(store: KeptStore, partition: number): Promise<StorePartition | undefined> {
    const place = `${store.definition.name}/${partition}`
    const isHere = store.partitions[partition]
    if (isHere !== undefined) return isHere
    let opening = this.#opening.get(place)
    if (opening === undefined) {
      opening = new Opening((isWanted) => this.#restored(store, partition, isWanted))
      this.#opening.set(place, opening)
    }
    const opened = await opening.done
    // Whoever shares the store has waited for the same; who was revoked meanwhile has no part in it.
    if (!opening.isWanted) return undefined
    this.#opening.delete(place)
    store.partitions[partition] = opened
    this.expiry?.arm()
    return opened
  }

  /** Reads the log from where the table stands; from the beginning, when the table cannot be believed. */
  async #restored(
    { topic, definition, stops }: KeptStore,
    partition: number,
    isWanted: () => boolean,
  ): Promise<StorePartition | undefined> {
    const engine = this.#engine
    const table = engine.table(definition.name, partition, { expires: definition.ttlMs !== Infinity })
    const isTrue = await this.#isTrue(topic, partition, table)
    if (!isWanted()) return undefined
    if (!isTrue) engine.together(() => table.clear())
    const queue = new OutputQueue(topic, partition, false)
    const restored = new StorePartition(this.app, definition, queue, table, stops.length > 1)
    for (;;) {
      const records = await this.inspector.read(topic, partition, table.position.offset, readMax)
      if (!isWanted()) return undefined
      if (records.length === 0) return restored
      engine.together(() => restored.absorb(records))
    }
  }

  /** Whether the table is a state that this log was in, and no deletion behind it can be gone from the log. */
  async #isTrue(topic: string, partition: number, { position }: StoreTable): Promise<boolean> {
    const { offset, mark } = position
    if (offset === 0) return true
    const [last] = await this.inspector.read(topic, partition, offset - 1, 1)
    if (last === undefined || last.offset !== offset - 1 || markOf(last) !== mark) return false
    return last.appendedAt + tombstonesMs > this.clock.now()
  }
}

/** The stores of an app's stops; undefined when they have none. */
export async function openStores(
  engine: Engine,
  bus: Bus,
  tables: StoreEngine = memoryStores(),
): Promise<Stores | undefined> {
  const stops = [...engine.stops.values()].filter(({ hasStores }) => hasStores)
  if (stops.length === 0) return undefined
  const { outbox } = engine
  const settled = (): Promise<void> => {
    const { built } = outbox
    return engine.until(() => outbox.oldest > built)
  }
  const stores = new Stores({
    app: engine.definition.name,
    engine: tables,
    clock: engine.clock,
    inspector: bus.inspector,
    settled,
    shown: async () => {
      // The bus shows a unit to the readers of its topics and answers this app in one turn, in whatever order.
      await new Promise<void>((resolve) => engine.clock.immediate(resolve))
      if (outbox.isUndecided) await settled()
    },
    failed: (error) => engine.fail(error),
  })
  for (const stop of stops) {
    stores.add(stop, (topic) => bus.partitions(topic))
    stop.mates = matesOf(stop, stops)
    if (stop.mates.length > 1)
      stop.precedence = stop.mates.find(({ precedence }) => precedence !== undefined)?.precedence ?? new Precedence()
  }
  if ([...stores.all].some(({ definition }) => definition.ttlMs !== Infinity))
    stores.expiry = new Expiry(engine, stores)
  await stores.begin()
  return stores
}

/** The stops that a stop shares a store with, or shares one with those. */
function matesOf(stop: StopRuntime, stops: readonly StopRuntime[]): readonly StopRuntime[] {
  const mates = new Set([stop])
  for (const { definition } of mates) {
    const stores = new Set(Object.values(definition.stores))
    for (const other of stops)
      if (Object.values(other.definition.stores).some((store) => stores.has(store))) mates.add(other)
  }
  return [...mates]
}

/** The logs of stores, as the bus is to make them. */
export function changelogSpecs(app: string, stops: readonly StopDefinition[]): readonly TopicSpec[] {
  const names = new Set(stops.flatMap((stop) => Object.values(stop.stores).map(({ name }) => name)))
  return [...names].map((name) => ({
    name: changelogTopic(app, name),
    retention: { compact: true, timeMs: tombstonesMs, bytesMax: Infinity },
  }))
}
