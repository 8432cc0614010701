/**
 * SEEDS. Random programs - lines, switches, splits, retries, parking, dead letters, limits - on a machine that dies and loses power, and on a cluster that rebalances and
 * splits, judged by an oracle that knows nothing of the system.
 */
import { runCase } from '../../simulation/program/run.ts'
import { describeFailure, failureOf } from '../../simulation/sweep.ts'
import { casesOf } from '../row.ts'
import type { Row } from '../row.ts'

/** Shrinking takes some hundred runs, and who hunts a mutant knows what is wrong. */
const shrinks = process.env['METROBUS_MUTANT'] === undefined

export const row: Row = {
  id: 'SEEDS',
  title: 'random programs through crashes, power cuts, rebalances and duplicates: every invariant holds',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    // Each night has time for many events, and for what only some apps have.
    const isNight = context.tier === 'N'
    const size = isNight ? 'large' : 'small'
    for await (const { number, seed } of casesOf(context)) {
      const result = await runCase({
        seed,
        world: number % 4 < 2 ? 'machine' : 'cluster',
        size,
        isWide: isNight && number % 8 > 3,
      })
      if (result.violations.length > 0) context.violation(describeFailure(await failureOf(result, shrinks)), number)
      context.count('events', result.events)
      context.done()
    }
  },
}
