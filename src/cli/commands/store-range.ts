import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { wholeNumber } from '../parse.ts'
import { openTarget } from '../target.ts'

interface RangeOptions {
  readonly prefix?: string
  readonly after?: string
  readonly limit?: number
}

/** `metrobus store range <store>` */
export const storeRange = (run: Runner): Command =>
  new Command('range')
    .description('list rows in the order of their keys')
    .argument('<store>', 'name of the store')
    .option('--prefix <text>', 'only rows whose keys begin so')
    .option('--after <key>', 'only rows behind this key: the last one of the page before')
    .option('-n, --limit <count>', 'rows at most (default: 100)', wholeNumber(1, 10_000))
    .action((store: string, options: RangeOptions, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const page = await target.client.storeRows(store, { ...options })
        if (context.output.json) return await context.output.document(page)
        await context.output.table(
          ['KEY', 'VALUE'],
          page.rows.map(({ key, value }) => [key, JSON.stringify(value)]),
        )
        if (page.next !== null) context.output.note(`More rows follow: --after ${JSON.stringify(page.next)}`)
      }),
    )
