import { Command, Option } from 'commander'
import type { Runner } from '../context.ts'
import { streamStart, wholeNumber } from '../parse.ts'
import type { StreamStart } from '../parse.ts'
import { recordLine } from '../record-line.ts'
import { openTarget } from '../target.ts'

interface TailOptions {
  readonly from?: StreamStart
  readonly partition?: number
  readonly count?: number
  readonly where?: string
  readonly follow: boolean
}

/** `metrobus tail <topic>` */
export const command = (run: Runner): Command =>
  new Command('tail')
    .description('print the records of a topic, then those that come; without a running app, those that are there')
    .argument('<topic>', 'as `metrobus topics` names it')
    .addOption(
      new Option(
        '--from <where>',
        'beginning, end, an offset, a time, or a duration for so long ago (default: end; beginning when nothing follows)',
      ).argParser(streamStart),
    )
    .option('--partition <number>', 'this one only', wholeNumber(0, 100_000))
    .option('-n, --count <number>', 'end after so many records', wholeNumber(1, 1_000_000_000))
    .option('--where <expression>', 'those that match, as `metrobus search` has it')
    .option('--no-follow', 'end with the records that are there')
    .action((topic: string, options: TailOptions, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const follow = options.follow && target.isLive
        if (options.follow && !target.isLive)
          context.output.note('No process holds this journal: printing what is there.')
        const start = options.from ?? { from: follow ? 'end' : 'beginning' }
        const { partition, count, where } = options
        const query = {
          ...start,
          follow,
          ...(partition !== undefined && { partition }),
          ...(count !== undefined && { count }),
          ...(where !== undefined && { where }),
        }
        for await (const record of target.client.records(topic, query))
          await context.output.line(context.output.json ? JSON.stringify(record) : recordLine(record))
      }),
    )
