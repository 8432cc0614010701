import { Command, Option } from 'commander'
import { MetrobusError } from '../../errors/index.ts'
import type { SeekPlan, SeekRequest } from '../../runtime/controls.ts'
import type { Context, Runner } from '../context.ts'
import { streamStart, wholeNumber } from '../parse.ts'
import type { StreamStart } from '../parse.ts'
import { openTarget } from '../target.ts'

interface SeekOptions {
  readonly to: StreamStart
  readonly partition?: number
  readonly parked?: 'keep' | 'discard'
  readonly dryRun?: true
}

/** `metrobus seek <stop>` */
export const command = (run: Runner): Command =>
  new Command('seek')
    .description('let a stop read on from another place, in a running app or in the files of one that does not run')
    .argument('<stop>', 'its name; `entry.<name>` for an entry of a running app that reads a topic')
    .requiredOption('--to <place>', 'beginning, end, an offset, a time, or a duration for so long ago', streamStart)
    .option('--partition <n>', 'this one only', wholeNumber(0, 100_000))
    .addOption(
      new Option('--parked <fate>', 'of events that are parked: keep handles them as ever, discard never').choices([
        'keep',
        'discard',
      ]),
    )
    .option('--dry-run', 'only say what it would do')
    .action((stop: string, { to, dryRun, ...options }: SeekOptions, command: Command) =>
      run(command, async (context) => {
        const request: SeekRequest = { stop, to: placeOf(to), ...options }
        const plan = await sought(context, request, dryRun === true)
        await show(context, plan, dryRun === true)
      }),
    )

async function sought(context: Context, request: SeekRequest, isDry: boolean): Promise<SeekPlan> {
  let app: string
  {
    await using target = await openTarget(context)
    if (isDry) return await target.client.planSeek(request)
    if (target.isLive) return await target.client.seek(request)
    app = (await target.client.app()).app
  }
  if (app === '')
    throw new MetrobusError('MB_BAD_ARGUMENT', {
      argument: '--app',
      problem: 'is needed: several apps use this journal',
    })
  const { seekAtRest } = await import('../seek-at-rest.ts')
  return seekAtRest(context.options.dir, app, request)
}

async function show({ output }: Context, plan: SeekPlan, isDry: boolean): Promise<void> {
  if (output.json) return output.document(plan)
  await output.table(
    ['TOPIC', 'PARTITION', 'FROM', 'TO', 'HANDLED AGAIN', 'SKIPPED'],
    plan.partitions.map(({ partition, from, to, again, skipped }) => [plan.topic, partition, from, to, again, skipped]),
  )
  const { keys, events } = plan.parked
  if (events > 0) output.note(`${events} events of ${keys} keys are parked there.`)
  if (isDry) output.note('Nothing was changed.')
}

function placeOf(start: StreamStart): SeekRequest['to'] {
  if ('from' in start) return start.from
  return 'offset' in start ? start : { timeMs: Date.parse(start.since) }
}
