/**
 * H2: one event in a hundred always fails. Exactly these become dead letters, each after all its tries; all others ride on, in the order of their keys; and the whole goes at nine tenths
 * of the speed of a run without them.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FailingLife } from '../programs/failing-places.ts'
import { runToEnd } from '../real/child.ts'
import { judgeFailing } from '../real/failing-judge.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const poisonOf = 100
const shareMin = 0.9
/** So many that what waits behind one key that fails is no bound of the whole: with few, their back-off one after the other would be what is measured. */
const keys = 997

export const row: Row = {
  id: 'H2',
  title: 'one event in a hundred is poison: exactly these are dead letters, and the others hardly notice',
  tiers: 'PN',
  async run(context) {
    const shares: number[] = []
    await eachCase(context, async (item) => void shares.push(await compare(item, context)))
    const median = shares.toSorted((one, other) => one - other)[shares.length >> 1] ?? 0
    context.note(`${Math.round(median * 100)} % of the speed without poison, median of ${shares.length}`)
    // Short runs beside others tell nothing about speed.
    if (context.tier === 'N' && shares.length >= 9 && median < shareMin)
      context.violation(`With poison it goes at ${Math.round(median * 100)} % of the speed without`, context.first)
  },
}

/** The share of the speed that is left with poison. */
async function compare({ number }: Case, context: RowContext): Promise<number> {
  const count = context.tier === 'P' ? 3000 : 20_000
  const rateOf = async (poison: number): Promise<number> => {
    const dir = join(context.dir, `${number} ${poison}`)
    mkdirSync(dir)
    const life: FailingLife = { dir, bus: 'embedded', from: 1, count, way: 'throw', badOf: 0, poisonOf: poison, keys }
    const ended = await runToEnd({ program: 'failing-app', life })
    if (ended.code !== 0) throw new Error(`It ended with ${ended.signal ?? ended.code}:\n${ended.errors}`)
    judgeFailing(life, count, ended.lines)
    rmSync(dir, { recursive: true })
    return Number(ended.lines.find((line) => line.startsWith('rate '))?.slice(5))
  }
  const clean = await rateOf(0)
  return (await rateOf(poisonOf)) / clean
}
