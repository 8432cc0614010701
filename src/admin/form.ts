/**
 * What may be asked, in a query or as a JSON body: forms of fields, each of which is its JSON Schema and its check. A form is strict: it collects every fault, also a
 * field that nobody asked for, so that a caller repairs a request once.
 */
import { MetrobusError } from '../errors/index.ts'
import type { JsonSchema, Schema, ValueOf } from './schema.ts'

/** Takes a fault, as a sentence without its end. */
type Fault = (sentence: string) => void

/** A value that is asked for. */
export interface Field<out Value> extends Schema<Value> {
  /** The value, or undefined after its fault was told; `name` is how the caller calls it. */
  read(value: unknown, name: string, fault: Fault): Value | undefined
  /** What its text in a query means, where that is not the text itself. */
  readonly ofText?: (text: string) => unknown
}

interface Required {
  readonly isRequired: true
}

type Fields = Readonly<Record<string, Field<unknown>>>
type RequiredIn<Of> = { [Name in keyof Of]: Of[Name] extends Required ? Name : never }[keyof Of]

/** The type of a form: a field may be missing, unless it is required. */
export type Given<Of> = { readonly [Name in RequiredIn<Of>]: ValueOf<Of[Name]> } & {
  readonly [Name in Exclude<keyof Of, RequiredIn<Of>>]?: ValueOf<Of[Name]>
}

/** What holds between fields: the fault, or undefined. Fields with a fault of their own are missing. */
type Rule<Of> = (given: Partial<Given<Of>>) => string | undefined

/** Fields together. */
export interface Form<out Value> extends Field<Value> {
  readonly fields: Fields
  /** Throws MB_BAD_REQUEST with every fault. */
  readBody(body: unknown): Value
  /** Throws MB_BAD_REQUEST with every fault. */
  readQuery(query: URLSearchParams): Value
  /** Throws MB_BAD_OPTIONS with every fault of `what`. */
  readOptions(options: unknown, what: string): Value
  /** The same of the JSON in a file. */
  readFile(written: string, what: string): Value
  /** What was read without what is withheld, for the audit log. */
  told(value: Value): unknown
}

export const required = <Of extends Field<unknown>>(field: Of): Of & Required => ({ ...field, isRequired: true })

/** What may hold payloads, and is not for the audit log. */
export const withheld = <Of extends Field<unknown>>(field: Of): Of => ({ ...field, isWithheld: true })

/** A text that is not empty. */
export const text: Field<string> = field({ type: 'string', minLength: 1 }, 'a text that is not empty', isText)

/** A whole number within bounds, both inclusive. */
export function integer({ min, max }: { readonly min: number; readonly max: number }): Field<number> {
  const isWithin = (value: unknown): value is number =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
  const json = { type: 'integer', minimum: min, maximum: max }
  return {
    ...field(json, `a whole number from ${min} to ${max}`, isWithin),
    ofText: (given) => (given === '' ? given : Number(given)),
  }
}

/** A number within bounds, the upper one included. */
export function decimal({ above, max }: { readonly above: number; readonly max: number }): Field<number> {
  const isWithin = (value: unknown): value is number => typeof value === 'number' && value > above && value <= max
  const json = { type: 'number', exclusiveMinimum: above, maximum: max }
  return {
    ...field(json, `a number above ${above} and at most ${max}`, isWithin),
    ofText: (given) => (given === '' ? given : Number(given)),
  }
}

/** In a query its name alone is true. */
export const flag: Field<boolean> = {
  ...field({ type: 'boolean' }, 'true or false', (value) => typeof value === 'boolean'),
  ofText: (given) => ({ '': true, true: true, false: false })[given] ?? given,
}

/** RFC 3339; read as milliseconds. */
export const moment: Field<number> = {
  json: { type: 'string', format: 'date-time' },
  names: {},
  read(value, name, fault) {
    const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
    if (!Number.isNaN(ms)) return ms
    fault(`"${name}" must be a time such as 2026-01-31T12:00:00Z`)
    return undefined
  },
}

/** One of these words. */
export const choice = <const Word extends string>(...words: readonly Word[]): Field<Word> =>
  field({ type: 'string', enum: words }, words.join(' or '), (value): value is Word => words.includes(value as Word))

/** Texts by name, such as headers. */
export const texts: Field<Readonly<Record<string, string>>> = field(
  { type: 'object', additionalProperties: { type: 'string' } },
  'an object of texts',
  (value): value is Readonly<Record<string, string>> =>
    isObject(value) && Object.values(value).every((member) => typeof member === 'string'),
)

/** Any JSON, also null. */
export const given: Field<unknown> = field({}, 'any JSON', (value): value is unknown => value !== undefined)

