/** Map makers: plot the itinerary where an event enters; from then on it travels with the event. */
import { MetrobusError } from '../errors/index.ts'
import type { Event } from '../event/event.ts'
import { Faults } from '../internal/faults.ts'
import { checkName } from '../internal/name.ts'
import type { DeepReadonly } from '../schema/data.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'
import { reachOf } from '../stop/reach.ts'
import type { Carried, InOf, Taking, Target } from '../stop/typed.ts'
import { routerOf } from './hard-wired.ts'
import { compileMatch } from './match.ts'
import type { Match } from './match.ts'
import type { Router } from './router.ts'

/** Plots one of its lines. */
export interface MapMaker<Name extends string = string, In = unknown> extends Router {
  readonly kind: 'map-maker'
  readonly name: Name
  readonly '~types'?: Carried<In, unknown>
}

/** The lines to choose from, by the names that `choose` and rules use; a single stop counts as a line. */
export type Lines = Readonly<Record<string, Target>>

/** A rule as data: events that match take the line. The first rule that holds counts. */
export interface MapRule extends Match {
  readonly line: string
}

/** What every one of the lines takes. */
type Common<Of extends Lines> = {
  [Name in keyof Of]: (data: InOf<Of[Name]>) => void
}[keyof Of] extends (data: infer In) => void
  ? In
  : never

/** The data that a map maker looks at: of its schema, or what its lines have in common. */
type Seen<Schema extends StandardSchema | undefined, Of extends Lines> = Schema extends StandardSchema
  ? SchemaOutput<Schema>
  : Common<Of>

export type MapMakerOptions<Name extends string, Schema extends StandardSchema | undefined, Of extends Lines> = {
  /** What the entry gives, if `choose` looks at more than the lines take. Default: what all lines take. */
  readonly in?: Schema
  /** The lines that may be chosen. */
  readonly lines: { readonly [Key in keyof Of]: Taking<Name, Seen<Schema, Of>, Of[Key]> }
} & (
  | {
      /** Answers the name of a line. */
      readonly choose: (data: DeepReadonly<Seen<Schema, Of>>, event: Event) => keyof Of & string
      readonly rules?: never
      readonly otherwise?: never
    }
  | {
      readonly choose?: never
      /** Rules as data, the first that holds counts. */
      readonly rules: readonly MapRule[]
      /** The line when no rule holds. Default: the event is refused with MB_NO_ROUTE. */
      readonly otherwise?: string
    }
)

/**
 * Makes a map maker of a function or of a table of rules:
 *
 *     mapMaker('by-campaign', { lines: { mail, post }, choose: (contact) => (contact.campaign === 'spring' ? 'mail' : 'post') })
 *     mapMaker('by-campaign', { lines: { mail, post }, rules: [{ when: { campaign: 'spring' }, line: 'mail' }], otherwise: 'post' })
 *
 * Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault, a rule's undeclared line among them.
 */
export function mapMaker<
  const Name extends string,
  Of extends Lines,
  Schema extends StandardSchema | undefined = undefined,
>(name: Name, options: MapMakerOptions<Name, Schema, Of>): MapMaker<Name, Seen<Schema, Of>> {
  checkName('map maker', name)
  const faults = new Faults()
  const routers = routersOf(options.lines as Lines, faults)
  const choose = chooserOf(options as LooseOptions, routers, faults)
  faults.throwIfAny(`The map maker "${name}"`)
  const all = [...routers.values()]
  return Object.freeze({
    kind: 'map-maker',
    name,
    stops: reachOf(all.flatMap((router) => router.stops)),
    lines: all.flatMap((router) => router.lines),
    plot(data: unknown, event: Event): string {
      const chosen = choose(data, event)
      if (chosen === undefined) throw new MetrobusError('MB_NO_ROUTE', { router: name, after: 'entry' })
      const router = routers.get(chosen)
      if (router !== undefined) return router.plot(data, event)
      throw new MetrobusError('MB_UNDECLARED_TARGET', {
        where: `The map maker "${name}"`,
        target: chosen,
        declared: [...routers.keys()],
      })
    },
    conduct: undefined,
  })
}

type Choose = (data: unknown, event: Event) => string | undefined

interface LooseOptions {
  readonly choose?: Choose
  readonly rules?: readonly MapRule[]
  readonly otherwise?: string
}

function routersOf(lines: Lines, faults: Faults): ReadonlyMap<string, Router> {
  const routers = new Map<string, Router>()
  for (const [name, target] of Object.entries(lines)) {
    const kind = (target as Target | undefined)?.kind
    if (kind === 'line' || kind === 'stop') routers.set(name, routerOf(target as never))
    else faults.add(`lines.${name} must be a line or a stop`)
  }
  if (routers.size === 0) faults.add('lines must hold at least one line')
  return routers
}

function chooserOf(
  { choose, rules, otherwise }: LooseOptions,
  lines: ReadonlyMap<string, Router>,
  faults: Faults,
): Choose {
  if ((choose === undefined) === (rules === undefined)) faults.add('it must have either choose or rules')
  faults.function('choose', choose)
  if (choose !== undefined) return choose
  const known = [...lines.keys()]
  if (otherwise !== undefined) faults.oneOf('otherwise', otherwise, known)
  const compiled = (rules ?? []).map((rule, index) => {
    const path = `rules[${index}]`
    faults.oneOf(`${path}.line`, rule.line, known)
    return { line: rule.line, matches: compileMatch(rule, path, faults) }
  })
  const always = compiled.findIndex(({ matches }) => matches === undefined)
  if (always >= 0 && (always < compiled.length - 1 || otherwise !== undefined)) {
    faults.add(`rules[${always}] always holds, so nothing behind it is ever reached`)
  }
  return (data, event) =>
    compiled.find(({ matches }) => matches === undefined || matches(data, event))?.line ?? otherwise
}
