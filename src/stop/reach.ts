/** Where events can get to from some stops. */
import type { StopDefinition } from './definition.ts'

/** These stops and every stop that they lead to by targets and hard-wired nexts, each once, in the order in which they are met. */
export function reachOf(stops: readonly StopDefinition[]): readonly StopDefinition[] {
  const met = new Set<StopDefinition>()
  const visit = (stop: StopDefinition): void => {
    if (met.has(stop)) return
    met.add(stop)
    for (const target of stop.targets.values()) target.stops.forEach(visit)
    if (stop.next !== undefined) visit(stop.next)
  }
  stops.forEach(visit)
  return [...met]
}
