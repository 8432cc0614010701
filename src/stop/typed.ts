/** What stops, lines and routers are to the compiler: which data they take, and which they give. */
import type { TypeFault } from '../internal/type-fault.ts'
import type { DeepReadonly, OneOf, Primitive } from '../schema/data.ts'
import type { StopDefinition } from './definition.ts'

/** For the compiler only; `out` is undefined where a ride ends. */
export interface Carried<In, Out> {
  readonly in: In
  readonly out: Out
}

/** Anything that takes events: a stop, a line, a map maker, a conductor. */
export interface Carrier<In = unknown, Out = unknown> {
  readonly name: string
  readonly '~types'?: Carried<In, Out>
}

/** A stop with its name and types. */
export interface Stop<Name extends string = string, In = unknown, Out = unknown> extends StopDefinition {
  readonly name: Name
  readonly '~types'?: Carried<In, Out>
}

/** A line as a target: the stops of its plan, in order. */
export interface LinePlan<Name extends string = string, In = unknown, Out = unknown> {
  readonly kind: 'line'
  readonly name: Name
  readonly version: string
  readonly plan: readonly StopDefinition[]
  readonly '~types'?: Carried<In, Out>
}

/** Where a reroute or a push may lead. */
export type Target = Stop | LinePlan

export type InOf<Of extends Carrier> = NonNullable<Of['~types']>['in']
export type OutOf<Of extends Carrier> = NonNullable<Of['~types']>['out']

type IsAny<T> = 0 extends 1 & T ? true : false
type IsNothing<T> = IsAny<T> extends true ? false : [T] extends [undefined] ? true : false

/** Whether what is given can be taken. Both are read-only when they are handed over. */
export type Fits<Given, Taken> =
  IsNothing<Given> extends true ? false : [DeepReadonly<Given>] extends [DeepReadonly<Taken>] ? true : false

/** Says why what `Giver` gives does not fit what `Taker` takes. */
export type Misfit<Giver extends string, Given, Taker extends string, Taken> =
  IsNothing<Given> extends true
    ? TypeFault<`nothing can come behind '${Giver}', which has no output: events end there`>
    : [MissingKey<Given, Taken>] extends [never]
      ? [OtherKey<Given, Taken>] extends [never]
        ? TypeFault<`'${Taker}' does not fit behind '${Giver}': it takes other data than '${Giver}' gives`>
        : TypeFault<`'${Taker}' does not fit behind '${Giver}': it takes '${OneOf<OtherKey<Given, Taken>>}' as another type than '${Giver}' gives`>
      : TypeFault<`'${Taker}' does not fit behind '${Giver}': it needs '${OneOf<MissingKey<Given, Taken>>}', which '${Giver}' does not give`>

/** Fields that are taken and not given. */
type MissingKey<Given, Taken> = Taken extends Primitive
  ? never
  : {
      [Key in keyof Taken & string]: Key extends keyof Given
        ? never
        : Partial<Pick<Taken, Key>> extends Pick<Taken, Key>
          ? never
          : Key
    }[keyof Taken & string]

/** Fields that are given, but not as they are taken. */
type OtherKey<Given, Taken> = Taken extends Primitive
  ? never
  : {
      [Key in keyof Taken & keyof Given & string]: [DeepReadonly<Pick<Given, Key>>] extends [
        DeepReadonly<Pick<Taken, Key>>,
      ]
        ? never
        : Key
    }[keyof Taken & keyof Given & string]

/** `Taker` where it takes what is given, or the sentence that says why not. */
export type Taking<Giver extends string, Given, Taker extends Carrier> =
  Fits<Given, InOf<Taker>> extends true ? Taker : Misfit<Giver, Given, Taker['name'], InOf<Taker>>
