/** J14. Deleting with a reader that lags, the process dying inside: what is to be kept is kept, and what a tombstone has deleted does not come back. */
import { liveWithRetention } from '../../simulation/retention-life.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J14',
  title:
    'retention and compaction against a lagging reader, with crashes inside: nothing kept is deleted, nothing comes back',
  tiers: 'N',
  isDivisible: true,
  run: (context) => eachCase(context, ({ seed }) => liveWithRetention(seed, { crashes: true, jumps: false })),
}
