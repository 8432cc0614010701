/** Conductors: routers that are asked where an event enters and again after every stop. */
import { MetrobusError } from '../errors/index.ts'
import type { Event } from '../event/event.ts'
import { Faults } from '../internal/faults.ts'
import { shortHash } from '../internal/hash.ts'
import { checkName } from '../internal/name.ts'
import type { DeepReadonly } from '../schema/data.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'
import { reachOf } from '../stop/reach.ts'
import type { Carried, OutOf, Stop } from '../stop/typed.ts'
import { versionOf } from '../stop/version.ts'
import { compileMatch } from './match.ts'
import type { Match, Matcher } from './match.ts'
import type { Router } from './router.ts'
import { plotSlip, spareHops } from './slip.ts'

/** Asked after every stop. */
export interface Conductor<Name extends string = string, In = unknown> extends Router {
  readonly kind: 'conductor'
  readonly name: Name
  /** The table, for the map; undefined for a conductor of code. */
  readonly rules: readonly ConductorRule[] | undefined
  readonly '~types'?: Carried<In, unknown>
}

/** A rule as data: after `after`, events that match go to `to`. The first rule of a stop that holds counts. */
export interface ConductorRule extends Match {
  /** The name of a stop, or 'entry'. */
  readonly after: string
  /** The name of a stop, or null to end the ride. */
  readonly to: string | null
}

/** Where an event comes from, and what it carries: a test of `after` tells the type of `data`. */
type Step<In, Stops extends readonly Stop[]> =
  | { readonly after: 'entry'; readonly data: DeepReadonly<In> }
  | {
      [Index in keyof Stops]: OutOf<Stops[Index]> extends undefined
        ? never
        : { readonly after: Stops[Index]['name']; readonly data: DeepReadonly<OutOf<Stops[Index]>> }
    }[number]

type TakenBy<Schema extends StandardSchema | undefined> = Schema extends StandardSchema ? SchemaOutput<Schema> : unknown

export type ConductorOptions<Schema extends StandardSchema | undefined, Stops extends readonly Stop[]> = {
  /** What the entry gives. Default: anything. */
  readonly in?: Schema
  /** Every stop that events may be sent to. */
  readonly stops: Stops
} & (
  | {
      readonly choose?: never
      /** The table, the first rule of a stop that holds counts. A stop without rules ends the ride; when none of its rules holds, the event is given up with MB_NO_ROUTE. */
      readonly rules: readonly ConductorRule[]
    }
  | {
      /** Answers the name of the next stop, or null to end the ride. */
      readonly choose: (step: Step<TakenBy<Schema>, Stops>, event: Event) => Stops[number]['name'] | null
      readonly rules?: never
    }
)

/**
 * Makes a conductor of a table of rules or of a function:
 *
 *     conductor('orders', {
 *       stops: [check, ship, refund],
 *       rules: [
 *         { after: 'entry', to: 'check' },
 *         { after: 'check', when: { paid: true }, to: 'ship' },
 *         { after: 'check', to: 'refund' },
 *       ],
 *     })
 *
 * What follows what is known only while it runs, so the compiler cannot see whether one stop takes what another gives: that is the price of this routing.
 * Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault, undeclared stops in rules among them.
 */
export function conductor<
  const Name extends string,
  const Stops extends readonly Stop[],
  Schema extends StandardSchema | undefined = undefined,
