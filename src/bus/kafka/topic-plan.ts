/**
 * What a topic of the port is in Kafka.
 *
 * A broker deletes by age and size, whoever has not read what it deletes; the port never deletes what a group has not settled. So the topics that
 * only its own app reads keep everything, and the app itself cuts off what is settled and old enough (`trimmer.ts`). Who reads a declared topic is not
 * known: it is kept for ever, or as long as it is declared to be, and then also from who comes late. A compacted topic keeps the newest record of each
 * key and is not cut.
 */
import type { RetentionSpec, TopicSpec } from '../bus.ts'

/** What a topic has to be. */
export interface TopicPlan {
  readonly name: string
  /** Undefined where any number will do. */
  readonly partitions: number | undefined
  /** Settings that must have these values. */
  readonly exactly: Readonly<Record<string, string>>
  /** Settings that must have at least these values. */
  readonly atLeast: Readonly<Record<string, number>>
  /** With what it is made, beside those. */
  readonly made: { readonly partitions: number; readonly settings: Readonly<Record<string, string>> }
}

export interface PlanOptions {
  /** What every name begins with. Default ''. */
  readonly prefix?: string
  /** Of a topic that does not say. */
  readonly partitions: number
  /** The largest batch of records that the bus writes, in bytes. */
  readonly batchBytesMax: number
}

const keepsAll = { 'retention.ms': '-1', 'retention.bytes': '-1' }

/** What Metrobus names itself has a dot in its name; a declared topic may be another's, who says how it is kept. */
const isOwn = (name: string, prefix = ''): boolean => name.slice(prefix.length).includes('.')

export function planOf({ name, partitions, retention, isWritten }: TopicSpec, options: PlanOptions): TopicPlan {
  const compact = retention?.compact === true
  const policy = { 'cleanup.policy': compact ? 'compact' : 'delete' }
  const largest = { 'max.message.bytes': options.batchBytesMax }
  // What was deleted from a compacted topic must be seen as deleted by whoever restores from it meanwhile.
  const tombstonesMs = compact && Number.isFinite(retention?.timeMs) ? retention?.timeMs : undefined
  const tombstones = tombstonesMs === undefined ? {} : { 'delete.retention.ms': String(tombstonesMs) }
  const made = {
    partitions: partitions ?? options.partitions,
    settings: {
      ...policy,
      ...(compact
        ? {}
        : isOwn(name, options.prefix)
          ? keepsAll
          : keptAsDeclared(retention, partitions ?? options.partitions)),
      ...tombstones,
      ...asText(largest),
    },
  }
  if (!isOwn(name, options.prefix))
    return {
      name,
      partitions,
      exactly: retention === undefined ? {} : policy,
      // Else a record that passes every check of the app would be refused by the broker.
      atLeast: isWritten === true ? largest : {},
      made,
    }
  return {
    name,
    partitions: made.partitions,
    exactly: { ...policy, ...(compact ? {} : keepsAll) },
    atLeast: { ...largest, ...(tombstonesMs === undefined ? {} : { 'delete.retention.ms': tombstonesMs }) },
    made,
  }
}

/** Of a declared topic anyone may be a reader: it is kept as its declaration says, and else for ever. */
function keptAsDeclared(retention: RetentionSpec | undefined, partitions: number): Readonly<Record<string, string>> {
  const { timeMs = Infinity, bytesMax = Infinity } = retention ?? {}
  return {
    'retention.ms': Number.isFinite(timeMs) ? String(timeMs) : '-1',
    'retention.bytes': Number.isFinite(bytesMax) ? String(Math.ceil(bytesMax / partitions)) : '-1',
  }
}

const asText = (numbers: Readonly<Record<string, number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]))
