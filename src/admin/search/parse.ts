/**
 * Reads an expression:
 *
 *     headers.order-id = "o-17" and not (data.amount < 100 or data.tags contains "test")
 *     time >= "2026-01-31T12:00:00Z" and data["odd name"][0] exists
 *
 * `and` binds closer than `or`, `not` closer than both.
 */
import { numberFields, textFields, timeFields } from './expression.ts'
import type { Expression, Field, Literal, Operator } from './expression.ts'
import { fault, tokensOf } from './tokens.ts'
import type { Token } from './tokens.ts'

/** Bounds of what one request may ask for. */
const charactersMax = 4_096
const depthMax = 64

const operators: readonly string[] = ['=', '!=', '<', '<=', '>', '>=', 'contains', 'starts']
const textOperators: ReadonlySet<string> = new Set(['contains', 'starts'])
const literals: ReadonlyMap<string, Literal> = new Map<string, Literal>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const fields = [...textFields, ...numberFields, ...timeFields, 'headers.<name>', 'data.<path>'].join(', ')

/** Throws MB_BAD_SEARCH, which points at the character that is not understood. */
export function parseExpression(source: string): Expression {
  if (source.length > charactersMax)
    throw fault(source, charactersMax, `an expression has at most ${charactersMax} characters`)
  return new Parser(source).whole()
}

class Parser {
  readonly #source: string
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(source: string) {
    this.#source = source
    this.#tokens = tokensOf(source)
  }

  whole(): Expression {
    const expression = this.#some('or')
    const { kind, text, at } = this.#token
    if (kind !== 'end') throw this.#fault(at, `${JSON.stringify(text)} is not expected here: write and, or, or nothing`)
    return expression
  }

  get #token(): Token {
    return this.#tokens[this.#next]!
  }

  #takes(text: string): boolean {
    const { kind } = this.#token
    const isIt = (kind === 'name' || kind === 'sign') && this.#token.text === text
    if (isIt) this.#next++
    return isIt
  }

  #expect(text: string): void {
    if (!this.#takes(text)) throw this.#fault(this.#token.at, `${JSON.stringify(text)} is expected here`)
  }

  #some(word: 'or' | 'and'): Expression {
    const part = (): Expression => (word === 'or' ? this.#some('and') : this.#one())
    const parts = [part()]
    while (this.#takes(word)) parts.push(part())
    return parts.length === 1 ? parts[0]! : { kind: word, of: parts }
  }

  #one(): Expression {
    const { at } = this.#token
    if (++this.#depth > depthMax) throw this.#fault(at, `parentheses and "not" are at most ${depthMax} deep`)
    try {
      if (this.#takes('not')) return { kind: 'not', of: this.#one() }
      if (!this.#takes('(')) return this.#comparison()
      const inner = this.#some('or')
      this.#expect(')')
      return inner
    } finally {
      this.#depth--
    }
  }

  #comparison(): Expression {
    const field = this.#field()
    if (this.#takes('exists')) return { kind: 'exists', field }
    const { text, at } = this.#token
    if (!operators.includes(text) || this.#token.kind === 'text')
      throw this.#fault(at, `${operators.join(' ')} or exists is expected here`)
    this.#next++
    const operator = text as Operator
    return { kind: 'compare', field, operator, literal: this.#literal(field, operator) }
  }

  #literal(field: Field, operator: Operator): Literal {
    const { kind, text, at } = this.#token
    this.#next++
    if (kind === 'text') {
      if (field.kind === 'time' && !textOperators.has(operator) && Number.isNaN(Date.parse(text)))
        throw this.#fault(at, 'a time such as "2026-01-31T12:00:00Z" is expected here')
      return text
    }
    if (kind === 'number') {
      const number = Number(text)
      if (!Number.isFinite(number)) throw this.#fault(at, 'a number of this size cannot be compared')
      return number
    }
    const literal = kind === 'name' ? literals.get(text) : undefined
    if (literal === undefined) throw this.#fault(at, 'a text in quotes, a number, true, false or null is expected here')
    return literal
  }

  #field(): Field {
    const { kind, text, at } = this.#token
    this.#next++
    if (kind === 'name') {
      const known = <Name extends string>(names: readonly Name[]): Name | undefined =>
        names.find((name) => name === text)
      const [ofText, ofNumber, ofTime] = [known(textFields), known(numberFields), known(timeFields)]
      if (ofText !== undefined) return { kind: 'text', name: ofText }
      if (ofNumber !== undefined) return { kind: 'number', name: ofNumber }
      if (ofTime !== undefined) return { kind: 'time', name: ofTime }
      if (text === 'headers') return { kind: 'header', name: this.#headerName() }
      if (text === 'data') return { kind: 'data', path: this.#path() }
    }
    throw this.#fault(at, `a field is expected here: ${fields}`)
  }

  #headerName(): string {
    const { at } = this.#token
    const name = this.#step()
    if (typeof name === 'string') return name
    throw this.#fault(at, 'the name of a header is expected here, as .name or ["name"]')
  }

  #path(): readonly (string | number)[] {
    const path: (string | number)[] = []
    for (let step = this.#step(); step !== undefined; step = this.#step()) path.push(step)
    return path
  }

  /** `.name`, `["name"]` or `[0]`; undefined where nothing follows. */
  #step(): string | number | undefined {
    if (this.#takes('.')) return this.#taken('name', 'a name is expected here; others stand in ["quotes"]')
    if (!this.#takes('[')) return undefined
    const { kind, text, at } = this.#token
    const step = kind === 'text' ? text : Number(this.#taken('number', 'a text in quotes or a place is expected here'))
    if (kind === 'text') this.#next++
    else if (!Number.isSafeInteger(step) || (step as number) < 0 || !/^\d+$/.test(text))
      throw this.#fault(at, 'a place in a list is a whole number from 0')
    this.#expect(']')
    return step
  }

  #taken(kind: Token['kind'], problem: string): string {
    const token = this.#token
    if (token.kind !== kind) throw this.#fault(token.at, problem)
    this.#next++
    return token.text
  }

  #fault(at: number, problem: string): Error {
    return fault(this.#source, at, problem)
  }
}
