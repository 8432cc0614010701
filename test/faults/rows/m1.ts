/** M1. A wall clock that is set, an hour or a year either way, or to the end of 32 bits: order, offsets and what retention keeps go by the time that has passed. */
import { liveWithRetention } from '../../simulation/retention-life.ts'
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'M1',
  title: 'the wall clock set by hours and years: order stays, and retention deletes nothing early',
  tiers: 'N',
  isDivisible: true,
  run: (context) => eachCase(context, ({ seed }) => liveWithRetention(seed, { crashes: false, jumps: true })),
}
