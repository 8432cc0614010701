/** Puts a test between an app and its stops: the same routes, policies and schemas, with something around every call of a handler. */
import type { Event } from '../../event/event.ts'
import type { AppDefinition, EntryDefinition } from '../../runtime/definition.ts'
import type { StopContext, StopDefinition } from '../../stop/definition.ts'
import { drop } from '../../stop/outcome.ts'
import { callInside } from './ambience.ts'
import type { Ambience } from './ambience.ts'

/** One event that is handed to a handler. */
export interface Handed {
  readonly data: unknown
  readonly context: StopContext
}

/**
 * Around a handler and its middleware: `events` are one, or several of a batch; `call` runs it and answers what it answered, for a batch a list. May call it again, with
 * other contexts.
 */
export type Around = (
  stop: StopDefinition,
  events: readonly Handed[],
  call: (contexts?: readonly StopContext[]) => unknown,
) => unknown

/** What is put around an app. */
export interface Instruments {
  readonly around: Around
  /** In which its other functions run: keys, routers, rules of retries and limits. */
  readonly ambience: Ambience
  /** The stop that is tested alone; the others end what comes to them. */
  readonly only?: StopDefinition | undefined
  /** The topics that are published in the test. Entries that read another one are sent to directly. Default: those of the app. */
  readonly owned?: ReadonlySet<string>
}

/**
 * The app with `around` around all of its handlers. Waits between tries lose their random share, so that their times can be told, and entries that
 * read another app's topic are sent to directly.
 */
export function instrument(definition: AppDefinition, instruments: Instruments): AppDefinition {
  const { around, ambience, only, owned = new Set(definition.publishes.map(({ name }) => name)) } = instruments
  const within = <Call extends ((...args: never[]) => unknown) | undefined>(call: Call): Call =>
    call && (((...args: never[]) => callInside(ambience, () => call(...args))) as Call)
  const stopOf = (stop: StopDefinition): StopDefinition => {
    if (only !== undefined && stop !== only) return stub(stop)
    const { key, limits, policy } = stop
    return {
      ...stop,
      handler: surround(stop, around),
      middleware: [],
      key: within(key),
      limits: limits.map((limit) => ({ ...limit, by: within(limit.by) })),
      policy: { ...policy, jitter: 0, retryIf: within(policy.retryIf) },
    }
  }
  const made = new Map<StopDefinition, StopDefinition>()
  const once = (stop: StopDefinition): StopDefinition => made.get(stop) ?? made.set(stop, stopOf(stop)).get(stop)!
  const entryOf = (entry: EntryDefinition): EntryDefinition => {
    const { from, inSchema, key, router } = entry
    const isDirect = from !== undefined && !owned.has(from.topic.name)
    return {
      ...entry,
      from: isDirect ? undefined : from,
      inSchema: isDirect ? from.topic.schema : inSchema,
      key: within(key ?? (isDirect ? from.topic.key : undefined)),
      router: {
        ...router,
        stops: router.stops.map(once),
        plot: within((data: unknown, event: Event) => router.plot(data, event)),
        conduct: within(router.conduct),
      },
    }
  }
  return { ...definition, entries: definition.entries.map(entryOf) }
}

function surround(stop: StopDefinition, around: Around): StopDefinition['handler'] {
  const run = withMiddleware(stop)
  if (stop.batch === undefined)
    return (data: unknown, context: StopContext) =>
      around(stop, [{ data, context }], (contexts) => run(data, contexts?.[0] ?? context))
  return (data: readonly unknown[], contexts: readonly StopContext[]) => {
    const events = data.map((one, index) => ({ data: one, context: contexts[index]! }))
    return around(stop, events, (changed) => run(data, changed ?? contexts))
  }
}

function stub(stop: StopDefinition): StopDefinition {
  return { ...stop, hasEffects: false, middleware: [], limits: [], batch: undefined, handler: () => drop('not-tested') }
}

function withMiddleware(stop: StopDefinition): (data: unknown, context: unknown) => unknown {
  return stop.middleware.reduceRight<(data: unknown, context: unknown) => unknown>(
    (inner, middleware) => (data, context) =>
      middleware(data, context as StopContext, (inside) => inner(inside, context)),
    stop.handler as (data: unknown, context: unknown) => unknown,
  )
}

/** The context with some parts of it replaced. It cannot be spread: its parts are made when they are looked at. */
export function contextWith(context: StopContext, changes: Partial<StopContext>): StopContext {
  return new Proxy(context, {
    get: (target, name) => (name in changes ? changes[name as keyof StopContext] : Reflect.get(target, name, target)),
  })
}
