/** Conditions as data, for rules that come from a file or a table: on fields of the data, and on headers. */
import type { Event } from '../event/event.ts'
import type { Faults } from '../internal/faults.ts'

/** A value that a field may have. */
export type Scalar = string | number | boolean | null

/** What an event must be for a rule to hold; all conditions must, and no condition always does. */
export interface Match {
  /** Fields of the data by path, such as `address.country`, with the value wanted or a list of them. */
  readonly when?: Readonly<Record<string, Scalar | readonly Scalar[]>>
  /** Headers by name, with the value wanted or a list of them. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
}

/** Whether an event matches. */
export type Matcher = (data: unknown, event: Event) => boolean

/** Makes a condition ready to be asked; undefined when it always holds. Adds to `faults` what cannot be asked. */
export function compileMatch({ when, headers }: Match, path: string, faults: Faults): Matcher | undefined {
  const fields = conditions(when, `${path}.when`, isScalar, faults).map(({ name, wanted }) => ({
    keys: name.split('.'),
    wanted,
  }))
  const named = conditions(headers, `${path}.headers`, (value) => typeof value === 'string', faults)
  if (isEmpty(when) && isEmpty(headers)) return undefined
  return (data, event) =>
    fields.every(({ keys, wanted }) => wanted.has(keys.reduce(fieldOf, data))) &&
    named.every(({ name, wanted }) => wanted.has(event.headers[name]))
}

/** A condition in words: `campaign is spring or may, header region is eu`; null when there is none. */
export function describeMatch({ when = {}, headers = {} }: Match): string | null {
  const words = [
    ...Object.entries(when).map(([name, value]) => `${name} is ${[value].flat().map(String).join(' or ')}`),
    ...Object.entries(headers).map(([name, value]) => `header ${name} is ${[value].flat().map(String).join(' or ')}`),
  ]
  return words.length === 0 ? null : words.join(', ')
}

/** A condition that is no object is a fault, not no condition. */
function isEmpty(conditions: object | undefined): boolean {
  return conditions === undefined || (typeof conditions === 'object' && Object.keys(conditions).length === 0)
}

function conditions(
  given: Readonly<Record<string, unknown>> | undefined,
  path: string,
  isAllowed: (value: unknown) => boolean,
  faults: Faults,
): readonly { readonly name: string; readonly wanted: ReadonlySet<unknown> }[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    faults.add(`${path} must be an object of names and values`)
    return []
  }
  return Object.entries(given).map(([name, value]) => {
    const wanted: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (wanted.length === 0) faults.add(`${path}.${name} must name at least one value`)
    if (!wanted.every(isAllowed)) faults.add(`${path}.${name} must be plain values, not objects or functions`)
    return { name, wanted: new Set(wanted) }
  })
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined
}
