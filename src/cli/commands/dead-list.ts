import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { filterOf, withFilter } from '../dead-filter.ts'
import type { FilterOptions } from '../dead-filter.ts'
import { oneLine, timeText } from '../format.ts'
import { wholeNumber } from '../parse.ts'
import { openTarget } from '../target.ts'

interface ListOptions extends FilterOptions {
  readonly groups?: boolean
  readonly count: number
  readonly after?: string
}

/** `metrobus dead list` */
export const deadList = (run: Runner): Command =>
  withFilter(new Command('list').description('list dead letters, by stop, partition and offset'))
    .option('--groups', 'count them by kind instead')
    .option('-n, --count <number>', 'at most so many', wholeNumber(1, 1000), 100)
    .option('--after <place>', 'go on behind this one')
    .action((options: ListOptions, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const { output } = context
        if (options.groups === true) {
          const groups = await target.client.deadLetterGroups(filterOf(options))
          if (output.json) return await output.document({ groups })
          return await output.table(
            ['COUNT', 'STOP', 'CAUSE', 'LAST', 'MESSAGE', 'FINGERPRINT'],
            groups.map(({ count, stop, cause, last, message, fingerprint }) => [
              count,
              stop,
              cause,
              timeText(last),
              oneLine(message, 60),
              fingerprint,
            ]),
          )
        }
        const { after, count } = options
        const letters = await target.client.deadLetters(filterOf(options), {
          count,
          ...(after !== undefined && { after }),
        })
        if (output.json) return await output.document({ deadLetters: letters })
        await output.table(
          ['PLACE', 'EVENT', 'KEY', 'CAUSE', 'ATTEMPTS', 'LAST FAILURE', 'STATE', 'MESSAGE'],
          letters.map((letter) => [
            letter.place,
            letter.id,
            letter.key ?? '',
            letter.cause,
            letter.attempts,
            timeText(letter.lastFailure),
            letter.state,
            oneLine(letter.message, 60),
          ]),
        )
        if (letters.length === count) output.note(`There may be more: --after ${letters.at(-1)!.place}`)
      }),
    )
