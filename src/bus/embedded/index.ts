import type { Platform } from '../../internal/platform/platform.ts'
import { openJournal } from '../../journal/index.ts'
import type { Bus, BusInspector } from '../bus.ts'
import { guarded } from '../guarded.ts'
import { EmbeddedBus } from './embedded-bus.ts'
import { inspectorOf } from './inspector.ts'
import { resolveEmbeddedOptions } from './options.ts'
import type { EmbeddedOptions } from './options.ts'

/** A bus on a journal in a folder: durable, in this process, without a server. Throws MB_BAD_OPTIONS. */
export function embedded(options: EmbeddedOptions = {}): Bus {
  const resolved = resolveEmbeddedOptions(options)
  return guarded(new EmbeddedBus(resolved), resolved.log)
}

/**
 * Looks into the journal of an app that is not running: read-only and under its lock. Rejects with MB_JOURNAL_LOCKED while a process has it,
 * MB_JOURNAL_MISSING when there is none.
 */
export async function inspectEmbedded(
  dir: string,
  platform: Platform,
): Promise<{ readonly inspector: BusInspector; readonly close: () => Promise<void> }> {
  const journal = await openJournal({ dir, platform, readOnly: true })
  return { inspector: inspectorOf(journal, () => false), close: () => journal.close() }
}

export { resolveEmbeddedOptions } from './options.ts'
export type { EmbeddedOptions, ResolvedEmbeddedOptions } from './options.ts'
