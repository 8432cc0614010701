/**
 * What a search looks for, as a tree, and as the text that it is written as. The language is closed: fields of a record, comparisons with plain values, `and`, `or`, `not`. Nothing
 * of it is code, and no text of it is a pattern.
 */

/** A part of a record. */
export type Field =
  | { readonly kind: 'text'; readonly name: TextField }
  | { readonly kind: 'number'; readonly name: NumberField }
  | { readonly kind: 'time'; readonly name: TimeField }
  | { readonly kind: 'header'; readonly name: string }
  /** What the event holds: names of members and places in lists, from the outside in. */
  | { readonly kind: 'data'; readonly path: readonly (string | number)[] }

export const textFields = ['key', 'id', 'ride', 'type', 'source', 'correlationid', 'causationid'] as const
export const numberFields = ['partition', 'offset', 'replay'] as const
export const timeFields = ['time', 'appended'] as const

export type TextField = (typeof textFields)[number]
export type NumberField = (typeof numberFields)[number]
export type TimeField = (typeof timeFields)[number]

export type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains' | 'starts'

/** What a field is compared with. A time is written as text and compared in milliseconds. */
export type Literal = string | number | boolean | null

export type Expression =
  | { readonly kind: 'compare'; readonly field: Field; readonly operator: Operator; readonly literal: Literal }
  | { readonly kind: 'exists'; readonly field: Field }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'and'; readonly of: readonly Expression[] }
  | { readonly kind: 'or'; readonly of: readonly Expression[] }

/** What can stand behind a dot as it is; everything else stands in brackets. */
const plainName = /^[A-Za-z_][A-Za-z0-9_-]*$/

/** The text of an expression: what it is parsed from gives the same tree again. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case 'compare': {
      const { field, operator, literal } = expression
      return `${printField(field)} ${operator} ${JSON.stringify(literal)}`
    }
    case 'exists':
      return `${printField(expression.field)} exists`
    case 'not':
      return `not ${grouped(expression.of)}`
    default:
      return expression.of.map(grouped).join(` ${expression.kind} `)
  }
}

export function printField(field: Field): string {
  if (field.kind === 'header') return `headers${step(field.name)}`
  if (field.kind === 'data') return `data${field.path.map(step).join('')}`
  return field.name
}

const step = (name: string | number): string =>
  typeof name === 'string' && plainName.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`

const grouped = (expression: Expression): string =>
  expression.kind === 'and' || expression.kind === 'or'
    ? `(${printExpression(expression)})`
    : printExpression(expression)
