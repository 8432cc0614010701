import { Argument, Command } from 'commander'
import type { Pausable } from '../../runtime/controls.ts'
import type { Runner } from '../context.ts'
import { pausables, showEffect } from '../pausables.ts'
import { openTarget } from '../target.ts'

/** `metrobus pause [<kind> <name>]` */
export const command = (run: Runner): Command =>
  new Command('pause')
    .description(
      'hold a stop, a line or an entry of a running app back, until `metrobus resume`; alone it lists what is held',
    )
    .addArgument(new Argument('[kind]', 'what is to wait').choices(pausables))
    .argument('[name]', 'its name')
    .option('--reason <text>', 'why; operators and refused senders read it')
    .action(
      (
        kind: Pausable['kind'] | undefined,
        name: string | undefined,
        { reason }: { readonly reason?: string },
        command: Command,
      ) =>
        run(command, async (context) => {
          const { output } = context
          await using target = await openTarget(context)
          if (kind === undefined || name === undefined) {
            if (kind !== undefined) command.error(`error: name the ${kind} that is to wait`)
            const paused = await target.client.paused()
            if (output.json) return await output.document({ paused })
            return await output.table(
              ['KIND', 'NAME', 'SINCE', 'REASON'],
              paused.map(({ kind, name, since, reason = '' }) => [kind, name, since, reason]),
            )
          }
          await showEffect(output, { kind, name }, 'paused', await target.client.pause({ kind, name }, reason))
        }),
    )
