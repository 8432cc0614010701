/**
 * What the runtime knows of a route. A router plots the itinerary where an event enters; a conductor is asked again after every stop.
 */
import type { Event } from '../event/event.ts'
import type { StopDefinition } from '../stop/definition.ts'

/** The runtime's view of a line, a map maker, a conductor, or a single hard-wired stop. */
export interface Router {
  readonly kind: 'line' | 'map-maker' | 'conductor' | 'stop'
  readonly name: string
  /** Every stop that this router can lead to, reroutes, pushes and hard-wired nexts included; each once. */
  readonly stops: readonly StopDefinition[]
  /** What it can plot, by name: for the map and for the version check. */
  readonly lines: readonly PlottedLine[]
  /**
   * The encoded itinerary (`slip.ts`) of an event that enters, with its hop limit. Throws MB_UNDECLARED_TARGET.
   */
  plot(data: unknown, event: Event): string
  /**
   * Conductors only: the next stop after `stop` has forwarded `data`, or undefined when the ride ends here.
   */
  readonly conduct: ((stop: string, data: unknown, event: Event) => string | undefined) | undefined
}

/** A line as plotted: its stops in order. */
export interface PlottedLine {
  readonly name: string
  readonly version: string
  readonly stops: readonly StopDefinition[]
}
