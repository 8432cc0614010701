/**
 * S2: the live state of stores against a replay of their logs, from the beginning, from files that are behind, and after compaction: equal whenever the app is at
 * rest, in random lives on a machine and in a cluster.
 *
 * A case is a life; its seed says all.
 */
import { storeLife } from '../../store/store-life.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'S2',
  title:
    'live state of stores against replay from zero, from a file that is behind, after compaction: equal at every rest',
  tiers: 'PN',
  isDivisible: true,
  run: (context) =>
    eachCase(context, async ({ number, seed }) => {
      const world = number % 2 === 0 ? 'machine' : 'cluster'
      const { violations, checks, behind, events } = await storeLife({ seed, world, isRestful: true })
      for (const text of violations) context.violation(text, number)
      context.count('comparisons', checks)
      context.count('starts from a file that was behind', behind)
      context.count('events', events)
    }),
}
