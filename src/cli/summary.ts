/** The table at the end of an input: what each stop did. */
import type { RunningApp } from '../runtime/running.ts'
import type { Context } from './context.ts'

/** What came in. */
export interface InputResult {
  readonly accepted: number
  readonly refused: number
}

/** On standard output: with `--json` one document. */
export async function printSummary(
  { output }: Context,
  running: RunningApp,
  input: InputResult & { readonly seconds: number },
): Promise<void> {
  const stats = running.stats()
  const eventsPerSecond = input.seconds > 0 ? Math.round(input.accepted / input.seconds) : 0
  if (output.json) return output.document({ app: running.name, ...input, eventsPerSecond, ...stats })
  await output.table(
    ['STOP', 'IN', 'OUT', 'DROPPED', 'RETRIED', 'DEAD', 'P50 MS', 'P99 MS'],
    stats.stops.map(({ stop, in: taken, out, dropped, retried, dead, p50Ms, p99Ms }) => [
      stop,
      taken,
      out,
      Object.entries(dropped)
        .map(([slug, count]) => `${slug} ${count}`)
        .join(', '),
      retried,
      dead,
      p50Ms.toFixed(2),
      p99Ms.toFixed(2),
    ]),
  )
  output.note(
    `${input.accepted} accepted, ${input.refused} refused, in ${input.seconds.toFixed(2)} s: ${eventsPerSecond} events/s`,
  )
}
