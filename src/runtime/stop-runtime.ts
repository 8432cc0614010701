import type { Headers } from '../event/event.ts'
import { numberOfStop } from '../internal/loop-cells.ts'
/**
 * A stop while an app runs: its definition, its topics, the queues that lead to it, its lanes and its counters.
 */
import type { Timer } from '../internal/platform/platform.ts'
import type { StopContext, StopDefinition } from '../stop/definition.ts'
import type { LimitSettings } from './controls.ts'
import { StopCounters } from './counters.ts'
import type { EntryDefinition } from './definition.ts'
import type { Feed } from './feed.ts'
import type { Lane } from './lane.ts'
import { Limiter } from './limiter.ts'
import { OutputQueue } from './outbox.ts'
import type { Precedence } from './precedence.ts'
import { declaredLimits } from './stop-limits.ts'
import type { Tenure } from './tenure.ts'
import type { StopTopics } from './topics.ts'

export class StopRuntime {
  readonly definition: StopDefinition
  readonly name: string
  /** Stands for the name where only a number can be written. */
  readonly number: number
  readonly topics: StopTopics
  /** Set when this is not a stop of a line but an entry that reads a declared topic. */
  readonly entry: EntryDefinition | undefined
  readonly partitions: number
  /** The handler with its middleware around it. */
  readonly run: (data: unknown, context: unknown) => unknown
  /**
   * Each attempt has an asynchronous scope of its own. A synchronous stop without effects shares one a batch, which is a fifth of a microsecond cheaper an event: what
   * it leaves behind is told to the stop, not to the event.
   */
  readonly hasOwnScope: boolean
  readonly input: readonly OutputQueue[]
  readonly parking: readonly OutputQueue[]
  readonly dead: readonly OutputQueue[]
  /** The stop that most events went to last, so that it need not be looked up. */
  following: StopRuntime | undefined = undefined
  readonly lanes: (Lane | undefined)[]
  /** By partition; undefined where it is another member's. */
  readonly tenures: (Tenure | undefined)[]
  /** What operators have settled of the dead letters, by partition; undefined where the partition is another member's. */
  readonly deadFeeds: (Feed | undefined)[]
  /** Headers of the records of rides that ended here, by how: made once. */
  readonly endings: Map<string, Headers> = new Map()
  readonly counters: StopCounters = new StopCounters()
  readonly limiter: Limiter | undefined
  /** As it holds now. */
  limits: LimitSettings
  /** A timer is set for the next event that a rate lets through. */
  limitTimer: Timer | undefined = undefined
  /** An operator holds it back: its lanes begin nothing. */
  isPaused = false
  /** A place is free and what waits for it is about to start. */
  isAdmitting = false
  readonly hasStores: boolean
  /** The stops that share a store with this one, itself among them: their lanes of a partition come and go together. */
  mates: readonly StopRuntime[] = [this]
  /** Of the mates together, where there are others. */
  precedence: Precedence | undefined = undefined
  /** The state table of its parked keys. */
  readonly parkStore: string
  /** The state table of who owns its partitions (`tenure.ts`). */
  readonly openStore: string

  constructor(definition: StopDefinition, topics: StopTopics, partitions: number, entry: EntryDefinition | undefined) {
    this.definition = definition
    this.name = definition.name
    this.number = numberOfStop(definition.name)
    this.topics = topics
    this.entry = entry
    this.partitions = partitions
    this.parkStore = `park/${topics.input}`
    this.openStore = `open/${topics.input}`
    this.run = withMiddleware(definition)
    this.hasOwnScope = definition.hasEffects || definition.middleware.length > 0 || isAsync(definition.handler)
    this.input = queues(topics.input, partitions, true)
    this.parking = queues(topics.parking, partitions, true)
    this.dead = queues(topics.dead, partitions, false)
    this.lanes = new Array<Lane | undefined>(partitions).fill(undefined)
    this.tenures = new Array<Tenure | undefined>(partitions).fill(undefined)
    this.deadFeeds = new Array<Feed | undefined>(partitions).fill(undefined)
    this.hasStores = Object.keys(definition.stores).length > 0
    this.limiter = definition.limits.length === 0 ? undefined : new Limiter(definition.limits)
    this.limits = declaredLimits(definition)
  }

  /** Events that run here, or have been let in. */
  get inFlight(): number {
    return this.lanes.reduce((sum, lane) => sum + (lane?.running.size ?? 0), 0)
  }
}

function queues(topic: string, partitions: number, isInput: boolean): OutputQueue[] {
  return Array.from({ length: partitions }, (_, partition) => new OutputQueue(topic, partition, isInput))
}

function isAsync(handler: StopDefinition['handler']): boolean {
  return Object.prototype.toString.call(handler) === '[object AsyncFunction]'
}

function withMiddleware(definition: StopDefinition): (data: unknown, context: unknown) => unknown {
  let run = definition.handler as (data: unknown, context: unknown) => unknown
  if (definition.batch !== undefined) return run
  for (const middleware of definition.middleware.toReversed()) {
    const inner = run
    run = (data, context) => middleware(data, context as StopContext, (inside) => inner(inside, context))
  }
  return run
}
