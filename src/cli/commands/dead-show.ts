import { Command } from 'commander'
import type { Runner } from '../context.ts'
import { timeText } from '../format.ts'
import { openTarget } from '../target.ts'

/** `metrobus dead show <place>` */
export const deadShow = (run: Runner): Command =>
  new Command('show')
    .description('show one dead letter whole: event, cause, stack, attempts, itinerary')
    .argument('<place>', '<stop>/<partition>/<offset>, as `dead list` names it')
    .action((place: string, _options, command: Command) =>
      run(command, async ({ output, ...context }) => {
        await using target = await openTarget({ ...context, output })
        const letter = await target.client.deadLetter(place)
        if (output.json) return await output.document(letter)
        const { data, headers, stack, firstFailure, lastFailure, ...rest } = letter
        const facts = { ...rest, firstFailure: timeText(firstFailure), lastFailure: timeText(lastFailure) }
        for (const [name, value] of Object.entries(facts)) await output.line(`${name.padEnd(14)}${value ?? ''}`)
        for (const [name, value] of Object.entries(headers)) await output.line(`header        ${name}: ${value}`)
        if (stack !== undefined) await output.line(`\n${stack}`)
        await output.line(`\n${JSON.stringify(data, null, 2)}`)
      }),
    )