/** From 1 to `max` of them. */
export const several = <Value>(of: Field<Value>, max: number): Field<readonly Value[]> => ({
  json: { type: 'array', items: of.json, minItems: 1, maxItems: max },
  names: of.names,
  read(value, name, fault) {
    if (Array.isArray(value) && value.length > 0 && value.length <= max)
      return value.map((item, at) => of.read(item, `${name}[${at}]`, fault)!)
    fault(`"${name}" must be a list of 1 to ${max}`)
    return undefined
  },
})

/** Such values by names that are data. */
export const byName = <Value>(of: Field<Value>): Field<Readonly<Record<string, Value>>> => ({
  json: { type: 'object', additionalProperties: of.json },
  names: of.names,
  read(value, name, fault) {
    if (isObject(value))
      return Object.fromEntries(
        Object.entries(value).map(([own, one]) => [own, of.read(one, `${name}.${own}`, fault)!]),
      )
    fault(`"${name}" must be an object`)
    return undefined
  },
})

/** Fields that a caller may give, and what holds between them. */
export function form<const Of extends Fields>(fields: Of, ...rules: readonly Rule<Of>[]): Form<Given<Of>> {
  const read = (value: unknown, name: string, fault: Fault): Given<Of> | undefined => {
    if (!isObject(value)) {
      fault(name === '' ? 'it must be a JSON object' : `"${name}" must be an object`)
      return undefined
    }
    const found: Record<string, unknown> = {}
    for (const [own, field] of Object.entries(fields)) {
      const label = name === '' ? own : `${name}.${own}`
      const read = Object.hasOwn(value, own) ? field.read(value[own], label, fault) : undefined
      if (read !== undefined) found[own] = read
      else if ('isRequired' in field && !Object.hasOwn(value, own)) fault(`"${label}" is missing`)
    }
    for (const own of Object.keys(value))
      if (!Object.hasOwn(fields, own))
        fault(`"${own}" is not known here; known are ${Object.keys(fields).join(', ') || 'none'}`)
    for (const rule of rules) {
      const broken = rule(found as Partial<Given<Of>>)
      if (broken !== undefined) fault(broken)
    }
    return found as Given<Of>
  }
  return {
    json: formJson(fields),
    names: Object.assign({}, ...Object.values(fields).map(({ names }) => names)) as Record<string, JsonSchema>,
    fields,
    read,
    readBody: (body) => asked((fault) => read(body, '', fault)),
    readQuery: (query) => asked((fault) => read(ofQuery(fields, query, fault), '', fault)),
    readOptions: (options, what) => set(what, (fault) => read(options, '', fault)),
    readFile: (written, what) => set(what, (fault) => read(parsed(written, fault), '', fault)),
    told: (value) => Object.fromEntries(Object.entries(value).filter(([name]) => !('isWithheld' in fields[name]!))),
  }
}

function ofQuery(fields: Fields, query: URLSearchParams, fault: Fault): Readonly<Record<string, unknown>> {
  for (const name of new Set(query.keys())) if (query.getAll(name).length > 1) fault(`"${name}" is given twice`)
  const typed = [...query].map(([name, value]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined
    return [name, field?.ofText === undefined ? value : field.ofText(value)]
  })
  return Object.fromEntries(typed) as Readonly<Record<string, unknown>>
}

type Read<Value> = (fault: Fault) => Value | undefined

/** What was asked, or MB_BAD_REQUEST with all that was told. */
function asked<Value>(read: Read<Value>): Value {
  const faults: string[] = []
  const value = read((sentence) => faults.push(sentence))
  if (faults.length > 0) throw new MetrobusError('MB_BAD_REQUEST', { faults })
  return value as Value
}

/** What was set, or MB_BAD_OPTIONS with all that was told. */
function set<Value>(what: string, read: Read<Value>): Value {
  const faults: string[] = []
  const value = read((sentence) => faults.push(sentence))
  if (faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what, faults })
  return value as Value
}

function parsed(written: string, fault: Fault): unknown {
  try {
    return JSON.parse(written)
  } catch (error) {
    fault(`it is not JSON: ${(error as SyntaxError).message}`)
    return {}
  }
}

function formJson(fields: Fields): JsonSchema {
  const names = Object.keys(fields).filter((name) => 'isRequired' in fields[name]!)
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(fields).map(([name, { json }]) => [name, json])),
    ...(names.length > 0 && { required: names }),
    additionalProperties: false,
  }
}

function field<Value>(json: JsonSchema, what: string, isOne: (value: unknown) => value is Value): Field<Value> {
  return {
    json,
    names: {},
    read(value, name, fault) {
      if (isOne(value)) return value
      fault(`"${name}" must be ${what}`)
      return undefined
    },
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
