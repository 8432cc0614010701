import { Argument, Command } from 'commander'
import type { Pausable } from '../../runtime/controls.ts'
import type { Runner } from '../context.ts'
import { pausables, showEffect } from '../pausables.ts'
import { openTarget } from '../target.ts'

/** `metrobus resume <kind> <name>` */
export const command = (run: Runner): Command =>
  new Command('resume')
    .description('let a stop, a line or an entry go on that was paused')
    .addArgument(new Argument('<kind>', 'what is to go on').choices(pausables))
    .argument('<name>', 'its name')
    .action((kind: Pausable['kind'], name: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        await showEffect(context.output, { kind, name }, 'resumed', await target.client.resume({ kind, name }))
      }),
    )
