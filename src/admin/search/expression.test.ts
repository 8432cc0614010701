/** The language of searches: what is written is what is read, and what is read is what is found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMetrobusError } from '../../errors/index.ts'
import { Record as EventRecord } from '../../event/record.ts'
import { SeededRandom } from '../../testing/index.ts'
import type { Placed } from '../tail.ts'
import { matcherOf } from './evaluate.ts'
import { numberFields, printExpression, textFields, timeFields } from './expression.ts'
import type { Expression, Field, Literal, Operator } from './expression.ts'
import { parseExpression } from './parse.ts'

const runs = 2_000

class Maker {
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  below(count: number): number {
    return Math.floor(this.#random.next() * count)
  }

  one<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!
  }

  expression(depth: number): Expression {
    const kind = depth === 0 ? this.below(2) : this.below(5)
    if (kind === 0) return { kind: 'exists', field: this.field() }
    if (kind === 1) return this.comparison()
    if (kind === 2) return { kind: 'not', of: this.expression(depth - 1) }
    const of = Array.from({ length: 2 + this.below(2) }, () => this.expression(depth - 1))
    return { kind: kind === 3 ? 'and' : 'or', of }
  }

  comparison(): Expression {
    const field = this.field()
    const operator = this.one<Operator>(['=', '!=', '<', '<=', '>', '>=', 'contains', 'starts'])
    const isTime = field.kind === 'time' && operator !== 'contains' && operator !== 'starts'
    return { kind: 'compare', field, operator, literal: isTime ? this.one(times) : this.literal() }
  }

  field(): Field {
    const kind = this.below(5)
    if (kind === 0) return { kind: 'text', name: this.one(textFields) }
    if (kind === 1) return { kind: 'number', name: this.one(numberFields) }
    if (kind === 2) return { kind: 'time', name: this.one(timeFields) }
    if (kind === 3) return { kind: 'header', name: this.one(names) }
    return {
      kind: 'data',
      path: Array.from({ length: this.below(3) }, () => this.one<string | number>([...names, 0, 1])),
    }
  }

  literal(): Literal {
    return this.one<Literal>([...names, ...values, 0, 1, -1.5, 1e300, true, false, null])
  }

  placed(): Placed {
    const record = new EventRecord(
      {
        ride: this.one(values),
        hop: 0,
        type: this.one(values),
        source: '/app/in',
        time: Date.parse(this.one(times)),
        key: this.one<string | null>([...values, null]),
        headers: Object.fromEntries([[this.one(names), this.one(values)]]),
        correlationId: this.one<string | undefined>([...values, undefined]),
        causationId: undefined,
        replay: this.below(2),
        slip: '',
      },
      this.data(3),
      undefined,
    )
    record.offset = this.below(3)
    record.appendedAt = Date.parse(this.one(times))
    return { topic: 'topic', partition: this.below(2), record }
  }

  data(depth: number): unknown {
    const kind = depth === 0 ? 0 : this.below(3)
    if (kind === 0) return this.literal()
    if (kind === 1) return Array.from({ length: this.below(3) }, () => this.data(depth - 1))
    return Object.fromEntries(Array.from({ length: this.below(3) }, () => [this.one(names), this.data(depth - 1)]))
  }
}

const names = ['a', 'order-id', 'odd name', 'a.b', '"', '__proto__', 'constructor', 'ü', '', 'and', '0']
const values = ['', 'x', 'xy', '.*', '[', '"', "'", '\\', 'ü', '\u0000', 'not', '2026-01-31T12:00:00.000Z']
const times = ['2026-01-31T12:00:00.000Z', '1999-01-01T00:00:00.000Z', '2026-01-31T12:00:00.001Z']

test('what is printed of a tree is parsed to the same tree', () => {
  for (let seed = 1; seed <= runs; seed++) {
    const expression = new Maker(seed).expression(4)
    const text = printExpression(expression)
    if (text.length > 4_096) continue
    assert.deepEqual(parseExpression(text), expression, `seed ${seed}: ${text}`)
  }
})

test('what is found is what a plain reading of the tree finds', () => {
  for (let seed = 1; seed <= runs; seed++) {
    const maker = new Maker(seed)
    const [expression, placed] = [maker.expression(3), maker.placed()]
    assert.equal(
      matcherOf(expression)(placed),
      holds(expression, placed),
      `seed ${seed}: ${printExpression(expression)} on ${JSON.stringify(placed)}`,
    )
  }
})

/** The same, written as the documentation says it, with no regard to speed. */
function holds(expression: Expression, placed: Placed): boolean {
  if (expression.kind === 'not') return !holds(expression.of, placed)
  if (expression.kind === 'and' || expression.kind === 'or') {
    const each = expression.of.map((one) => holds(one, placed))
    return expression.kind === 'and' ? !each.includes(false) : each.includes(true)
  }
  const value = valueOf(expression.field, placed)
  if (expression.kind === 'exists') return value !== undefined
  const { field, operator } = expression
  const isTime = field.kind === 'time'
  const isOfText = operator === 'contains' || operator === 'starts'
  const left = isTime && isOfText ? new Date(value as number).toISOString() : value
  const right =
    isTime && !isOfText && typeof expression.literal === 'string' ? Date.parse(expression.literal) : expression.literal
  const bothText = typeof left === 'string' && typeof right === 'string'
  const ordered = bothText || (typeof left === 'number' && typeof right === 'number')
  if (operator === '=') return left === right
  if (operator === '!=') return left !== right
  if (operator === 'starts') return bothText && left.startsWith(right)
  if (operator === 'contains') return Array.isArray(left) ? left.includes(right) : bothText && left.includes(right)
  if (!ordered) return false
  const [one, other] = [left as number, right as number]
  return { '<': one < other, '<=': one <= other, '>': one > other, '>=': one >= other }[operator]
}

