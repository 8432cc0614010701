/**
 * Shapes of JSON that are written down once, for the compiler and for whoever reads the OpenAPI document: each is a JSON Schema, and knows its type. An answer that
 * does not fit its shape does not compile.
 */

/** A JSON Schema of the 2020-12 draft. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** A shape of JSON. */
export interface Schema<out Value> {
  readonly json: JsonSchema
  /** The schemas that `json` refers to by name. */
  readonly names: Readonly<Record<string, JsonSchema>>
  /** For the compiler alone: no shape has it. */
  readonly value?: Value
}

/** The type of a shape. */
export type ValueOf<Shape> = Shape extends Schema<infer Value> ? Value : never

interface Optional {
  readonly isOptional: true
}

type Members = Readonly<Record<string, Schema<unknown>>>
type OptionalIn<Shape> = { [Name in keyof Shape]: Shape[Name] extends Optional ? Name : never }[keyof Shape]

/** The type of an object of shapes. */
export type ObjectOf<Shape> = { readonly [Name in Exclude<keyof Shape, OptionalIn<Shape>>]: ValueOf<Shape[Name]> } & {
  readonly [Name in OptionalIn<Shape>]?: ValueOf<Shape[Name]>
}

/** A shape that refers to none by name. */
export const schema = <Value>(json: JsonSchema): Schema<Value> => ({ json, names: {} })

export const string: Schema<string> = schema({ type: 'string' })
export const number: Schema<number> = schema({ type: 'number' })
export const boolean: Schema<boolean> = schema({ type: 'boolean' })
/** RFC 3339. */
export const time: Schema<string> = schema({ type: 'string', format: 'date-time' })
/** Any JSON. */
export const anything: Schema<unknown> = schema({})

/** One of these words. */
export const word = <const Word extends string>(...words: readonly Word[]): Schema<Word> =>
  schema({ type: 'string', enum: words })

export const nullable = <Value>(of: Schema<Value>): Schema<Value | null> => ({
  json: { anyOf: [of.json, { type: 'null' }] },
  names: of.names,
})

export const list = <Value>(of: Schema<Value>): Schema<readonly Value[]> => ({
  json: { type: 'array', items: of.json },
  names: of.names,
})

/** An object whose names are data. */
export const record = <Value>(of: Schema<Value>): Schema<Readonly<Record<string, Value>>> => ({
  json: { type: 'object', additionalProperties: of.json },
  names: of.names,
})

export const either = <Shapes extends readonly Schema<unknown>[]>(
  ...shapes: Shapes
): Schema<ValueOf<Shapes[number]>> => ({
  json: { anyOf: shapes.map(({ json }) => json) },
  names: namesOf(shapes),
})

/** Of a member that may be missing. */
export const maybe = <Value>(of: Schema<Value>): Schema<Value> & Optional => ({ ...of, isOptional: true })

/** Answers may have more members than these: they are added, never renamed. */
export const object = <const Shape extends Members>(members: Shape): Schema<ObjectOf<Shape>> => ({
  json: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(members).map(([name, { json }]) => [name, json])),
    required: Object.keys(members).filter((name) => !('isOptional' in members[name]!)),
  },
  names: namesOf(Object.values(members)),
})

/** Stands once in the document, under this name. */
export const named = <Value>(name: string, of: Schema<Value>): Schema<Value> => ({
  json: { $ref: `#/components/schemas/${name}` },
  names: { ...of.names, [name]: of.json },
})

/** The shape of this name, within itself. */
export const itself = <Value>(name: string): Schema<Value> => schema({ $ref: `#/components/schemas/${name}` })

const namesOf = (shapes: readonly Schema<unknown>[]): Readonly<Record<string, JsonSchema>> =>
  Object.assign({}, ...shapes.map(({ names }) => names)) as Readonly<Record<string, JsonSchema>>
