/** Makes a stop of a plain function. */
import type { Duration } from '../internal/duration.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'
import type { BatchHandler, DataOf, Emittable, Handler, Targets } from './handler.ts'
import { resolveStop } from './options.ts'
import type { StopOptions } from './options.ts'
import type { StoresByName } from './store.ts'
import type { Stop } from './typed.ts'

export interface BatchOptions<
  Name extends string,
  In extends StandardSchema,
  Out extends StandardSchema | undefined,
  To extends Targets,
  Emits extends readonly Emittable[],
  Next extends Stop,
  Stores extends StoresByName | undefined = undefined,
> extends Omit<StopOptions<Name, In, Out, To, Emits, Next, Stores>, 'middleware'> {
  /** Events at most; the batch goes when it is full. Default: 100, or the concurrency where that is less. */
  readonly size?: number
  /** How long the first event waits for others, in milliseconds or `{ seconds }`. Default: 20. */
  readonly time?: Duration
}

/** `stop(…)` for one event at a time, `stop.batch(…)` for several of different keys at once. */
export interface StopMaker {
  <
    const Name extends string,
    In extends StandardSchema,
    Out extends StandardSchema | undefined = undefined,
    To extends Targets = Targets,
    const Emits extends readonly Emittable[] = [],
    Next extends Stop = Stop,
    Stores extends StoresByName | undefined = undefined,
  >(
    name: Name,
    options: StopOptions<Name, In, Out, To, Emits, Next, Stores>,
    handler: Handler<In, Out, To, Emits, Stores>,
  ): Stop<Name, SchemaOutput<In>, DataOf<Out>>

  /**
   * A stop that handles several events in one call, at most one of a key, and answers one outcome for each, in their order. For bulk writes and bulk look-ups.
   */
  batch<
    const Name extends string,
    In extends StandardSchema,
    Out extends StandardSchema | undefined = undefined,
    To extends Targets = Targets,
    const Emits extends readonly Emittable[] = [],
    Next extends Stop = Stop,
    Stores extends StoresByName | undefined = undefined,
  >(
    name: Name,
    options: BatchOptions<Name, In, Out, To, Emits, Next, Stores>,
    handler: BatchHandler<In, Out, To, Emits, Stores>,
  ): Stop<Name, SchemaOutput<In>, DataOf<Out>>
}

/**
 * Makes a stop: a plain function with a name, typed by the schemas of what it takes and gives.
 *
 *     const greet = stop('greet', { in: Person, out: Greeting, effects: 'none' }, (person) => ({ text: `Hello ${person.name}` }))
 *
 * Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault of the options.
 */
export const stop: StopMaker = Object.assign(
  (name: string, options: object, handler: unknown) => resolveStop(name, options, handler, false) as never,
  {
    batch: (name: string, options: object, handler: unknown) => resolveStop(name, options, handler, true) as never,
  },
)
