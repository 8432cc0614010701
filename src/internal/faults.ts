/** Collects what is wrong with some options, so that all of it is told at once, each with its path. */
import { MetrobusError } from '../errors/index.ts'

export class Faults {
  readonly #faults: string[] = []

  /** A fault in words. */
  add(fault: string): void {
    this.#faults.push(fault)
  }

  /** The value at `path` must be a whole number from `min`. */
  whole(path: string, value: number, min: number): void {
    if (!(Number.isSafeInteger(value) && value >= min))
      this.add(`${path} must be a whole number from ${min}, found ${String(value)}`)
  }

  /** The value at `path` must be a number from `min`; Infinity only where it is `max`. */
  number(path: string, value: number, min: number, max: number = Number.MAX_VALUE): void {
    if (typeof value === 'number' && value >= min && value <= max) return
    const upTo = max === Number.MAX_VALUE || max === Infinity ? '' : ` to ${max}`
    this.add(`${path} must be a number from ${min}${upTo}, found ${String(value)}`)
  }

  /** The value at `path` must be one of these. */
  oneOf(path: string, value: unknown, allowed: readonly unknown[]): void {
    if (!allowed.includes(value))
      this.add(`${path} must be ${allowed.map((one) => JSON.stringify(one)).join(' or ')}, found ${inWords(value)}`)
  }

  /** The value at `path` must be a function, if it is given. */
  function(path: string, value: unknown): void {
    if (value !== undefined && typeof value !== 'function')
      this.add(`${path} must be a function, found ${inWords(value)}`)
  }

  /** The value at `path` must be a validator. */
  schema(path: string, value: unknown): void {
    const standard = (value as { readonly '~standard'?: { readonly validate?: unknown } } | null | undefined)?.[
      '~standard'
    ]
    if (typeof standard?.validate !== 'function')
      this.add(`${path} must be a Standard Schema, such as one of zod, valibot or arktype, found ${inWords(value)}`)
  }

  /** Throws MB_BAD_OPTIONS with all faults, if there are any. */
  throwIfAny(what: string): void {
    if (this.#faults.length > 0) throw new MetrobusError('MB_BAD_OPTIONS', { what, faults: this.#faults })
  }
}

function inWords(value: unknown): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? JSON.stringify(value) : typeof value
}
