/** What can be chosen about the memory bus. */
import { MetrobusError } from '../../errors/index.ts'
import type { CommitUnit } from '../../event/unit.ts'
import { silentLog } from '../../internal/log.ts'
import type { Log } from '../../internal/log.ts'
import type { Settled } from '../bus.ts'

/** One call of `settle`, as a plan is asked about it. */
export interface SettleCall {
  readonly group: string
  readonly unit: CommitUnit
  /** Counts the calls of this bus from 1; settling again counts again. */
  readonly call: number
}

/** How a settle is to end, for tests of what stands on a bus. */
export interface SettlePlan {
  /** What the caller is told. Default: 'committed', or 'refused' where the contract says so. */
  readonly answer?: Settled
  /** Whether the unit behind an `unknown` was committed. Default true. */
  readonly happened?: boolean
  /** How long the unit, and all that come behind it, take to be durable, in milliseconds. Default: `settleDelay`. */
  readonly delay?: number
  /** The bus fails with this error instead: the settle rejects and every member is told. */
  readonly failure?: unknown
}

/** Options of the memory bus; every one has a default. */
export interface MemoryOptions {
  /** Partitions of a topic that does not say. Default: 4. */
  readonly partitions?: number
  /** Stops without outside effects read what is not durable yet, as on the embedded bus. Default: true. */
  readonly runAhead?: boolean
  /** `reference` hands over the same frozen object, `bytes` a copy through JSON, as a network would. Default: 'reference'. */
  readonly handOver?: 'reference' | 'bytes'
  /** How long a unit takes to be durable, in milliseconds; 0 means before the next turn of the loop. Default: 0. */
  readonly settleDelay?: number
  /** Records kept in all topics together: consumed ones go first, and entries wait when none are left. Default: 1,000,000. */
  readonly recordsMax?: number
  /** Bytes of one record, encoded. Default: 1 MiB. */
  readonly recordBytesMax?: number
  /** Asked once for every settle. Default: every settle ends well. */
  readonly plan?: (call: SettleCall) => SettlePlan | undefined
  /** Where the bus logs. Default: nowhere. */
  readonly log?: Log
}

/** Options with every default filled in. */
export type ResolvedMemoryOptions = Required<MemoryOptions>

/** Fills in the defaults; throws MB_BAD_OPTIONS that names all faults at once. */
export function resolveMemoryOptions(options: MemoryOptions): ResolvedMemoryOptions {
  const resolved: ResolvedMemoryOptions = {
    partitions: 4,
    runAhead: true,
    handOver: 'reference',
    settleDelay: 0,
    recordsMax: 1_000_000,
    recordBytesMax: 1024 * 1024,
    plan: () => undefined,
    log: silentLog,
    ...options,
  }
  const faults: string[] = []
  for (const name of ['partitions', 'recordsMax', 'recordBytesMax'] as const)
    if (!Number.isSafeInteger(resolved[name]) || resolved[name] < 1)
      faults.push(`${name} must be a whole number from 1, not ${resolved[name]}`)
  if (!(resolved.settleDelay >= 0))
    faults.push(`settleDelay must be 0 or more milliseconds, not ${resolved.settleDelay}`)
  if (!['reference', 'bytes'].includes(resolved.handOver))
    faults.push(`handOver must be "reference" or "bytes", not ${JSON.stringify(resolved.handOver)}`)
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'memory()', faults })
  return resolved
}
