/** Whether a journal that `programs/journal-life.ts` left holds what it must. */
import { isMetrobusError } from '../../../src/errors/index.ts'
import { nodePlatform } from '../../../src/internal/platform/node.ts'
import { openJournal } from '../../../src/journal/index.ts'
import type { Journal } from '../../../src/journal/index.ts'
import { describeViolations, judge } from '../../../src/testing/index.ts'
import type { FoundEvent } from '../../../src/testing/index.ts'
import { eventsIn } from '../../journal/events-in.ts'
import { eventsTo, keyOf } from '../programs/events.ts'
import { group, groupMax, partitions, topics } from '../programs/journal-places.ts'
import type { Acknowledgements } from './acknowledgements.ts'

/** Opens the journal, read-only by default, and throws what is wrong with it. Answers how many events arrived. */
export async function judgeJournal(dir: string, acknowledgements: Acknowledgements, readOnly = true): Promise<number> {
  const options = { dir, platform: nodePlatform, readOnly, segmentBytesMax: 8 * 1024, reserveBytes: 0 }
  const journal = await openJournal(options).catch((error: unknown) => {
    // A process that ended before there was a journal has promised nothing.
    if (acknowledgements.highest === 0 && isMetrobusError(error, 'MB_JOURNAL_MISSING')) return undefined
    throw error
  })
  if (journal === undefined) return 0
  try {
    return await judgeOpen(journal, acknowledgements)
  } finally {
    await journal.close()
  }
}

async function judgeOpen(journal: Journal, acknowledgements: Acknowledgements): Promise<number> {
  const arrived = await eventsIn(journal, topics.arrived)
  const moved = await eventsIn(journal, topics.moved)
  const latest = await eventsIn(journal, topics.latest)
  // What arrived in the group that was not acknowledged any more may be there.
  const sent = eventsTo(acknowledgements.sentTo(groupMax))
  const wrong = [
    ...judge({ sent, acknowledged: acknowledgements.numbers, places: [{ name: topics.arrived, events: arrived }] }),
    ...judge({ sent, acknowledged: [], places: [{ name: topics.moved, events: moved }] }),
  ]
  const sentences = wrong.length === 0 ? [] : [describeViolations(wrong)]
  sentences.push(...torn(journal, moved.length), ...forgotten(arrived, latest))
  if (sentences.length > 0) throw new Error(sentences.join('\n'))
  return arrived.length
}

/** Outputs, acknowledgements and state that did not move together (I6). */
function torn(journal: Journal, moved: number): readonly string[] {
  let settled = 0
  const sentences: string[] = []
  for (let partition = 0; partition < partitions; partition++) {
    const at = journal.positions(group).find((one) => one.topic === topics.arrived && one.partition === partition)
    const watermark = at?.watermark ?? 0
    const counted = Number(journal.rows(group, 'count', partition).get('moved') ?? 0)
    if (counted !== watermark)
      sentences.push(`partition ${partition}: settled to ${watermark}, and the row says ${counted}`)
    settled += watermark
  }
  return settled === moved ? sentences : [...sentences, `${settled} events are settled, and ${moved} were moved`]
}

/** Of a compacted topic the newest event of each key is there, whatever else is. */
function forgotten(arrived: readonly FoundEvent[], latest: readonly FoundEvent[]): readonly string[] {
  const newest = (events: readonly FoundEvent[]): ReadonlyMap<string, number> =>
    new Map(events.toSorted((one, other) => one.number - other.number).map(({ number }) => [keyOf(number), number]))
  const found = newest(latest)
  return [...newest(arrived)]
    .filter(([key, number]) => found.get(key) !== number)
    .map(([key, number]) => `the compacted topic has ${found.get(key)} for ${key}, and ${number} arrived with it`)
}
