/** What a stop declares, and the same with every default filled in. */
import type { Event } from '../event/event.ts'
import { toMs } from '../internal/duration.ts'
import type { Duration } from '../internal/duration.ts'
import { Faults } from '../internal/faults.ts'
import { checkName, isName } from '../internal/name.ts'
import type { RetryPolicy } from '../resilience/retry-policy.ts'
import { resolvePolicy } from '../resilience/retry-policy.ts'
import type { DeepReadonly, InnerSchema } from '../schema/data.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'
import type { Metric } from '../telemetry/metric.ts'
import { callSite } from './call-site.ts'
import type { LimitDefinition, Middleware, StopDefinition, TargetDefinition } from './definition.ts'
import type { DataOf, Emittable, Targets } from './handler.ts'
import type { StoreDefinition, StoresByName } from './store.ts'
import type { Fits, InOf, Misfit, Stop, Target } from './typed.ts'
import { versionOf } from './version.ts'

/** Handlers that a stop runs at once in one partition when it declares nothing. */
export const defaultConcurrency = 64

/** Events that a batch takes when the stop declares nothing. */
export const defaultBatchSize = 100

/** At most so many events of one kind at once, or so many a second. */
export interface LimitOptions<Data> {
  /** What is limited, such as the customer or the host. Never the order key by itself. Default: all events together. */
  readonly by?: (data: Data, event: Event) => string
  /** Events at once. Give this or `rate`. */
  readonly limit?: number
  /** Events a second. Give this or `limit`. */
  readonly rate?: number
}

export interface StopOptions<
  Name extends string,
  In extends StandardSchema,
  Out extends StandardSchema | undefined,
  To extends Targets,
  Emits extends readonly Emittable[],
  Next extends Stop,
  Stores extends StoresByName | undefined = undefined,
> {
  /** What the stop takes; any Standard Schema. It gives what it takes: transforming is for entries. */
  readonly in: InnerSchema<In>
  /** What the stop gives on. Default: nothing, the ride ends here. */
  readonly out?: Out extends StandardSchema ? InnerSchema<Out> : Out
  /** 'none' promises that the handler changes nothing outside: then it may run before its event is on disk. Default: 'outside'. */
  readonly effects?: 'none' | 'outside'
  /** What happens after a failure. Default: `defaultPolicy`, 5 attempts. */
  readonly policy?: RetryPolicy
  /** The order key of what this stop gives on. Default: the key stays. */
  readonly key?: (data: DeepReadonly<DataOf<Out>>) => string | null
  /** Events at once in one partition, each of another key. Default: 64; of a batch, at least its size. */
  readonly concurrency?: number
  /** Limits over all partitions of this process. Default: none. */
  readonly limits?: readonly LimitOptions<DeepReadonly<SchemaOutput<In>>>[]
  /** What `reroute` and `push` may name: lines and stops. Default: nothing. */
  readonly targets?: To
  /** The stop that comes next when the itinerary has nothing ahead: hard-wired routing. Default: the ride ends there. */
  readonly next?: Fits<DataOf<Out>, InOf<Next>> extends true
    ? Next
    : Misfit<Name, DataOf<Out>, Next['name'], InOf<Next>>
  /** Entries and topics that `ctx.emit` may name. Default: none. */
  readonly emits?: Emits
  /** Keyed state, by the names that the handler uses: its changes ride in the commit unit of the event that made them. Default: none. */
  readonly stores?: Stores
  /** Metrics that `ctx.measure` may name. Default: none. */
  readonly metrics?: readonly Metric[]
  /** To be raised when the data changes its form and the schema offers no JSON Schema to tell so. Default: 1. */
  readonly schemaVersion?: number
  /** Wraps the handler, the first outermost. Default: none. */
  readonly middleware?: readonly Middleware[]
}

/** What a stop is made of, without its types. */
interface LooseOptions {
  readonly in: unknown
  readonly out?: unknown
  readonly effects?: unknown
  readonly policy?: RetryPolicy
  readonly key?: unknown
  readonly concurrency?: number
  readonly limits?: readonly LimitOptions<never>[]
  readonly targets?: Targets
  readonly next?: unknown
  readonly emits?: readonly Emittable[]
  readonly stores?: StoresByName
  readonly metrics?: readonly Metric[]
  readonly schemaVersion?: number
  readonly middleware?: readonly Middleware[]
  readonly size?: number
  readonly time?: Duration
}