>(name: Name, options: ConductorOptions<Schema, Stops>): Conductor<Name, TakenBy<Schema>> {
  checkName('conductor', name)
  const faults = new Faults()
  const { stops, rules, choose } = options as LooseOptions
  const known = stopsByName(stops, faults)
  if ((choose === undefined) === (rules === undefined)) faults.add('it must have either choose or rules')
  faults.function('choose', choose)
  const ask: Ask =
    choose === undefined
      ? followRules(name, compileRules(rules ?? [], known, faults))
      : (after, data, event) => choose({ after, data }, event)
  faults.throwIfAny(`The conductor "${name}"`)
  const reach = reachOf(stops)
  const version = shortHash(versionOf(stops) + JSON.stringify(rules ?? null))
  const plotted = new Map(
    stops.map((stop) => [stop.name, plotSlip(name, version, [stop.name], reach.length + spareHops)]),
  )
  const next = (after: string, data: unknown, event: Event): string | undefined => {
    const to = ask(after, data, event)
    if (to === null || to === undefined) return undefined
    if (known.has(to)) return to
    const where = `The conductor "${name}", asked after "${after}",`
    throw new MetrobusError('MB_UNDECLARED_TARGET', { where, target: to, declared: [...known.keys()] })
  }
  return Object.freeze({
    kind: 'conductor',
    name,
    rules,
    stops: reach,
    lines: [{ name, version, stops }],
    plot(data: unknown, event: Event): string {
      const slip = plotted.get(next('entry', data, event) ?? '')
      if (slip === undefined) throw new MetrobusError('MB_NO_ROUTE', { router: name, after: 'entry' })
      return slip
    },
    conduct: next,
  })
}

type Ask = (after: string, data: unknown, event: Event) => string | null | undefined

interface LooseOptions {
  readonly stops: readonly Stop[]
  readonly rules?: readonly ConductorRule[]
  readonly choose?: (
    step: { readonly after: string; readonly data: unknown },
    event: Event,
  ) => string | null | undefined
}

interface CompiledRule {
  readonly to: string | null
  readonly matches: Matcher | undefined
}

function stopsByName(stops: readonly Stop[], faults: Faults): ReadonlyMap<string, Stop> {
  const known = new Map<string, Stop>()
  for (const [index, stop] of (Array.isArray(stops) ? (stops as readonly Stop[]) : []).entries()) {
    if ((stop as Stop | undefined)?.kind !== 'stop') faults.add(`stops[${index}] must be a stop`)
    else if (stop.name === 'entry')
      faults.add(`stops[${index}] is called "entry", which rules use for where events come in`)
    else if (known.has(stop.name)) faults.add(`stops[${index}] is called "${stop.name}", as another is`)
    else known.set(stop.name, stop)
  }
  if (known.size === 0) faults.add('stops must be a list of at least one stop')
  return known
}

function compileRules(
  rules: readonly ConductorRule[],
  stops: ReadonlyMap<string, Stop>,
  faults: Faults,
): ReadonlyMap<string, readonly CompiledRule[]> {
  const table = new Map<string, CompiledRule[]>()
  const closed = new Map<string, number>()
  for (const [index, rule] of rules.entries()) {
    const path = `rules[${index}]`
    const { after, to } = rule
    faults.oneOf(`${path}.after`, after, ['entry', ...stops.keys()])
    if (to !== null) faults.oneOf(`${path}.to`, to, [...stops.keys(), null])
    if (stops.get(after)?.outSchema === undefined && stops.has(after))
      faults.add(`${path}: nothing comes behind "${after}", which has no output`)
    if (closed.has(after)) faults.add(`${path} is never reached, for rules[${closed.get(after)}] always holds`)
    const matches = compileMatch(rule, path, faults)
    if (matches === undefined) closed.set(after, index)
    const list = table.get(after)
    if (list === undefined) table.set(after, [{ to, matches }])
    else list.push({ to, matches })
  }
  if (rules.length > 0) checkReached(rules, stops, faults)
  return table
}

function checkReached(rules: readonly ConductorRule[], stops: ReadonlyMap<string, Stop>, faults: Faults): void {
  const reached = new Set(['entry'])
  for (const name of reached) for (const { after, to } of rules) if (after === name && to !== null) reached.add(to)
  for (const name of stops.keys()) if (!reached.has(name)) faults.add(`no rule leads from the entry to "${name}"`)
}

function followRules(name: string, table: ReadonlyMap<string, readonly CompiledRule[]>): Ask {
  return (after, data, event) => {
    const rules = table.get(after)
    if (rules === undefined) return null
    for (const { to, matches } of rules) if (matches === undefined || matches(data, event)) return to
    throw new MetrobusError('MB_NO_ROUTE', { router: name, after })
  }
}
