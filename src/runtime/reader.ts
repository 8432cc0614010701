/**
 * An entry that reads a declared topic, as a stop: it validates what comes, plots its itinerary and sends it to the first stop of it. It has no
 * outside effects, and what does not fit is a dead letter of the entry.
 */
import { MetrobusError } from '../errors/index.ts'
import { defaultPolicy } from '../resilience/retry-policy.ts'
import { validate } from '../schema/validate.ts'
import type { StopDefinition } from '../stop/definition.ts'
import type { EntryDefinition } from './definition.ts'
import { readerName } from './topics.ts'

/** Concurrent validations of a partition; counts only for an asynchronous validator. */
const concurrency = 64

export function readerOf(
  entry: EntryDefinition & { readonly from: NonNullable<EntryDefinition['from']> },
): StopDefinition {
  const schema = entry.inSchema ?? entry.from.topic.schema
  const checked = (result: Awaited<ReturnType<typeof validate>>): unknown => {
    if (result.issues !== undefined)
      throw new MetrobusError('MB_INVALID_EVENT', { entry: entry.name, issues: result.issues })
    return result.value
  }
  return {
    kind: 'stop',
    name: readerName(entry.name),
    inSchema: schema,
    outSchema: schema,
    schemaVersion: 1,
    hasEffects: false,
    policy: defaultPolicy,
    key: entry.key,
    concurrency,
    limits: [],
    middleware: [],
    next: undefined,
    targets: new Map(),
    emits: [],
    stores: {},
    batch: undefined,
    handler: (data: unknown) => {
      const result = validate(schema, data, entry.name)
      return result instanceof Promise ? result.then(checked) : checked(result)
    },
  }
}
