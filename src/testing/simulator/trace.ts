/**
 * What happened in a simulated run, line by line, and one number for all of it: two runs of one seed are the same when their hashes are.
 */

/** Lines kept at most, the newest; the hash covers all. */
const keptMax = 20_000

/** The record of a run. */
export class Trace {
  readonly #keeps: boolean
  readonly #lines: string[] = []
  #low = 0x811c9dc5
  #high = 0x01000193
  #count = 0

  /** `keep`: also keeps the newest 20,000 lines, to be read. Default: false. */
  constructor(options: { readonly keep?: boolean } = {}) {
    this.#keeps = options.keep ?? false
  }

  /** Adds a line. */
  note(line: string): void {
    this.#count++
    for (let index = 0; index < line.length; index++) this.#mix(line.charCodeAt(index))
    this.#mix(10)
    if (!this.#keeps) return
    this.#lines.push(line)
    if (this.#lines.length > keptMax * 2) this.#lines.splice(0, keptMax)
  }

  /** Adds bytes, which only the hash remembers. */
  noteBytes(what: string, bytes: Uint8Array): void {
    for (const byte of bytes) this.#mix(byte)
    this.note(`${what} ${bytes.length}`)
  }

  /** How many lines there were. */
  get length(): number {
    return this.#count
  }

  /** The newest lines, when they are kept. */
  get lines(): readonly string[] {
    return this.#lines.slice(-keptMax)
  }

  /** 16 characters of 0-9 and a-f that cover every line so far. */
  get hash(): string {
    return [this.#high, this.#low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** FNV-1a, twice, from two beginnings and with two primes. */
  #mix(unit: number): void {
    this.#low = Math.imul(this.#low ^ unit, 0x01000193)
    this.#high = Math.imul(this.#high ^ unit, 0x85ebca6b) ^ (this.#high >>> 15)
  }
}
