import { Command } from 'commander'
import type { HopAnswer, RideAnswer } from '../../admin/answers.ts'
import type { Context, Runner } from '../context.ts'
import { durationText } from '../format.ts'
import { openTarget } from '../target.ts'

/** `metrobus trace <event id>` */
export const command = (run: Runner): Command =>
  new Command('trace')
    .description('show a whole ride: stops, attempts, durations, outcomes, and the rides that it caused')
    .argument('<event id>', 'of the event as it was sent, or of any of its hops')
    .action((id: string, _options, command: Command) =>
      run(command, async (context) => {
        await using target = await openTarget(context)
        const ride = await target.trace(id)
        if (context.output.json) return await context.output.document(ride)
        await printRide(context, ride)
      }),
    )

async function printRide(context: Context, ride: RideAnswer): Promise<void> {
  const { output } = context
  const end = ride.state === 'ended' ? `ended after ${durationText(ride.durationMs)}` : 'still rides'
  const cause = ride.causationid === null ? '' : `, caused by ${ride.causationid}`
  await output.line(
    `${ride.ride}: entered ${ride.entered}${ride.line === null ? '' : ` on line ${ride.line}`}${ride.key === null ? '' : `, key ${ride.key}`}${cause}, ${end}`,
  )
  await output.table(['STOP', 'ARRIVED', 'ATTEMPTS', 'TOOK', 'OUTCOME', 'PLACE'], ride.hops.map(rowOf))
  for (const child of ride.children) {
    await output.line('')
    await printRide(context, child)
  }
  if (ride.childrenHidden > 0)
    output.note(`${ride.childrenHidden} more rides were caused; trace them by their own ids.`)
}

const rowOf = ({ stop, arrived, attempts, durationMs, outcome, place, replay }: HopAnswer): (string | number)[] => [
  stop ?? place?.topic ?? '',
  arrived ?? '',
  attempts ?? '',
  durationMs === null ? '' : durationText(durationMs),
  replay === 0 ? outcome : `${outcome} (replay ${replay})`,
  place === null ? 'no longer kept' : `${place.topic}/${place.partition}/${place.offset}`,
]
