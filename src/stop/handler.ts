/** What the function of a stop is given and may return, in types. */
import type { TypeFault } from '../internal/type-fault.ts'
import type { DeepReadonly } from '../schema/data.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'
import type { EmitTarget, StopContext } from './definition.ts'
import type { DeadLetter, Drop, NoOutcome, Pop, Push, Reroute, Retry, Split, Wait } from './outcome.ts'
import type { StoreHandle, StoresByName, ValueOf } from './store.ts'
import type { Carried, Fits, InOf, OutOf, Target } from './typed.ts'

/** The targets of a stop, by the name that `reroute` and `push` use. */
export type Targets = Readonly<Record<string, Target>>

/** The data behind a schema that may be left out. */
export type DataOf<Schema extends StandardSchema | undefined> = Schema extends StandardSchema
  ? SchemaOutput<Schema>
  : undefined

/** An entry or a declared topic, with what it takes. */
export interface Emittable<Name extends string = string, Data = unknown> extends EmitTarget {
  readonly name: Name
  readonly '~types'?: Carried<Data, unknown>
}

/** What a handler is given besides the data. `emit` takes what the stop's `emits` declare, and nothing else; `stores` holds what its `stores` declare. */
export interface HandlerContext<
  Emits extends Emittable = Emittable,
  Stores extends StoresByName | undefined = undefined,
> extends Omit<StopContext, 'emit' | 'stores'> {
  /** What is changed here rides in this event's own commit unit. Refused after the handler has settled. */
  readonly stores: Stores extends StoresByName
    ? { readonly [Name in keyof Stores]: StoreHandle<ValueOf<Stores[Name]>> }
    : TypeFault<'the stop declares no stores: list them under stores'>
  /**
   * Adds an event for an entry or a declared topic to this event's own commit unit: both become visible together or not at all. Refused after the handler
   * has settled.
   */
  readonly emit: <To extends Emittable>(
    target: [To] extends [Emits] ? To : TypeFault<`the stop does not declare '${To['name']}': list it under emits`>,
    data: DeepReadonly<InOf<To>>,
    options?: { readonly key?: string | null; readonly headers?: Readonly<Record<string, string>> },
  ) => void
}

type Awaitable<T> = T | PromiseLike<T>

/** What a handler may answer for one event. */
export type Outcomes<Out extends StandardSchema | undefined, To extends Targets> =
  | (Out extends StandardSchema ? Forwarded<SchemaOutput<Out>> : NoOutcome)
  | Drop
  | Retry
  | Wait
  | DeadLetter
  | Turned<To, DataOf<Out>>

/** One outcome or two for each declared target. Where none is declared, the compiler takes `To` for any. */
type Turned<To extends Targets, Data> = [Target] extends [To[keyof To]]
  ? never
  : { [Name in keyof To & string]: Onward<Name, To[Name], Data> }[keyof To & string]

/** A value goes on; null is a tombstone; undefined is not there, so a forgotten return does not compile. */
type Forwarded<Data> = DeepReadonly<Data> | null | Split<DeepReadonly<Data>> | Pop<DeepReadonly<Data>>

/** Any target may replace the rest of the itinerary. Before the rest comes only what leaves data that fits it. */
type Onward<Name extends string, To extends Target, Data> =
  | Reroute<Name, DeepReadonly<InOf<To>>>
  | (Fits<OutOf<To>, Data> extends true ? Push<Name, DeepReadonly<InOf<To>>> : never)

/** The function of a stop. */
export type Handler<
  In extends StandardSchema,
  Out extends StandardSchema | undefined,
  To extends Targets,
  Emits extends readonly Emittable[],
  Stores extends StoresByName | undefined = undefined,
> = (
  data: DeepReadonly<SchemaOutput<In>>,
  context: HandlerContext<Emits[number], Stores>,
) => Awaitable<Outcomes<Out, To>>

/** The function of a batch: as many outcomes as events, in their order. */
export type BatchHandler<
  In extends StandardSchema,
  Out extends StandardSchema | undefined,
  To extends Targets,
  Emits extends readonly Emittable[],
  Stores extends StoresByName | undefined = undefined,
> = (
  data: readonly DeepReadonly<SchemaOutput<In>>[],
  contexts: readonly HandlerContext<Emits[number], Stores>[],
) => Awaitable<readonly Outcomes<Out, To>[]>
