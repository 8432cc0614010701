/** Dies. */
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J8',
  title: 'a row that dies',
  tiers: 'PN',
  run(context) {
    context.done()
    process.abort()
  },
}
