import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { duration } from '../parse.ts'
import { openTarget } from '../target.ts'

/** `metrobus drain` */
export const command = (run: Runner): Command =>
  new Command('drain')
    .description('stop the running app as SIGTERM does: what runs is finished, and the rest waits for the next start')
    .option(
      '--deadline <duration>',
      'give up on what still runs after this (default: as the app was started)',
      duration,
    )
    .action(({ deadline }: { readonly deadline?: number }, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const answer = await target.client.drain(deadline)
        await context.output.line(context.output.json ? JSON.stringify(answer) : 'The app drains and stops.')
      }),
    )
