/** Closed journals to be damaged, each of them many times: making one costs more than damaging it. */
import { wholeJournal } from '../simulation/damage.ts'
import type { Whole } from '../simulation/damage.ts'
import { caseSeed, eachCase } from './row.ts'
import type { Case, RowContext } from './row.ts'

/** As `eachCase`, with the same journal for `casesOfOne` cases in a row. */
export async function eachDamage(
  context: RowContext,
  casesOfOne: number,
  run: (whole: Whole, one: Case) => Promise<void>,
): Promise<void> {
  let life = -1
  let whole: Whole | undefined
  await eachCase(context, async (one) => {
    const wanted = Math.floor(one.number / casesOfOne)
    if (whole === undefined || wanted !== life) whole = await wholeJournal(caseSeed(context.seed, wanted))
    life = wanted
    await run(whole, one)
  })
}
