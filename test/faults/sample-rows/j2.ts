/** Breaks nothing, and says which cases it did. */
import { eachCase } from '../row.ts'
import type { Row } from '../row.ts'

export const row: Row = {
  id: 'J2',
  title: 'a clean row',
  tiers: 'PN',
  isDivisible: true,
  run: (context) => eachCase(context, async ({ number, seed }) => context.note(`case ${number} seed ${seed}`)),
}
