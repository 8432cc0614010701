/**
 * Makes a function of an expression. A comparison of unlike things is false, also `<`, and what is not there is equal to nothing: `!=` is true of it. Only own members are looked
 * at, so that no name reaches anything but data.
 */
import type { Placed } from '../tail.ts'
import type { Expression, Field, Literal, Operator } from './expression.ts'

/** Whether a record is looked for. */
export type Matcher = (placed: Placed) => boolean

type Value = unknown

export function matcherOf(expression: Expression): Matcher {
  switch (expression.kind) {
    case 'compare':
      return comparison(expression.field, expression.operator, expression.literal)
    case 'exists': {
      const read = readerOf(expression.field)
      return (placed) => read(placed) !== undefined
    }
    case 'not': {
      const inner = matcherOf(expression.of)
      return (placed) => !inner(placed)
    }
    case 'and': {
      const all = expression.of.map(matcherOf)
      return (placed) => all.every((matches) => matches(placed))
    }
    case 'or': {
      const any = expression.of.map(matcherOf)
      return (placed) => any.some((matches) => matches(placed))
    }
  }
}

function comparison(field: Field, operator: Operator, literal: Literal): Matcher {
  const read = readerOf(field)
  const isTime = field.kind === 'time' && operator !== 'contains' && operator !== 'starts'
  const other = isTime && typeof literal === 'string' ? Date.parse(literal) : literal
  const compare = comparers[operator]
  if (field.kind !== 'time' || isTime) return (placed) => compare(read(placed), other)
  return (placed) => compare(new Date(read(placed) as number).toISOString(), other)
}

const comparers: Readonly<Record<Operator, (value: Value, literal: Literal) => boolean>> = {
  '=': (value, literal) => value === literal,
  '!=': (value, literal) => value !== literal,
  '<': (value, literal) => order(value, literal) < 0,
  '<=': (value, literal) => order(value, literal) <= 0,
  '>': (value, literal) => order(value, literal) > 0,
  '>=': (value, literal) => order(value, literal) >= 0,
  contains: (value, literal) =>
    Array.isArray(value) ? value.includes(literal) : isText(value) && isText(literal) && value.includes(literal),
  starts: (value, literal) => isText(value) && isText(literal) && value.startsWith(literal),
}

const isText = (value: Value): value is string => typeof value === 'string'

/** Numbers with numbers, texts with texts by their characters; NaN, which is in no order, for all others. */
function order(value: Value, literal: Literal): number {
  if (typeof value === 'number' && typeof literal === 'number') return value - literal
  if (!isText(value) || !isText(literal)) return Number.NaN
  return value < literal ? -1 : value > literal ? 1 : 0
}

function readerOf(field: Field): (placed: Placed) => Value {
  switch (field.kind) {
    case 'header': {
      const { name } = field
      return ({ record: { headers } }) => (Object.hasOwn(headers, name) ? headers[name] : undefined)
    }
    case 'data': {
      const { path } = field
      return ({ record }) => valueAt(dataOf(record), path)
    }
    case 'text':
      return texts[field.name]
    default:
      return numbers[field.name]
  }
}

const texts: Readonly<Record<Extract<Field, { kind: 'text' }>['name'], (placed: Placed) => Value>> = {
  key: ({ record }) => record.key ?? undefined,
  id: ({ record }) => record.id,
  ride: ({ record }) => record.ride,
  type: ({ record }) => record.type,
  source: ({ record }) => record.source,
  correlationid: ({ record }) => record.correlationId,
  causationid: ({ record }) => record.causationId,
}

const numbers: Readonly<Record<Extract<Field, { kind: 'number' | 'time' }>['name'], (placed: Placed) => Value>> = {
  partition: ({ partition }) => partition,
  offset: ({ record }) => record.offset,
  replay: ({ record }) => record.replay,
  time: ({ record }) => record.time,
  appended: ({ record }) => record.appendedAt,
}

/** What cannot be read is not there. */
function dataOf(record: Placed['record']): Value {
  try {
    return record.data
  } catch {
    return undefined
  }
}

function valueAt(data: Value, path: readonly (string | number)[]): Value {
  let value = data
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
    if (Array.isArray(value) !== (typeof step === 'number')) return undefined
    value = (value as Readonly<Record<string | number, unknown>>)[step]
  }
  return value
}
