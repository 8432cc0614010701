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
    const size = context.tier === 'N' ? 'large' : 'small'
    for await (const { number, seed } of casesOf(context)) {
      const result = await runCase({ seed, world: number % 4 < 2 ? 'machine' : 'cluster', size })
      if (result.violations.length > 0) context.violation(describeFailure(await failureOf(result, shrinks)), number)
      context.count('events', result.events)
      context.done()
    }
  },
}
