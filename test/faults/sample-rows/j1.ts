/** Never comes to its end, and never waits for anything that is not its own. */
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J1',
  title: 'a simulated row without end',
  tiers: 'N',
  isDivisible: true,
  run: (context) =>
    eachCase(context, async () => {
      for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
    }),
}
