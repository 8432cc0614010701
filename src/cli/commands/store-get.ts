import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { wholeNumber } from '../parse.ts'
import { openTarget } from '../target.ts'

/** `metrobus store get <store> <key>` */
export const storeGet = (run: Runner): Command =>
  new Command('get')
    .description('print the value of a row as it is committed')
    .argument('<store>', 'name of the store')
    .argument('<key>', 'of the row')
    .option('--after <event id>', 'wait until the store has absorbed this event; only of a running app')
    .option('--timeout <ms>', 'wait no longer than this (default: 10000)', wholeNumber(0, 60_000))
    .action(
      (store: string, key: string, options: { readonly after?: string; readonly timeout?: number }, command: Command) =>
        run(command, async (context) => {
          await using target = await openTarget(context)
          const row = await target.client.storeRow(store, { key, ...options })
          if (context.output.json) return await context.output.document(row)
          await context.output.line(JSON.stringify(row.value, null, 2))
        }),
    )
