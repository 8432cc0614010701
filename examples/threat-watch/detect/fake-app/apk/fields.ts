/** Reads what the signing block is made of, from the first byte to the last, and never beyond. */
import { check } from './fault.ts'

export class Fields {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  number(): number {
    check(this.#at + 4 <= this.#bytes.length, 'broken')
    this.#at += 4
    return this.#bytes.readUInt32LE(this.#at - 4)
  }

  /** With their length before them. */
  bytes(): Buffer {
    const length = this.number()
    check(this.#at + length <= this.#bytes.length, 'broken')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** A length, and as many bytes of elements, each with its length. */
  *list(): Generator<Buffer> {
    const elements = new Fields(this.bytes())
    while (elements.#at < elements.#bytes.length) yield elements.bytes()
  }

  skip(count: number): void {
    check(this.#at + count <= this.#bytes.length, 'broken')
    this.#at += count
  }
}
