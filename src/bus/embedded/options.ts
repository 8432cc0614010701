/** What can be chosen about the embedded bus. */
import { MetrobusError } from '../../errors/index.ts'
import { silentLog } from '../../internal/log.ts'
import type { Log } from '../../internal/log.ts'
import type { Durability } from '../../journal/index.ts'

/** Options of the embedded bus; every one has a default. */
export interface EmbeddedOptions {
  /** Folder of the journal, made when missing. One process owns it. Default: './data'. */
  readonly dir?: string
  /** Partitions of a topic that does not say. Default: 4. */
  readonly partitions?: number
  /**
   * When an event counts as durable. `fdatasync`: after the disk has said so; nothing is lost. `{ interval }`: after the write, with a sync every so many
   * milliseconds; a power cut loses at most the last interval. `none`: after the write; a power cut loses what the operating system had not written, about 30 s.
   * A killed process loses nothing in any of them. Default: 'fdatasync'.
   */
  readonly durability?: 'fdatasync' | 'none' | { readonly interval: number }
  /** Size at which a segment file is closed, in bytes; between 64 KiB and 1 GiB. Default: 64 MiB. */
  readonly segmentBytes?: number
  /** Size of the whole journal at which entries wait, in bytes. Default: Infinity. */
  readonly diskBytesMax?: number
  /** Size of the file that is given up on a full disk so that settling goes on, in bytes; 0 keeps none. Default: 4 MiB. */
  readonly reserveBytes?: number
  /** What may be deleted of topics that do not say: `time` in milliseconds, `bytesMax` a topic. What a group has not settled is always kept. Default: 24 hours, 1 GiB. */
  readonly retention?: { readonly time?: number; readonly bytesMax?: number }
  /** Encoded bytes of the records kept in memory between the stop that made them and the one that reads them. Default: 16 MiB. */
  readonly cacheBytesMax?: number
  /** Bytes of the data of one record, encoded; at most 8 MiB. Default: 1 MiB. */
  readonly recordBytesMax?: number
  /** What others are told who find the journal in use. Default: the id of this process. */
  readonly note?: string
  /** Where the bus and its journal log. Default: nowhere. */
  readonly log?: Log
}

/** Options with every default filled in. */
export interface ResolvedEmbeddedOptions {
  readonly dir: string
  readonly partitions: number
  readonly durability: Durability
  readonly segmentBytes: number
  readonly diskBytesMax: number
  readonly reserveBytes: number
  readonly retention: { readonly timeMs: number; readonly bytesMax: number }
  readonly cacheBytesMax: number
  readonly recordBytesMax: number
  readonly note: string
  readonly log: Log
}

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

/** Fills in the defaults; throws MB_BAD_OPTIONS that names all faults at once. */
export function resolveEmbeddedOptions(options: EmbeddedOptions): ResolvedEmbeddedOptions {
  const faults: string[] = []
  const number = (name: string, value: number | undefined, byDefault: number, min: number, max = Infinity): number => {
    if (value === undefined) return byDefault
    const isWhole = Number.isSafeInteger(value) || value === Infinity
    if (!isWhole || value < min || value > max)
      faults.push(`${name} must be ${max === Infinity ? `${min} or more` : `between ${min} and ${max}`}, not ${value}`)
    return value
  }
  const { dir = './data', retention = {}, note = '', log = silentLog } = options
  if (typeof dir !== 'string' || dir === '') faults.push('dir must name a folder')
  const resolved: ResolvedEmbeddedOptions = {
    dir,
    partitions: number('partitions', options.partitions, 4, 1, 10_000),
    durability: resolveDurability(options.durability, number),
    segmentBytes: number('segmentBytes', options.segmentBytes, 64 * MiB, 64 * KiB, GiB),
    diskBytesMax: number('diskBytesMax', options.diskBytesMax, Infinity, MiB),
    reserveBytes: number('reserveBytes', options.reserveBytes, 4 * MiB, 0, GiB),
    retention: {
      timeMs: number('retention.time', retention.time, 24 * 60 * 60 * 1000, 0),
      bytesMax: number('retention.bytesMax', retention.bytesMax, GiB, 0),
    },
    cacheBytesMax: number('cacheBytesMax', options.cacheBytesMax, 16 * MiB, 64 * KiB, 64 * GiB),
    recordBytesMax: number('recordBytesMax', options.recordBytesMax, MiB, KiB, 8 * MiB),
    note,
    log,
  }
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'embedded()', faults })
  return resolved
}

function resolveDurability(
  durability: EmbeddedOptions['durability'] = 'fdatasync',
  number: (name: string, value: number, byDefault: number, min: number) => number,
): Durability {
  if (typeof durability === 'string') return { mode: durability }
  return { mode: 'interval', intervalMs: number('durability.interval', durability.interval, 1000, 1) }
}
