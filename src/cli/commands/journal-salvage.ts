import { Command } from 'commander'
import { nodePlatform } from '../../internal/platform/node.ts'
import type { Runner } from '../context.ts'
import { bytesText } from '../format.ts'
import { damageLine } from '../journal-damage.ts'
import { progressBar } from '../progress.ts'

/** `metrobus journal salvage` */
export const journalSalvage = (run: Runner): Command =>
  new Command('salvage')
    .description(
      'copy what is whole of a damaged journal to a new one, and list what is lost; the damaged one is not changed',
    )
    .requiredOption('--to <folder>', 'where the new journal goes; holds none yet')
    .action(({ to }: { readonly to: string }, command: Command) =>
      run(command, async ({ output, options }) => {
        const { salvageJournal } = await import('../../journal/index.ts')
        using bar = await progressBar(output, 'bytes')
        const progress = (done: number, total: number): void => bar.at(done, total)
        const report = await salvageJournal({ dir: options.dir, to, platform: nodePlatform, progress })
        bar.end()
        if (output.json) return await output.document({ to, ...report })
        const { entries, bytes, damages, lostData, tail } = report
        for (const damage of damages) await output.line(`LOST ${damageLine(damage)}`)
        for (const { topic, partition, offset } of lostData)
          await output.line(`LOST the data of ${topic}/${partition} ${offset}`)
        if (tail !== undefined) await output.line(`Left out: ${damageLine(tail)}. It was never acknowledged.`)
        await output.line(`${entries} records, ${bytesText(bytes)}, copied to ${to}`)
      }),
    )
