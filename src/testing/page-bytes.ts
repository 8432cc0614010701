/**
 * The bytes of a file in memory, in pages that copies share until one of them is written to: an image of a disk costs what differs in it.
 */
const pageBytes = 4 * 1024

/** Growing bytes; what was never written is zero. */
export class PageBytes {
  /** A missing page is all zeros. */
  readonly #pages: (Uint8Array | undefined)[]
  /** The pages that no copy shares. */
  readonly #own: Set<number> = new Set()
  #size: number

  constructor(pages: readonly (Uint8Array | undefined)[] = [], size = 0) {
    this.#pages = [...pages]
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  /** The same bytes, to be changed on their own. */
  copy(): PageBytes {
    this.#own.clear()
    return new PageBytes(this.#pages, this.#size)
  }

  /** Copies up to `into.length` bytes from `position` and answers how many there were. */
  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.#size - position))
    for (let done = 0; done < length;) {
      const at = position + done
      const start = at % pageBytes
      const count = Math.min(pageBytes - start, length - done)
      const page = this.#pages[(at - start) / pageBytes]
      if (page === undefined) into.fill(0, done, done + count)
      else into.set(page.subarray(start, start + count), done)
      done += count
    }
    return length
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const at = position + done
      const start = at % pageBytes
      const count = Math.min(pageBytes - start, bytes.length - done)
      this.#writable((at - start) / pageBytes).set(bytes.subarray(done, done + count), start)
      done += count
    }
    if (bytes.length > 0) this.#size = Math.max(this.#size, position + bytes.length)
  }

  /** Cuts, or grows with zeros. */
  resize(size: number): void {
    if (size < this.#size) {
      const kept = Math.ceil(size / pageBytes)
      for (let index = kept; index < this.#pages.length; index++) this.#own.delete(index)
      this.#pages.length = Math.min(this.#pages.length, kept)
      const start = size % pageBytes
      // What grows back later must be zero.
      if (start > 0 && this.#pages[kept - 1] !== undefined) this.#writable(kept - 1).fill(0, start)
    }
    this.#size = size
  }

  #writable(index: number): Uint8Array {
    const page = this.#pages[index]
    if (page !== undefined && this.#own.has(index)) return page
    const fresh = page === undefined ? new Uint8Array(pageBytes) : page.slice()
    while (this.#pages.length < index) this.#pages.push(undefined)
    this.#pages[index] = fresh
    this.#own.add(index)
    return fresh
  }
}
