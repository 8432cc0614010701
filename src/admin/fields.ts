/**
 * Reads the named fields of a query or of a JSON body strictly: every fault is collected, also a name that nobody asked for, and `done` throws
 * them together, so that a caller repairs a request once.
 */
import { MetrobusError } from '../errors/index.ts'

/** Bounds of a number, both inclusive. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** The fields of one request. */
export class Fields {
  readonly #values: ReadonlyMap<string, unknown>
  readonly #isText: boolean
  readonly #asked = new Set<string>()
  readonly #faults: string[] = []

  private constructor(values: ReadonlyMap<string, unknown>, isText: boolean) {
    this.#values = values
    this.#isText = isText
  }

  /** Of a query string, whose values are text. */
  static ofQuery(query: URLSearchParams): Fields {
    const fields = new Fields(new Map(query), true)
    const names = [...query.keys()]
    for (const name of new Set(names))
      if (query.getAll(name).length > 1) fields.#faults.push(`"${name}" is given twice`)
    return fields
  }

  /** Of a JSON object. */
  static ofBody(body: unknown): Fields {
    if (typeof body === 'object' && body !== null && !Array.isArray(body))
      return new Fields(new Map(Object.entries(body)), false)
    throw new MetrobusError('MB_BAD_REQUEST', { faults: ['the body must be a JSON object'] })
  }

  has(name: string): boolean {
    this.#asked.add(name)
    return this.#values.get(name) !== undefined
  }

  any(name: string): unknown {
    this.#asked.add(name)
    return this.#values.get(name)
  }

  text(name: string): string | undefined {
    const value = this.any(name)
    if (value === undefined) return undefined
    if (typeof value === 'string' && value !== '') return value
    this.#faults.push(`"${name}" must be a text that is not empty`)
    return undefined
  }

  integer(name: string, bounds: Bounds): number | undefined {
    const value = this.#number(name)
    if (value === undefined) return undefined
    if (Number.isSafeInteger(value) && value >= bounds.min && value <= bounds.max) return value
    this.#faults.push(`"${name}" must be a whole number from ${bounds.min} to ${bounds.max}`)
    return undefined
  }

  flag(name: string): boolean {
    const value = this.any(name)
    if (value === undefined || value === false || (this.#isText && value === 'false')) return false
    if (value === true || (this.#isText && (value === 'true' || value === ''))) return true
    this.#faults.push(`"${name}" must be true or false`)
    return false
  }

  texts(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.any(name)
    if (value === undefined) return undefined
    const isPlain = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isPlain && Object.values(value).every((text) => typeof text === 'string'))
      return value as Record<string, string>
    this.#faults.push(`"${name}" must be an object of texts`)
    return undefined
  }

  /** Adds a fault that only the caller can see. */
  fault(sentence: string): void {
    this.#faults.push(sentence)
  }

  /** Throws MB_BAD_REQUEST with every fault; to be called after the last field was read. */
  done(): void {
    for (const name of this.#values.keys())
      if (!this.#asked.has(name))
        this.#faults.push(`"${name}" is not known here; known are ${[...this.#asked].join(', ') || 'none'}`)
    if (this.#faults.length > 0) throw new MetrobusError('MB_BAD_REQUEST', { faults: this.#faults })
  }

  #number(name: string): number | undefined {
    const value = this.any(name)
    return this.#isText && typeof value === 'string'
      ? Number(value === '' ? Number.NaN : value)
      : (value as number | undefined)
  }
}
