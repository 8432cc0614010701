import { Command, Option } from 'commander'
import type { RecordAnswer } from '../../admin/answers.ts'
import type { Runner } from '../context.ts'
import { streamStart, wholeNumber } from '../parse.ts'
import type { StreamStart } from '../parse.ts'
import { openTarget } from '../target.ts'

interface TailOptions {
  readonly from?: StreamStart
  readonly partition?: number
  readonly count?: number
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
    .option('--no-follow', 'end with the records that are there')
    .action((topic: string, options: TailOptions, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const follow = options.follow && target.isLive
        if (options.follow && !target.isLive)
          context.output.note('No process holds this journal: printing what is there.')
        const start = options.from ?? { from: follow ? 'end' : 'beginning' }
        const { partition, count } = options
        const query = {
          ...start,
          follow,
          ...(partition !== undefined && { partition }),
          ...(count !== undefined && { count }),
        }
        for await (const record of target.client.records(topic, query))
          await context.output.line(context.output.json ? JSON.stringify(record) : textOf(record))
      }),
    )

/** One line: where it lies, when it came, what it is. */
const textOf = ({ partition, offset, appended, id, key, headers, data }: RecordAnswer): string => {
  const said = Object.entries(headers).map(([name, value]) => `  ${name}=${value}`)
  return `${partition}/${offset}  ${appended}  ${id}  ${key ?? '-'}  ${JSON.stringify(data)}${said.join('')}`
}
