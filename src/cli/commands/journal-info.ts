import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { bytesText } from '../format.ts'
import { openTarget } from '../target.ts'

/** `metrobus journal info` */
export const journalInfo = (run: Runner): Command =>
  new Command('info')
    .description('show what a journal holds and how much disk it takes')
    .action((_options, command: Command) =>
      run(command, async (context) => {
        const { output, options } = context
        await using target = await openTarget(context)
        const [files, topics, lag] = await Promise.all([
          filesIn(options.dir),
          target.client.topics(),
          target.client.lag(),
        ])
        const info = {
          dir: options.dir,
          inUse: target.isLive,
          bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
          files,
          topics: topics.length,
          records: topics.reduce((sum, { records }) => sum + records, 0),
          groups: [...new Set(lag.map(({ group }) => group))],
        }
        if (output.json) return await output.document(info)
        await output.table(
          ['FACT', 'VALUE'],
          [
            ['folder', info.dir],
            ['in use', info.inUse ? 'by a running app' : 'no'],
            ['disk', `${bytesText(info.bytes)} in ${files.length} files`],
            ['topics', info.topics],
            ['records', info.records],
            ['groups', info.groups.join(', ')],
          ],
        )
      }),
    )

/** A file may go away while they are counted: segments are cleaned. */
async function filesIn(dir: string): Promise<readonly { readonly file: string; readonly bytes: number }[]> {
  const names = await readdir(dir)
  const files = await Promise.all(
    names.toSorted().map(async (file) => {
      const stats = await stat(join(dir, file)).catch(() => undefined)
      return stats?.isFile() === true ? [{ file, bytes: stats.size }] : []
    }),
  )
  return files.flat()
}
