import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { bytesText, durationText } from '../format.ts'
import { openTarget } from '../target.ts'

/** `metrobus topics` */
export const command = (run: Runner): Command =>
  new Command('topics')
    .description('list the topics of a journal: records, bytes, partitions, retention')
    .action((_options, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const topics = await target.client.topics()
        if (context.output.json) return await context.output.document({ topics })
        await context.output.table(
          ['TOPIC', 'RECORDS', 'BYTES', 'PARTITIONS', 'RETENTION'],
          topics.map(({ topic, records, bytes, partitions, retention }) => [
            topic,
            records,
            bytesText(bytes),
            partitions.map(({ begin, end }) => `${begin}-${end}`).join(' '),
            [
              retention.compact ? 'newest of each key' : '',
              retention.timeMs === null ? '' : durationText(retention.timeMs),
              retention.bytesMax === null ? '' : bytesText(retention.bytesMax),
            ]
              .filter((part) => part !== '')
              .join(', '),
          ]),
        )
      }),
    )