function valueOf(field: Field, { partition, record }: Placed): unknown {
  if (field.kind === 'header') return new Map(Object.entries(record.headers)).get(field.name)
  if (field.kind === 'data') {
    let value = record.data
    for (const step of field.path) {
      if (typeof step === 'number') value = Array.isArray(value) ? (value as unknown[])[step] : undefined
      else if (Array.isArray(value) || typeof value !== 'object' || value === null) value = undefined
      else value = new Map(Object.entries(value)).get(step)
    }
    return value
  }
  const { key, id, ride, type, source, correlationId, causationId, offset, replay, time, appendedAt } = record
  const texts = {
    key: key ?? undefined,
    id,
    ride,
    type,
    source,
    correlationid: correlationId,
    causationid: causationId,
  }
  return { ...texts, partition, offset, replay, time, appended: appendedAt }[field.name]
}

const matches = (where: string, data: unknown, headers: Record<string, string> = {}): boolean =>
  matcherOf(parseExpression(where))({
    topic: 't',
    partition: 0,
    record: new EventRecord(
      {
        ride: 'r1',
        hop: 0,
        type: 'order',
        source: '/a/b',
        time: Date.UTC(2026, 0, 31),
        key: 'k',
        headers,
        correlationId: undefined,
        causationId: undefined,
        replay: 0,
        slip: '',
      },
      data,
      undefined,
    ),
  })

test('and binds closer than or, not closer than both', () => {
  assert.equal(matches('key = "k" or key = "x" and key = "y"', null), true)
  assert.equal(matches('(key = "k" or key = "x") and key = "y"', null), false)
  assert.equal(matches('not key = "x" and type = "order"', null), true)
  assert.equal(matches('not (key = "k" and type = "order")', null), false)
})

test('texts are plain: nothing of them is a pattern, and either quote holds them', () => {
  assert.equal(matches('data.a contains ".*"', { a: 'anything' }), false)
  assert.equal(matches(`headers["x y"] = 'it\\'s "so"'`, null, { 'x y': `it's "so"` }), true)
  assert.equal(matches(`data.a starts "^(a+)+$"`, { a: 'a'.repeat(100_000) }), false)
})

