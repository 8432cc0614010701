/**
 * Cuts a stream of bytes into lines, and keeps no more than one line of it. A line longer than the limit is passed over without being kept.
 * Lines end with "\n"; the last one may end with the input. A byte order mark at the beginning of the input is no part of its first line.
 */

/** A line of an input. */
export interface Line {
  /** From 1. */
  readonly number: number
  /** Without the "\n"; undefined when the line is longer than the limit. */
  readonly bytes: Uint8Array | undefined
  /** The byte offset behind it, its "\n" included. */
  readonly end: number
}

const newline = 10
const byteOrderMark = [0xef, 0xbb, 0xbf]

export class LineSplitter {
  readonly #lineBytesMax: number
  /** Byte offset of what comes next. */
  #offset: number
  /** Lines that have ended. */
  #lines: number
  /** The beginning of a line whose end has not come. */
  #kept: Uint8Array[] = []
  #keptBytes = 0
  /** In a line that is too long: its bytes are not kept. */
  #isTooLong = false
  /** Whether a line shares the memory of the chunk that was pushed last. */
  isChunkKept = false

  /** `offset` and `lines` say what lies before the first byte that is pushed. */
  constructor({
    lineBytesMax,
    offset,
    lines,
  }: {
    readonly lineBytesMax: number
    readonly offset: number
    readonly lines: number
  }) {
    this.#lineBytesMax = lineBytesMax
    this.#offset = offset
    this.#lines = lines
  }

  /** The lines that end in `chunk`. They share its memory, so it must not be written to again while `isChunkKept`. */
  push(chunk: Uint8Array): Line[] {
    const ended: Line[] = []
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      ended.push(this.#ended(chunk.subarray(from, at), 1))
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
    this.isChunkKept = ended.length > 0 || this.#keptBytes > 0
    return ended
  }

  /** The last line, if it did not end with "\n". */
  end(): Line[] {
    return this.#keptBytes === 0 && !this.#isTooLong ? [] : [this.#ended(new Uint8Array(0), 0)]
  }

  #keep(rest: Uint8Array): void {
    this.#offset += rest.length
    if (this.#isTooLong || rest.length === 0) return
    this.#kept.push(rest)
    this.#keptBytes += rest.length
    if (this.#keptBytes <= this.#lineBytesMax) return
    this.#isTooLong = true
    this.#forget()
  }

  #ended(rest: Uint8Array, newlineBytes: number): Line {
    const isTooLong = this.#isTooLong || this.#keptBytes + rest.length > this.#lineBytesMax
    const whole = isTooLong || this.#keptBytes === 0 ? rest : Buffer.concat([...this.#kept, rest])
    this.#offset += rest.length + newlineBytes
    this.#isTooLong = false
    this.#forget()
    const number = ++this.#lines
    return { number, bytes: isTooLong ? undefined : number === 1 ? withoutMark(whole) : whole, end: this.#offset }
  }

  #forget(): void {
    this.#kept = []
    this.#keptBytes = 0
  }
}

const withoutMark = (bytes: Uint8Array): Uint8Array =>
  byteOrderMark.every((byte, index) => bytes[index] === byte) ? bytes.subarray(byteOrderMark.length) : bytes
