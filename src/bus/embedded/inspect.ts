/** The journal of an app that does not run. Apart from the bus, of which a look needs nothing. */
import type { Platform } from '../../internal/platform/platform.ts'
import { openJournal } from '../../journal/open-journal.ts'
import type { BusInspector } from '../bus.ts'
import { inspectorOf } from './inspector.ts'

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
