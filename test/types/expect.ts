/** Says in a case what type an expression has. */
import type { StandardSchema } from '../../src/schema/standard.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** `typed<Wanted>()(value)` compiles when the value is of exactly that type. */
export declare function typed<Wanted>(): <Given>(value: Same<Given, Wanted> extends true ? Given : Wanted) => void

/** A validator of a type, without a library: the sentences do not depend on one. */
export declare function schema<Output, Input = Output>(): StandardSchema<Input, Output>
