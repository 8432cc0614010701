import { Command } from 'commander'
import { nodePlatform } from '../../internal/platform/node.ts'
import type { Runner } from '../context.ts'
import { exitCode } from '../exit-code.ts'
import { bytesText } from '../format.ts'
import { damageLine } from '../journal-damage.ts'
import { progressBar } from '../progress.ts'

/** `metrobus journal verify` */
export const journalVerify = (run: Runner): Command =>
  new Command('verify')
    .description('read every byte of a journal that is not in use, and say what is damaged; changes nothing')
    .action((_options, command: Command) =>
      run(command, async (context) => {
        const { output, options } = context
        const { verifyJournal } = await import('../../journal/index.ts')
        using bar = await progressBar(output, 'bytes')
        const progress = (done: number, total: number): void => bar.at(done, total)
        const report = await verifyJournal({ dir: options.dir, platform: nodePlatform, progress })
        bar.end()
        if (report.damages.length > 0) context.exitCode = exitCode.problems
        if (output.json) return await output.document({ ok: report.damages.length === 0, ...report })
        const { segments, bytes, frames, entries, damages, tail, indexes } = report
        await output.line(`${segments} segments, ${bytesText(bytes)}, ${frames} frames, ${entries} entries`)
        if (tail !== undefined)
          await output.line(
            `Behind the end: ${damageLine(tail)}. It was never acknowledged; the next start cuts it off.`,
          )
        if (indexes.length > 0) await output.line(`Indexes to be made again by the next start: ${indexes.join(', ')}`)
        for (const damage of damages) await output.line(`DAMAGED ${damageLine(damage)}`)
        await output.line(
          damages.length === 0
            ? 'The journal is whole.'
            : 'Copy what is whole with `metrobus journal salvage --to DIR`.',
        )
      }),
    )
