import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { chosenOf, withFilter } from '../dead-filter.ts'
import type { FilterOptions } from '../dead-filter.ts'
import { openTarget } from '../target.ts'

interface DiscardOptions extends FilterOptions {
  readonly reason: string
}

/** `metrobus dead discard [place]` */
export const deadDiscard = (run: Runner): Command =>
  withFilter(new Command('discard').description('give dead letters up for good, with a reason that is kept'))
    .argument('[place]', 'this one only')
    .requiredOption('--reason <text>', 'why; it is kept with the dead letter')
    .option('--all', 'all of them')
    .action((place: string | undefined, options: DiscardOptions, command: Command) =>
      run(command, async (context) => {
        const chosen = chosenOf(place, options)
        await using target = await openTarget(context, { writes: true })
        const discarded = await target.client.discard(chosen, options.reason)
        await context.output.line(context.output.json ? JSON.stringify({ discarded }) : `${discarded} discarded`)
      }),
    )
