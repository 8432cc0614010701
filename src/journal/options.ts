/** The options of a journal, resolved once. */
import { MetrobusError } from '../errors/index.ts'
import type { JournalLog, JournalOptions } from './journal.ts'

const defaultSegmentBytes = 64 * 1024 * 1024
const segmentBytesBounds = { min: 4 * 1024, max: 1024 * 1024 * 1024 }
const defaultReserveBytes = 4 * 1024 * 1024

/** Options with every default filled in. */
export interface ResolvedOptions extends Required<JournalOptions> {}

/** Fills in the defaults, or throws MB_BAD_OPTIONS with everything that is wrong. */
export function resolveOptions(options: JournalOptions): ResolvedOptions {
  const resolved = {
    segmentBytesMax: defaultSegmentBytes,
    durability: { mode: 'fdatasync' } as const,
    diskBytesMax: Infinity,
    reserveBytes: defaultReserveBytes,
    readOnly: false,
    note: '',
    log: silent,
    ...options,
  }
  const faults: string[] = []
  const { segmentBytesMax, durability, diskBytesMax, reserveBytes } = resolved
  if (!(segmentBytesMax >= segmentBytesBounds.min && segmentBytesMax <= segmentBytesBounds.max))
    faults.push(
      `segmentBytesMax must be between ${segmentBytesBounds.min} and ${segmentBytesBounds.max}, not ${segmentBytesMax}`,
    )
  if (durability.mode === 'interval' && !(durability.intervalMs > 0))
    faults.push(`durability.intervalMs must be above 0, not ${durability.intervalMs}`)
  if (!(diskBytesMax > 0)) faults.push(`diskBytesMax must be above 0, not ${diskBytesMax}`)
  if (!(reserveBytes >= 0)) faults.push(`reserveBytes must be 0 or more, not ${reserveBytes}`)
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what: 'The journal', faults })
  return resolved
}

const silent: JournalLog = () => undefined
