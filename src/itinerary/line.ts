/** Makes lines: typed sequences of stops, in which each stop takes what the one before it gives. */
import { Faults } from '../internal/faults.ts'
import { checkName } from '../internal/name.ts'
import type { StopDefinition } from '../stop/definition.ts'
import { reachOf } from '../stop/reach.ts'
import type { InOf, LinePlan, OutOf, Stop, Taking } from '../stop/typed.ts'
import { versionOf } from '../stop/version.ts'
import type { Router } from './router.ts'
import { plotSlip, spareHops } from './slip.ts'

/** A whole line: a route for an entry, and a target for a stop. */
export interface Line<Name extends string = string, In = unknown, Out = unknown>
  extends Router, LinePlan<Name, In, Out> {
  readonly kind: 'line'
  readonly name: Name
}

/** A line without a stop yet. */
export interface LineStart<Name extends string> {
  via<First extends Stop>(stop: First): LineSoFar<Name, InOf<First>, First>
  to<Only extends Stop>(stop: Only): Line<Name, InOf<Only>, OutOf<Only>>
}

/** A line that goes on behind `Behind`. */
export interface LineSoFar<Name extends string, In, Behind extends Stop> {
  /** Adds a stop that takes what the stop before it gives. */
  via<Next extends Stop>(stop: Taking<Behind['name'], OutOf<Behind>, Next>): LineSoFar<Name, In, Next>
  /** Adds the last stop. If it has an output, that ends with the ride. */
  to<Last extends Stop>(stop: Taking<Behind['name'], OutOf<Behind>, Last>): Line<Name, In, OutOf<Last>>
}

/**
 * Begins a line: `line('campaign').via(addEmail).via(whiteList).to(archive)`. A stop that does not take what the stop before it gives does not compile.
 * Throws MB_BAD_NAME, and MB_BAD_OPTIONS for what is no stop or has no output in the middle.
 */
export function line<const Name extends string>(name: Name): LineStart<Name> {
  checkName('line', name)
  return lineFrom(name, []) as unknown as LineStart<Name>
}

interface Builder {
  via(stop: StopDefinition): Builder
  to(stop: StopDefinition): Line
}

function lineFrom(name: string, stops: readonly StopDefinition[]): Builder {
  return {
    via: (stop) => lineFrom(name, [...stops, stop]),
    to: (stop) => makeLine(name, [...stops, stop]),
  }
}

function makeLine(name: string, plan: readonly StopDefinition[]): Line {
  const faults = new Faults()
  for (const [index, stop] of plan.entries()) {
    if ((stop as StopDefinition | undefined)?.kind !== 'stop')
      faults.add(`the stop at position ${index + 1} is not a stop`)
    else if (stop.outSchema === undefined && index < plan.length - 1) {
      faults.add(`"${plan[index + 1]?.name}" cannot come behind "${stop.name}", which has no output`)
    }
  }
  faults.throwIfAny(`The line "${name}"`)
  const version = versionOf(plan)
  const stops = reachOf(plan)
  // A reroute may lead through every stop that can be reached, and that must not look like a cycle.
  const slip = plotSlip(
    name,
    version,
    plan.map((stop) => stop.name),
    Math.max(plan.length, stops.length) + spareHops,
  )
  return Object.freeze({
    kind: 'line',
    name,
    version,
    plan: Object.freeze([...plan]),
    stops,
    lines: [{ name, version, stops: plan }],
    plot: () => slip,
    conduct: undefined,
  })
}
