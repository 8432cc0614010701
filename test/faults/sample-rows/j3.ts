/** Comes to the third case, and waits there for ever. */
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J3',
  title: 'a row that is stuck',
  tiers: 'N',
  run: (context) =>
    eachCase(context, async ({ number }) => {
      if (number === 2) await new Promise((resolve) => setTimeout(resolve, 3_600_000))
    }),
}