/** Fills in the defaults. Throws MB_BAD_NAME, or MB_BAD_OPTIONS with every fault. */
export function resolveStop(name: string, options: object, handler: unknown, isBatch: boolean): StopDefinition {
  checkName('stop', name)
  const given = options as LooseOptions
  const faults = new Faults()
  const batch = isBatch ? resolveBatch(given, faults) : undefined
  checkKinds(given, handler, faults)
  const definition: StopDefinition = {
    kind: 'stop',
    name,
    inSchema: given.in as StandardSchema,
    outSchema: given.out as StandardSchema | undefined,
    schemaVersion: given.schemaVersion ?? 1,
    hasEffects: given.effects !== 'none',
    policy: resolvePolicy(given.policy ?? {}, faults, 'policy.'),
    key: given.key as StopDefinition['key'],
    concurrency: given.concurrency ?? Math.max(defaultConcurrency, batch?.sizeMax ?? 0),
    limits: resolveLimits(given.limits ?? [], faults),
    middleware: given.middleware ?? [],
    next: given.next as StopDefinition | undefined,
    targets: resolveTargets(given.targets ?? {}, faults),
    emits: given.emits ?? [],
    stores: resolveStores(given.stores ?? {}, faults),
    ...(given.metrics !== undefined && { metrics: given.metrics }),
    batch,
    declaredAt: callSite(),
    handler: handler as StopDefinition['handler'],
  }
  faults.whole('concurrency', definition.concurrency, 1)
  faults.whole('schemaVersion', definition.schemaVersion, 1)
  faults.throwIfAny(`The stop "${name}"`)
  return Object.freeze(definition)
}

function checkKinds(given: LooseOptions, handler: unknown, faults: Faults): void {
  faults.schema('in', given.in)
  if (given.out !== undefined) faults.schema('out', given.out)
  faults.oneOf('effects', given.effects ?? 'outside', ['none', 'outside'])
  faults.function('key', given.key)
  if (typeof handler !== 'function') faults.add('the handler must be a function')
  if (given.out === undefined) {
    if (given.key !== undefined) faults.add('key is for what the stop gives on, and it has no out')
    if (given.next !== undefined) faults.add('next takes what the stop gives on, and it has no out')
  }
  for (const [index, middleware] of (given.middleware ?? []).entries()) {
    faults.function(`middleware[${index}]`, middleware)
  }
}

function resolveBatch(given: LooseOptions, faults: Faults): { readonly sizeMax: number; readonly timeMs: number } {
  const { concurrency = Infinity } = given
  const sizeMax = given.size ?? Math.min(defaultBatchSize, concurrency)
  const timeMs = toMs(given.time ?? 20)
  faults.whole('size', sizeMax, 1)
  faults.number('time', timeMs, 0)
  // Each event of a batch is a handler of its own to the concurrency: a larger batch would never be full.
  if (sizeMax > concurrency) faults.add(`size must not be above the concurrency of ${concurrency}, found ${sizeMax}`)
  return { sizeMax, timeMs }
}

function resolveLimits(limits: readonly LimitOptions<never>[], faults: Faults): readonly LimitDefinition[] {
  return limits.map(({ by, limit, rate }, index) => {
    const path = `limits[${index}]`
    faults.function(`${path}.by`, by)
    if ((limit === undefined) === (rate === undefined)) faults.add(`${path} must have either limit or rate`)
    if (limit !== undefined) faults.whole(`${path}.limit`, limit, 1)
    if (rate !== undefined && !(rate > 0 && rate < Infinity))
      faults.add(`${path}.rate must be more than 0, found ${String(rate)}`)
    return {
      by: by as LimitDefinition['by'],
      ...(limit === undefined ? {} : { limit }),
      ...(rate === undefined ? {} : { rate }),
    }
  })
}

/** Two names for one store would be two views of the same rows. */
function resolveStores(stores: StoresByName, faults: Faults): StopDefinition['stores'] {
  const known = new Map<StoreDefinition, string>()
  for (const [name, store] of Object.entries(stores)) {
    if ((store as StoreDefinition | undefined)?.kind !== 'store') faults.add(`stores.${name} is not made by store()`)
    else if (known.has(store)) faults.add(`stores.${name} is the same store as stores.${known.get(store)!}`)
    known.set(store, name)
  }
  return stores
}

function resolveTargets(targets: Targets, faults: Faults): ReadonlyMap<string, TargetDefinition> {
  const resolved = new Map<string, TargetDefinition>()
  for (const [name, target] of Object.entries(targets)) {
    if (!isName(name)) faults.add(`targets has the name ${JSON.stringify(name)}, which is not of a-z, 0-9 and "-"`)
    const definition = targetOf(target)
    if (definition === undefined) faults.add(`targets.${name} must be a line or a stop`)
    else resolved.set(name, definition)
  }
  return resolved
}

/** A line as it is plotted; a single stop counts as a line of its own name. */
export function targetOf(target: Target | undefined): TargetDefinition | undefined {
  if (target?.kind === 'line') return { line: target.name, version: target.version, stops: target.plan }
  if (target?.kind === 'stop') return { line: target.name, version: versionOf([target]), stops: [target] }
  return undefined
}
