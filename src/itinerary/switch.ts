/** Switches: stops that may send an event along another of their lines. */
import type { DeepReadonly, InnerSchema } from '../schema/data.ts'
import type { SchemaOutput, StandardSchema } from '../schema/standard.ts'
import type { StopContext } from '../stop/definition.ts'
import type { HandlerContext, Targets } from '../stop/handler.ts'
import type { StopOptions } from '../stop/options.ts'
import { resolveStop } from '../stop/options.ts'
import type { DeadLetter, Drop, Retry, Wait } from '../stop/outcome.ts'
import { reroute } from '../stop/outcome.ts'
import type { Stop, Taking } from '../stop/typed.ts'
import type { Lines } from './map-maker.ts'

export interface SwitchOptions<Name extends string, In extends StandardSchema, Of extends Lines> extends Omit<
  StopOptions<Name, In, undefined, Targets, [], Stop>,
  'in' | 'out' | 'key' | 'targets' | 'emits' | 'next' | 'stores'
> {
  /** What the switch takes, and gives on unchanged; any Standard Schema. */
  readonly in: InnerSchema<In>
  /** The lines that it may switch to, by the names that the function answers. */
  readonly lines: { readonly [Key in keyof Of]: Taking<Name, SchemaOutput<In>, Of[Key]> }
}

/** Answers the name of a line to replace the rest of the itinerary, or the data itself to let the event go on as plotted. */
export type SwitchHandler<In extends StandardSchema, Of extends Lines> = (
  data: DeepReadonly<SchemaOutput<In>>,
  context: HandlerContext<never>,
) => SwitchAnswer<In, Of> | PromiseLike<SwitchAnswer<In, Of>>

type SwitchAnswer<In extends StandardSchema, Of extends Lines> =
  | (keyof Of & string)
  | DeepReadonly<SchemaOutput<In>>
  | Drop
  | Retry
  | Wait
  | DeadLetter

/**
 * Makes a switch: a stop that may replace the rest of an event's itinerary by one of its declared lines.
 *
 *     switchStop('by-country', { in: Parcel, lines: { home, abroad }, effects: 'none' }, (parcel) => (parcel.country === 'de' ? 'home' : 'abroad'))
 *
 * Throws MB_BAD_NAME, and MB_BAD_OPTIONS with every fault of the options.
 */
export function switchStop<const Name extends string, In extends StandardSchema, Of extends Lines>(
  name: Name,
  options: SwitchOptions<Name, In, Of>,
  handler: SwitchHandler<In, Of>,
): Stop<Name, SchemaOutput<In>, SchemaOutput<In>> {
  const { lines, ...rest } = options
  const choose = handler as unknown as (data: unknown, context: StopContext) => unknown
  const decide = (data: unknown, context: StopContext): unknown => {
    const answer = choose(data, context)
    return answer instanceof Promise ? answer.then((late) => switched(late, data)) : switched(answer, data)
  }
  const handlerOrFault = typeof handler === 'function' ? decide : handler
  return resolveStop(name, { ...rest, out: options.in, targets: lines }, handlerOrFault, false) as never
}

function switched(answer: unknown, data: unknown): unknown {
  return typeof answer === 'string' && answer !== data ? reroute(answer, data) : answer
}
