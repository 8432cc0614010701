/** Start-up refuses a combination of app and bus that cannot be kept, in one sentence; it never degrades in silence. */
import type { Bus } from '../bus/bus.ts'
import { resolveCapabilities } from '../bus/capabilities.ts'
import { MetrobusError } from '../errors/index.ts'
import type { AppDefinition } from './definition.ts'

export function checkNeeds(definition: AppDefinition, bus: Bus): void {
  const capabilities = resolveCapabilities(bus.capabilities)
  const refuse = (need: string, change: string): never => {
    throw new MetrobusError('MB_BUS_CANNOT', { app: definition.name, bus: bus.name, need, change })
  }
  for (const { name, stores } of new Set(definition.entries.flatMap(({ router }) => router.stops)))
    if (Object.keys(stores).length > 0 && !capabilities.supportsAtomicSettle)
      refuse(
        `settle events and the stores of the stop "${name}" in one step`,
        'keep its state outside, idempotent by event.ride, or take a bus that can',
      )
  for (const entry of definition.entries) {
    if (entry.key !== undefined && !capabilities.supportsOrder)
      refuse(
        `keep the order of keys for the entry "${entry.name}"`,
        'leave its key out, or take a bus that keeps order',
      )
    if (entry.from?.start === 'beginning' && !capabilities.supportsReplay)
      refuse(
        `read "${entry.from.topic.name}" from the beginning for the entry "${entry.name}"`,
        "say start: 'now', or take a bus that can replay",
      )
  }
}
