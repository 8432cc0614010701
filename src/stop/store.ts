/** Declares a store: named, typed, keyed state of a stop. */
import { toMs } from '../internal/duration.ts'
import type { Duration } from '../internal/duration.ts'
import { Faults } from '../internal/faults.ts'
import { checkName } from '../internal/name.ts'
import type { DeepReadonly, InnerSchema } from '../schema/data.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'

/** The runtime's view of a store. */
export interface StoreDefinition {
  readonly kind: 'store'
  readonly name: string
  readonly schema: StandardSchema
  /** A row goes so long after its last change; Infinity keeps it. */
  readonly ttlMs: number
  /** The key of the events that may change a row, by the row's key. */
  readonly ownerOf: (key: string) => string
}

/** A store with its name and the type of its values. */
export interface Store<Name extends string = string, Value = unknown> extends StoreDefinition {
  readonly name: Name
  readonly '~types'?: { readonly value: Value }
}

/** What the values of a store are. */
export type ValueOf<Of extends Store> = NonNullable<Of['~types']>['value']

/** The stores of a stop, by the names that its handler uses. */
export type StoresByName = Readonly<Record<string, Store>>

/** One row of a store. */
export interface StoreRow<Value> {
  readonly key: string
  readonly value: DeepReadonly<Value>
}

/** Which rows, and how many of them. */
export interface StoreRange {
  /** Rows whose keys begin so. Default in a handler: the event's key; from outside: ''. */
  readonly prefix?: string
  /** Only rows behind this key: the last one of the page before. Default: from the first. */
  readonly after?: string
  /** Rows at most. Default: 100. */
  readonly limit?: number
}

/**
 * A store in a handler's hands. It shows what is committed, what earlier events of the key have decided, and what this attempt has changed; other keys' rows are refused
 * with MB_FOREIGN_KEY. Changes ride in the event's own commit unit; those of an attempt that fails never happened.
 */
export interface StoreHandle<Value> {
  /** The row's value, frozen; undefined when there is none. */
  get(key: string): DeepReadonly<Value> | undefined
  /** Sets the row. The value is encoded at once: MB_NOT_JSON and MB_TOO_LARGE are thrown here. */
  put(key: string, value: DeepReadonly<Value>): void
  /** Removes the row, if it is there. */
  delete(key: string): void
  /** The event's own rows, in the order of their keys. */
  range(options?: StoreRange): readonly StoreRow<Value>[]
}

export interface StoreOptions {
  /** A row goes so long after its last change, from the store and from the log, in milliseconds, `{ seconds }` or `{ days }`. Default: rows stay. */
  readonly ttl?: Duration
  /**
   * Which events may change a row: those whose key this answers. Must depend on nothing but the row's key. Default: the row's key up to its first '/', so that an event
   * `o-1` owns the rows `o-1`, `o-1/lines/7` and so on.
   */
  readonly owner?: (key: string) => string
}

/**
 * Declares a store: `store('orders', Order)`, for `stores` of the stops that use it. Its values are plain JSON, typed by any Standard Schema and not validated again. What it
 * holds is the fold of its log, a compacted topic of the app. Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault.
 */
export function store<const Name extends string, Schema extends StandardSchema>(
  name: Name,
  schema: InnerSchema<Schema>,
  options: StoreOptions = {},
): Store<Name, SchemaOutput<Schema>> {
  checkName('store', name)
  const { ttl, owner } = options
  const faults = new Faults()
  faults.schema('the schema', schema)
  faults.function('owner', owner)
  const ttlMs = ttl === undefined ? Infinity : toMs(ttl)
  faults.number('ttl', ttlMs, 1, Infinity)
  faults.throwIfAny(`The store "${name}"`)
  return Object.freeze({
    kind: 'store',
    name,
    schema: schema as Schema,
    ttlMs,
    ownerOf: owner ?? firstPart,
  })
}

function firstPart(key: string): string {
  const end = key.indexOf('/')
  return end < 0 ? key : key.slice(0, end)
}
