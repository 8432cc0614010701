import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { streamStart, wholeNumber } from '../parse.ts'
import type { StreamStart } from '../parse.ts'
import { recordLine } from '../record-line.ts'
import { openTarget } from '../target.ts'

interface SearchOptions {
  readonly from?: StreamStart
  readonly partition?: number
  readonly count?: number
  readonly after?: string
}

/** `metrobus search <topic> <expression>` */
export const command = (run: Runner): Command =>
  new Command('search')
    .description('find the records of a topic that match an expression')
    .argument('<topic>', 'its name, see `metrobus topics`')
    .argument('<expression>', `such as 'headers.order-id = "o-17" and data.amount >= 100'`)
    .option(
      '--from <start>',
      'beginning, end, an offset, a time, or a duration for so long ago (default: beginning)',
      streamStart,
    )
    .option('--partition <n>', 'one partition only', wholeNumber(0, 100_000))
    .option('--count <n>', 'end after so many (default: 100)', wholeNumber(1, 10_000))
    .option('--after <cursor>', 'go on where a search before has ended')
    .action((topic: string, where: string, { from, ...options }: SearchOptions, command: Command) =>
      run(command, async (context) => {
        const { output } = context
        await using target = await openTarget(context)
        for await (const answer of target.client.search(topic, where, { ...from, ...options }))
          if ('match' in answer)
            await output.line(output.json ? JSON.stringify(answer.match) : recordLine(answer.match))
          else if ('end' in answer) {
            const { matched, scanned, next } = answer.end
            const more = next === null ? '' : `. More may follow: --after ${next}`
            output.note(`${matched} of ${scanned} records match${more}`)
          }
      }),
    )
