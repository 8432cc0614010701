/** What `pause` and `resume` have in common. */
import type { Pausable, PauseEffect } from '../runtime/controls.ts'
import type { Output } from './output.ts'

/** What can be paused. */
export const pausables: readonly Pausable['kind'][] = ['stop', 'line', 'entry']

/** Prints what a pause or its end has done. */
export async function showEffect(
  output: Output,
  { kind, name }: Pausable,
  become: 'paused' | 'resumed',
  effect: PauseEffect,
): Promise<void> {
  if (output.json) return output.document(effect)
  await output.line(`The ${kind} "${name}" ${effect.changed ? `is ${become}` : `was ${become} already`}.`)
  for (const { stop, state, inFlight } of effect.stops)
    await output.line(`  stop ${stop}: ${state}${inFlight === 0 ? '' : `, ${inFlight} in flight`}`)
  if (become === 'paused' && effect.otherLines.length > 0)
    await output.line(`  Events of these lines wait there, too: ${effect.otherLines.join(', ')}`)
}
