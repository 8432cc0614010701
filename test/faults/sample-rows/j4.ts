/** Breaks its promise in case 3. */
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J4',
  title: 'a row that finds something',
  tiers: 'PN',
  run: (context) =>
    eachCase(context, async ({ number }) => {
      if (number === 3) throw new Error('an event is lost')
    }),
}
