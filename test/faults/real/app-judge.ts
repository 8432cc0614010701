/** Whether what `programs/app-life.ts` left holds what it must. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isMetrobusError } from '../../../src/errors/index.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import { describeViolations, judge } from '../../../src/testing/index.ts'
import type { FoundEvent, SentEvent } from '../../../src/testing/index.ts'
import { eventsIn } from '../../journal/events-in.ts'
import { isDropped, topics } from '../programs/app-places.ts'
import { eventsTo } from '../programs/events.ts'
import type { Acknowledgements } from './acknowledgements.ts'

/** What an app said and nobody heard before it died stands in its output buffer, and may be much. */
const unheardMax = 5000

const expects = ({ number }: SentEvent): boolean => !isDropped(number)

/**
 * Throws what is wrong. Whatever happened, what was acknowledged is in the journal, and nothing is anywhere twice or out of order; and when the app has
 * `finished`, it is in every place where it belongs.
 */
export async function judgeApp(
  dir: string,
  acknowledged: Pick<Acknowledgements, 'numbers' | 'highest'>,
  finished?: { readonly lines: readonly string[] },
): Promise<void> {
  const folder = join(dir, 'journal')
  const journal = await openJournal({ dir: folder, platform: nodePlatform, readOnly: true }).catch((error: unknown) => {
    if (acknowledged.highest === 0 && isMetrobusError(error, 'MB_JOURNAL_MISSING')) return undefined
    throw error
  })
  if (journal === undefined) return
  try {
    const { numbers, highest } = acknowledged
    const sent = eventsTo(highest + unheardMax)
    const dead = (finished?.lines ?? []).filter((line) => line.startsWith('dead ')).map((line) => Number(line.slice(5)))
    const first = [{ name: topics.check, events: await eventsIn(journal, topics.check) }]
    const later = [
      { name: topics.keep, events: await eventsIn(journal, topics.keep), expects },
      { name: 'archive', events: archived(join(dir, 'archive.ndjson')), expects },
    ]
    const wrong = [
      ...judge({ sent, acknowledged: numbers, places: first, dead }),
      ...judge({ sent, acknowledged: finished === undefined ? [] : numbers, places: later }),
    ]
    if (wrong.length > 0) throw new Error(describeViolations(wrong))
  } finally {
    await journal.close()
  }
}

/** What the archive holds, line by line. Its last line may be torn: it was promised to nobody. */
export function archived(path: string): readonly FoundEvent[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => (JSON.parse(line) as { readonly data: FoundEvent }).data)
}
