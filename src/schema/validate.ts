/**
 * Asks a validator, and says what is wrong in words that never hold a value of the payload: a fault goes to senders, logs and dead letters,
 * where personal data has no place.
 */
import type { StandardIssue, StandardResult, StandardSchema } from './standard.ts'

/** Data as the schema gives it, or its faults: one sentence each, such as `contacts.accountId: expected string, found number`. */
export type Validated =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly string[]; readonly value?: undefined }

/** Faults of one event that are told; the rest is counted. */
const issuesMax = 10
const messageMax = 160
const pathMax = 200

/** Validates `data`; a promise only for a validator that answers with one. `where` begins the path of each fault. Never rejects but with what the validator throws. */
export function validate(schema: StandardSchema, data: unknown, where: string): Validated | Promise<Validated> {
  const result = schema['~standard'].validate(data)
  if (result instanceof Promise) return result.then((late) => toValidated(late, data, where))
  return toValidated(result, data, where)
}

function toValidated(result: StandardResult<unknown>, data: unknown, where: string): Validated {
  if (result.issues === undefined) return result
  const issues = result.issues.slice(0, issuesMax).map((issue) => describeIssue(issue, data, where))
  const rest = result.issues.length - issues.length
  if (rest > 0) issues.push(`${where}: and ${rest} more`)
  return { issues }
}

function describeIssue(issue: StandardIssue, data: unknown, where: string): string {
  const keys = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part))
  const value = keys.reduce(valueAt, data)
  const found = typeNameOf(value)
  const path = cut(keys.reduce(addKey, where), pathMax)
  const expected = (issue as { readonly expected?: unknown }).expected
  if (typeof expected === 'string' && isSafe(expected, value, data) && expected !== found)
    return `${path}: expected ${clean(expected)}, found ${found}`
  if (isSafe(issue.message, value, data)) return `${path}: ${clean(issue.message)}, found ${found}`
  return `${path}: not accepted, found ${found}`
}

function valueAt(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined
}

function addKey(path: string, key: PropertyKey): string {
  return typeof key === 'number' ? `${path}[${key}]` : `${path}.${clean(String(key))}`
}

/** The type of a value in the words of JSON, where JSON has one. */
export function typeNameOf(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'object') return typeof value
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name
  return name === undefined || name === '' || name === 'Object' ? 'object' : cut(name, 40)
}

/** Values looked at in one event before a text of the validator is given up as unsafe. */
const valuesMax = 1000
/** Elsewhere in the event shorter values are no secret, and would occur in any text. */
const tellingMin = 4
/** What reads like the name of a field, which a rule may mention; other keys are data, such as accounts by their number. */
const fieldName = /^[a-z_]+$/i

/**
 * Whether a text of the validator repeats nothing of the faulty value, neither its texts and numbers nor its keys, and no other value of the event: a rule
 * over two fields names the one and may repeat the other.
 */
function isSafe(text: string, value: unknown, data: unknown): boolean {
  const own = wordsOf(value)
  const all = wordsOf(data)
  if (own === undefined || all === undefined) return false
  const isTold = (word: string): boolean => text.includes(word)
  return !(
    [...own.keys, ...own.values].some((word) => word !== '' && isTold(word)) ||
    all.values.some((word) => word.length >= tellingMin && isTold(word)) ||
    all.keys.some((key) => key.length >= tellingMin && !fieldName.test(key) && isTold(key))
  )
}

/** The keys, and the texts and numbers, in a value; undefined when there are too many. */
function wordsOf(value: unknown): { readonly keys: string[]; readonly values: string[] } | undefined {
  const words = { keys: [] as string[], values: [] as string[] }
  const pending = [value]
  for (let seen = 0; pending.length > 0; seen++) {
    if (seen > valuesMax) return undefined
    const next = pending.pop()
    if (typeof next === 'object' && next !== null) {
      words.keys.push(...Object.keys(next).slice(0, valuesMax))
      pending.push(...Object.values(next).slice(0, valuesMax + 1))
    } else if (typeof next === 'string' || typeof next === 'number' || typeof next === 'bigint')
      words.values.push(String(next))
  }
  return words
}

/** One line without control characters, bounded. */
function clean(text: string): string {
  return cut(text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').replace(/[\s.]+$/, ''), messageMax)
}

function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`
}