test('no name reaches anything but data', () => {
  for (const path of ['__proto__', 'constructor', 'constructor.name', 'toString', 'length', 'hasOwnProperty'])
    assert.equal(matches(`data.${path} exists or headers.${path.split('.')[0]} exists`, {}), false, path)
  assert.equal(matches('data[0].length exists or data.length exists', ['text']), false)
  assert.equal(matches('data["__proto__"] = 1', JSON.parse('{"__proto__": 1}')), true)
})

test('a time is compared as a moment, in whatever zone it is written', () => {
  assert.equal(matches('time = "2026-01-31T01:00:00+01:00"', null), true)
  assert.equal(matches('time < "2026-01-31" or time > "2026-01-31"', null), false)
  assert.equal(matches('time starts "2026-01-31T00"', null), true)
})

const faults: readonly (readonly [string, number, RegExp])[] = [
  ['', 1, /a field is expected here: key, id/],
  ['key', 4, /exists is expected here/],
  ['key = ', 7, /a text in quotes, a number/],
  ['key == "x"', 6, /a text in quotes/],
  ['key = "x', 7, /has no " at its end/],
  ['key = "x" key', 11, /write and, or, or nothing/],
  ['(key = "x"', 11, /"\)" is expected here/],
  ['kay = "x"', 1, /a field is expected here/],
  ['headers = "x"', 9, /name of a header/],
  ['headers[0] = "x"', 8, /name of a header/],
  ['data[1.5] = 1', 6, /whole number from 0/],
  ['data[-1] = 1', 6, /whole number from 0/],
  ['data.a = 1e999', 10, /a number of this size/],
  ['time > "yesterday"', 8, /a time such as/],
  ['key = "\\x"', 7, /an escape/],
  ['key = "a" && key = "b"', 11, /"&" means nothing here/],
  ['key = `a`', 7, /means nothing here/],
  ['data..a = 1', 6, /a name is expected here/],
  ['key matches "x"', 5, /exists is expected here/],
]

for (const [where, character, problem] of faults)
  test(`${JSON.stringify(where)} is refused at character ${character}`, () => {
    assert.throws(
      () => parseExpression(where),
      (error) => {
        assert.ok(isMetrobusError(error, 'MB_BAD_SEARCH'), String(error))
        assert.match(error.message, problem)
        assert.match(error.message, new RegExp(`at character ${character},`))
        return true
      },
    )
  })

test('what is deep or long is refused, and costs no more than to be refused', () => {
  for (const where of [
    `${'('.repeat(1_000)}key = "x"${')'.repeat(1_000)}`,
    `${'not '.repeat(900)}key = "x"`,
    `data${'[0]'.repeat(5_000)} exists`,
    `key = "${'x'.repeat(5_000)}"`,
    '"'.repeat(4_000),
  ])
    assert.throws(() => parseExpression(where), { code: 'MB_BAD_SEARCH' }, where.slice(0, 40))
  const wide = Array.from({ length: 200 }, (_, n) => `key = "${n}"`).join(' or ')
  assert.equal(matches(wide, null), false)
})

test('random characters are an expression or a fault at one of them', () => {
  const alphabet = [
    ...Array.from('()[].="\'<>!\\ \n\u0000ü'),
    'key',
    'data',
    'headers',
    'not',
    'and',
    'or',
    'exists',
    '1',
    'e9',
    '-',
    '🚌',
  ]
  for (let seed = 1; seed <= runs; seed++) {
    const maker = new Maker(seed)
    const text = Array.from({ length: maker.below(20) }, () => maker.one(alphabet)).join('')
    try {
      parseExpression(text)
    } catch (error) {
      assert.ok(isMetrobusError(error, 'MB_BAD_SEARCH'), `seed ${seed}: ${JSON.stringify(text)}: ${String(error)}`)
    }
  }
})
