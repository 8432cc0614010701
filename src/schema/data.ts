/**
 * What data may be, in types. What rides is plain JSON: the entry's schema gives it, the journal keeps it, and every stop sees it read-only. The entry's schema may
 * transform what it takes; behind it data does not change its form, so an inner schema gives what it takes.
 */
import type { TypeFault } from '../internal/type-fault.ts'
import type { SchemaInput, SchemaOutput, StandardSchema } from './standard.ts'

export type Primitive = string | number | boolean | bigint | symbol | null | undefined
type AnyFunction = (...args: never[]) => unknown

/** Read-only all the way down. The branch for arrays lets the compiler put off their elements, without which recursive types never end. */
export type DeepReadonly<T> = unknown extends T
  ? T
  : T extends Primitive | AnyFunction
    ? T
    : T extends readonly (infer Item)[]
      ? number extends T['length']
        ? readonly DeepReadonly<Item>[]
        : { readonly [Index in keyof T]: DeepReadonly<T[Index]> }
      : { readonly [Key in keyof T]: DeepReadonly<T[Key]> }

/** What a handler is given, and a store answers, for a schema: `(order: Data<typeof Order>) => …`, for functions that they hand it on to. */
export type Data<Schema extends StandardSchema> = DeepReadonly<SchemaOutput<Schema>>

/** The same type where it is plain JSON, and `never` in the places where it is not. `unknown` passes: who declares it knows what comes. */
type JsonOf<T> = unknown extends T
  ? T
  : T extends string | number | boolean | null
    ? T
    : T extends Primitive | AnyFunction
      ? never
      : T extends readonly (infer Item)[]
        ? number extends T['length']
          ? readonly JsonOf<Item>[]
          : { readonly [Index in keyof T]: JsonOf<T[Index]> }
        : { [Key in keyof T]: Key extends symbol ? T[Key] : JsonFieldOf<T[Key]> }

/** An optional field may be undefined: JSON leaves it out. */
type JsonFieldOf<T> = T extends undefined ? T : JsonOf<T>

type IsJson<T> = [T] extends [JsonOf<T>] ? true : false

/** Which part of a type is not JSON, and what it is. Only looked for in a type that is not. */
type JsonFault<T, Path extends string, Depth extends 0[] = []> = Depth['length'] extends 5
  ? `${Path} is not JSON`
  : T extends string | number | boolean | null
    ? never
    : T extends bigint
      ? `${Path} is a bigint`
      : T extends symbol
        ? `${Path} is a symbol`
        : T extends undefined
          ? `${Path} may be undefined`
          : T extends AnyFunction
            ? `${Path} is a function`
            : T extends Date
              ? `${Path} is a Date`
              : T extends ReadonlyMap<unknown, unknown>
                ? `${Path} is a Map`
                : T extends ReadonlySet<unknown>
                  ? `${Path} is a Set`
                  : T extends readonly (infer Item)[]
                    ? JsonFault<Item, `${Path}[]`, [...Depth, 0]>
                    : FieldFault<T, Path, Depth>

type FieldFault<T, Path extends string, Depth extends 0[]> = {
  [Key in keyof T]-?: Key extends string
    ? [T[Key]] extends [JsonFieldOf<T[Key]>]
      ? never
      : T[Key] extends AnyFunction
        ? `${Path} is of a class, with a method '${Key}'`
        : JsonFault<Exclude<T[Key], undefined>, `${Path}.${Key}`, [...Depth, 0]>
    : never
}[keyof T]

/** One member of a union. */
export type OneOf<Union> = (Union extends unknown ? (member: () => Union) => void : never) extends (
  member: infer Last,
) => void
  ? Last extends () => infer Member
    ? Member
    : never
  : never

/** A schema that gives plain JSON, or the sentence that says why it does not. */
export type JsonSchema<Schema extends StandardSchema> =
  IsJson<SchemaOutput<Schema>> extends true
    ? Schema
    : TypeFault<`what rides is plain JSON, but ${OneOf<JsonFault<SchemaOutput<Schema>, 'data'>> & string}`>

/** A schema behind the entry: it gives plain JSON, and what it takes. */
export type InnerSchema<Schema extends StandardSchema> = [SchemaInput<Schema>] extends [SchemaOutput<Schema>]
  ? [SchemaOutput<Schema>] extends [SchemaInput<Schema>]
    ? JsonSchema<Schema>
    : TypeFault<'this schema changes the form of its data: let the schema of the entry do that, where events are validated'>
  : TypeFault<'this schema changes the form of its data: let the schema of the entry do that, where events are validated'>
