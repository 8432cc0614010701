/** Values of options. Each parser throws the sentence that commander shows, with exit code 2. */
import { InvalidArgumentError } from 'commander'

const unitsMs: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `500ms`, `30s`, `10m`, `2h`, `7d`, or plain seconds; answers milliseconds. */
export function duration(text: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? []
  if (number === undefined) throw new InvalidArgumentError('Write a duration such as 30s, 10m, 2h or 7d.')
  return Number(number) * unitsMs[unit]!
}

/** A whole number within bounds. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text)
    if (text.trim() !== '' && Number.isSafeInteger(number) && number >= min && number <= max) return number
    throw new InvalidArgumentError(`Write a whole number from ${min} to ${max}.`)
  }

/** A number above 0. */
export function positive(text: string): number {
  const number = Number(text)
  if (number > 0 && number < Infinity) return number
  throw new InvalidArgumentError('Write a number above 0.')
}

/** A time in RFC 3339, or a duration for so long ago; answers milliseconds since the epoch. */
export function pastTime(text: string): number {
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Date.now() - duration(text)
  if (Number.isNaN(at))
    throw new InvalidArgumentError(
      'Write a time such as 2026-01-31T12:00:00Z, or a duration such as 10m for so long ago.',
    )
  return at
}

/** Where a stream begins, as the query of the admin routes says it. */
export type StreamStart =
  | { readonly from: 'beginning' | 'end' }
  | { readonly offset: number }
  | { readonly since: string }

/** `beginning`, `end`, an offset, a time, or a duration for so long ago. */
export function streamStart(text: string): StreamStart {
  if (text === 'beginning' || text === 'end') return { from: text }
  if (/^\d+$/.test(text)) return { offset: wholeNumber(0, Number.MAX_SAFE_INTEGER)(text) }
  return { since: new Date(pastTime(text)).toISOString() }
}

/** `name=value`, gathered over repeated options. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('Write name=value.')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

/** `name=number`, gathered over repeated options. */
export function shares(text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> {
  const [[name, number] = ['', '']] = Object.entries(pair(text))
  if (number === '' || !(Number(number) >= 0)) throw new InvalidArgumentError('Write name=weight, such as bought=9.')
  return { ...before, [name]: Number(number) }
}

/** An address to listen at. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `7000`, `0.0.0.0:7000` or `[::1]:7000`. */
export function address(given: string): Address {
  const [, bracketed, name, digits = ''] = /^(?:\[([0-9a-f:]+)\]:|([\w.-]+):)?(\d{1,5})$/i.exec(given) ?? []
  const port = Number(digits)
  if (digits === '' || port > 65_535)
    throw new InvalidArgumentError('Write a port, or a host and a port such as 0.0.0.0:7000.')
  return { host: bracketed ?? name ?? '127.0.0.1', port }
}
