import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { durationText } from '../format.ts'
import { openTarget } from '../target.ts'

/** `metrobus lag` */
export const command = (run: Runner): Command =>
  new Command('lag')
    .description('show how far each group is behind: records that wait, and the age of the oldest')
    .option('--partitions', 'one row a partition instead of one a topic')
    .action((options: { readonly partitions?: boolean }, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const lag = await target.client.lag()
        if (context.output.json) return await context.output.document({ lag })
        const age = (ms: number): string => (ms === 0 ? '' : durationText(ms))
        if (options.partitions !== true)
          return await context.output.table(
            ['GROUP', 'TOPIC', 'BEHIND', 'OLDEST', 'STATE'],
            lag.map(({ group, topic, behind, oldestMs, paused }) => [
              group,
              topic,
              behind,
              age(oldestMs),
              paused === true ? 'paused' : '',
            ]),
          )
        await context.output.table(
          ['GROUP', 'TOPIC', 'PARTITION', 'SETTLED UP TO', 'END', 'BEHIND', 'OLDEST'],
          lag.flatMap(({ group, topic, partitions }) =>
            partitions.map(({ partition, watermark, end, behind, oldestMs }) => [
              group,
              topic,
              partition,
              watermark,
              end,
              behind,
              age(oldestMs),
            ]),
          ),
        )
      }),
    )
