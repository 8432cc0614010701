/** Declares a published stream of one event type. */
import type { Duration } from '../internal/duration.ts'
import { toMs } from '../internal/duration.ts'
import { Faults } from '../internal/faults.ts'
import { checkName } from '../internal/name.ts'
import type { DeepReadonly, JsonSchema } from '../schema/data.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from '../schema/standard.ts'
import type { Carried } from '../stop/typed.ts'
import type { TopicDefinition } from './definition.ts'

/** A declared topic: `out` is what its readers' entries are given to validate, `in` what a publisher emits. */
export interface Topic<
  Name extends string = string,
  Schema extends StandardSchema = StandardSchema,
> extends TopicDefinition {
  readonly name: Name
  readonly schema: Schema
  readonly '~types'?: Carried<SchemaInput<Schema>, SchemaOutput<Schema>>
}

/** What a bus may delete of a topic; what is not given is the bus's default. Unconsumed events are never deleted. */
export interface RetentionOptions {
  /** Keeps the newest event of each key. Default: false. */
  readonly compact?: boolean
  /** Keeps events so long, in milliseconds or `{ seconds }`. */
  readonly time?: Duration
  /** Keeps so many bytes. */
  readonly bytesMax?: number
}

export interface TopicOptions<Schema extends StandardSchema> {
  /** What the events are; any Standard Schema. */
  readonly schema: JsonSchema<Schema>
  /** The order key of an event. Default: none. */
  readonly key?: (data: DeepReadonly<SchemaOutput<Schema>>) => string | null
  /** Default: the bus's. */
  readonly partitions?: number
  /** Default: the bus's. */
  readonly retention?: RetentionOptions
}

/**
 * Declares a topic: `topic('order-confirmed', { schema: Confirmed, key: (order) => order.id })`. The app that lists it under `publishes` owns it, and its stops
 * publish with `ctx.emit`; any app reads it with an entry. Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault.
 */
export function topic<const Name extends string, Schema extends StandardSchema>(
  name: Name,
  options: TopicOptions<Schema>,
): Topic<Name, Schema> {
  checkName('topic', name)
  const { schema, key, partitions, retention } = options
  const faults = new Faults()
  faults.schema('schema', schema)
  faults.function('key', key)
  if (partitions !== undefined) faults.whole('partitions', partitions, 1)
  const timeMs = retention?.time === undefined ? undefined : toMs(retention.time)
  if (timeMs !== undefined) faults.number('retention.time', timeMs, 0, Infinity)
  if (retention?.bytesMax !== undefined) faults.number('retention.bytesMax', retention.bytesMax, 0, Infinity)
  if (retention?.compact === true && key === undefined)
    faults.add('retention.compact keeps the newest event of each key, so the topic needs a key')
  faults.throwIfAny(`The topic "${name}"`)
  return Object.freeze({
    kind: 'topic',
    name,
    schema: schema as Schema,
    key,
    partitions,
    retention: retention === undefined ? undefined : resolveRetention(retention, timeMs),
  })
}

function resolveRetention(
  { compact, bytesMax }: RetentionOptions,
  timeMs: number | undefined,
): NonNullable<TopicDefinition['retention']> {
  return {
    ...(compact === undefined ? {} : { compact }),
    ...(timeMs === undefined ? {} : { timeMs }),
    ...(bytesMax === undefined ? {} : { bytesMax }),
  }
}
