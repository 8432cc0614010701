import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { chosenOf, withFilter } from '../dead-filter.ts'
import type { FilterOptions } from '../dead-filter.ts'
import { wholeNumber } from '../parse.ts'
import { progressBar } from '../progress.ts'
import { openTarget } from '../target.ts'

interface ReplayOptions extends FilterOptions {
  readonly rate?: number
}

/** `metrobus dead replay [place]` */
export const deadReplay = (run: Runner): Command =>
  withFilter(
    new Command('replay').description(
      'let dead letters ride again from the stop that gave them up, each once, in key order',
    ),
  )
    .argument('[place]', 'this one only')
    .option('--all', 'all of them')
    .option('--rate <number>', 'at most so many a second', wholeNumber(1, 1_000_000))
    .action((place: string | undefined, options: ReplayOptions, command: Command) =>
      run(command, async (context) => {
        const chosen = chosenOf(place, options)
        await using target = await openTarget(context, { writes: true })
        using bar = await progressBar(context.output, 'replayed')
        const replayed = await target.client.replay(chosen, {
          progress: (done, total) => bar.at(done, total),
          ...(options.rate !== undefined && { ratePerSecond: options.rate }),
        })
        bar.end()
        await context.output.line(context.output.json ? JSON.stringify({ replayed }) : `${replayed} replayed`)
      }),
    )
