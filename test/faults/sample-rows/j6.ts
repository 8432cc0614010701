/** One case of it takes an hour. */
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J6',
  title: 'a row of long cases',
  tiers: 'N',
  caseMinutes: 60,
  run: (context) => eachCase(context, async () => undefined),
}
