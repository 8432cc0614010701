/** Declares where events come in. */
import type { Duration } from '../internal/duration.ts'
import { toMs } from '../internal/duration.ts'
import { Faults } from '../internal/faults.ts'
import { checkName } from '../internal/name.ts'
import { routerOf } from '../itinerary/hard-wired.ts'
import type { Route } from '../itinerary/hard-wired.ts'
import type { Router } from '../itinerary/router.ts'
import type { DeepReadonly, JsonSchema } from '../schema/data.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from '../schema/standard.ts'
import type { Carried, Stop, Taking } from '../stop/typed.ts'
import type { EntryDefinition } from './definition.ts'
import type { Topic } from './topic.ts'

/** An entry: `In` is what `send` and `ctx.emit` take. An entry that reads a topic takes nothing else, so `In` is never. */
export interface Entry<Name extends string = string, In = unknown> extends EntryDefinition {
  readonly name: Name
  readonly '~types'?: Carried<In, unknown>
}

/** How many given ids `send` remembers, so that one id is one event. */
export interface DedupeOptions {
  /** Ids at most. Default: 100,000. */
  readonly count?: number
  /** How long, in milliseconds or `{ seconds }`. Default: 600,000, ten minutes. */
  readonly time?: Duration
}

interface CommonOptions<Name extends string, Schema extends StandardSchema, To extends Route> {
  /** The order key: events of one key are handled in order, one at a time. Default: none; of a topic's events, theirs. */
  readonly key?: (data: DeepReadonly<SchemaOutput<Schema>>) => string | null
  /** A line, a map maker, a conductor, or a hard-wired first stop. */
  readonly route: Taking<Name, SchemaOutput<Schema>, To>
}

/** An entry that `send`, a source or `ctx.emit` feeds. */
interface SentOptions<Schema extends StandardSchema> {
  /** Validates, and may transform, what comes in; any Standard Schema. */
  readonly in: JsonSchema<Schema>
  /** Remembers given ids. Default: 100,000 for ten minutes. */
  readonly dedupe?: DedupeOptions
  readonly from?: never
  readonly start?: never
}

/** An entry that a declared topic feeds, of this app or of another. */
interface ReadOptions<Schema extends StandardSchema, From> {
  /** The topic; its schema validates. */
  readonly from: From & Topic<string, Schema>
  /** Where an app begins that reads the topic for the first time. Default: 'now'. */
  readonly start?: 'now' | 'beginning'
  readonly in?: never
  readonly dedupe?: never
}

export type EntryOptions<
  Name extends string,
  Schema extends StandardSchema,
  From extends Topic | undefined,
  To extends Route,
> = CommonOptions<Name, Schema, To> & (SentOptions<Schema> | ReadOptions<Schema, From>)

const defaultDedupe = { count: 100_000, time: 600_000 }

/**
 * Declares where events come in, and where they go from there:
 *
 *     entry('contacts', { in: Contact, key: (contact) => contact.accountId, route: campaign })
 *     entry('email', { from: orderConfirmed, start: 'beginning', route: mail })
 *
 * A route that does not take what the schema gives does not compile. Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault.
 */
export function entry<
  const Name extends string,
  Schema extends StandardSchema,
  To extends Route,
  From extends Topic | undefined = undefined,
>(
  name: Name,
  options: EntryOptions<Name, Schema, From, To>,
): Entry<Name, From extends Topic ? never : SchemaInput<Schema>> {
  checkName('entry', name)
  const given = options as unknown as LooseOptions
  const faults = new Faults()
  const dedupe = { ...defaultDedupe, ...given.dedupe }
  if ((given.in === undefined) === (given.from === undefined)) faults.add('it must have either in or from')
  if (given.in !== undefined) faults.schema('in', given.in)
  if (given.from !== undefined && given.from?.kind !== 'topic') faults.add('from must be a topic')
  if (given.start !== undefined && given.from === undefined) faults.add('start is for an entry that reads a topic')
  faults.oneOf('start', given.start ?? 'now', ['now', 'beginning'])
  faults.function('key', given.key)
  if (typeof given.route?.kind !== 'string') faults.add('route must be a line, a map maker, a conductor or a stop')
  faults.whole('dedupe.count', dedupe.count, 0)
  faults.number('dedupe.time', toMs(dedupe.time), 0)
  faults.throwIfAny(`The entry "${name}"`)
  return Object.freeze({
    kind: 'entry',
    name,
    inSchema: given.in,
    key: given.key,
    router: routerOf(given.route),
    from: given.from === undefined ? undefined : { topic: given.from, start: given.start ?? 'now' },
    dedupe: { countMax: dedupe.count, timeMs: toMs(dedupe.time) },
  })
}

interface LooseOptions {
  readonly in: StandardSchema | undefined
  readonly from: Topic | undefined
  readonly start?: 'now' | 'beginning'
  readonly key: EntryDefinition['key']
  readonly route: Router | Stop
  readonly dedupe?: DedupeOptions
}
