/** Puts a test between an app and its stops: the same routes, policies and schemas, with something around every call of a handler. */
import type { Router } from '../../itinerary/router.ts'
import type { AppDefinition, EntryDefinition } from '../../runtime/definition.ts'
import type { StopContext, StopDefinition } from '../../stop/definition.ts'
import { drop } from '../../stop/outcome.ts'

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

/**
 * The app with `around` around all of its handlers. Waits between tries lose their random share, so that their times can be told, and entries that
 * read another app's topic are sent to directly. With `only`, the other stops end what comes to them.
 */
export function instrument(definition: AppDefinition, around: Around, only?: StopDefinition): AppDefinition {
  const known = new Map<StopDefinition, StopDefinition>()
  const stopOf = (stop: StopDefinition): StopDefinition => {
    let made = known.get(stop)
    if (made === undefined)
      known.set(stop, (made = only === undefined || stop === only ? surround(stop, around) : stub(stop)))
    return made
  }
  const routerOf = (router: Router): Router => ({ ...router, stops: router.stops.map(stopOf) })
  const owned = new Set(definition.publishes.map(({ name }) => name))
  const entryOf = (entry: EntryDefinition): EntryDefinition => {
    const { from } = entry
    const router = routerOf(entry.router)
    if (from === undefined || owned.has(from.topic.name)) return { ...entry, router }
    return { ...entry, router, from: undefined, inSchema: from.topic.schema, key: entry.key ?? from.topic.key }
  }
  return { ...definition, entries: definition.entries.map(entryOf) }
}

function surround(stop: StopDefinition, around: Around): StopDefinition {
  const run = withMiddleware(stop)
  const handler =
    stop.batch === undefined
      ? (data: unknown, context: StopContext) =>
          around(stop, [{ data, context }], (contexts) => run(data, contexts?.[0] ?? context))
      : (data: readonly unknown[], contexts: readonly StopContext[]) =>
          around(
            stop,
            data.map((one, index) => ({ data: one, context: contexts[index]! })),
            (changed) => run(data, changed ?? contexts),
          )
  return { ...stop, middleware: [], handler, policy: { ...stop.policy, jitter: 0 } }
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
