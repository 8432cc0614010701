import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { openTarget } from '../target.ts'

/** `metrobus dead try <place>` */
export const deadTry = (run: Runner): Command =>
  new Command('try')
    .description(
      'try a dead letter on the code of the running app; nothing is written, and a stop with effects is not run',
    )
    .argument('<place>', 'as `metrobus dead list` shows it')
    .action((place: string, _options: unknown, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const answer = await target.client.dryRun(place)
        if (context.output.json) return await context.output.document(answer)
        await context.output.line(JSON.stringify(answer, null, 2))
      }),
    )
