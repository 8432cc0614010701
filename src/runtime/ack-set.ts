/**
 * What a lane has settled in its partition: everything below a watermark, and ranges above it. Completion out of order is
 * exact, so that a slow key never makes a finished event come again.
 *
 * Invariants:
 * - A1 `above` is flat, ascending, disjoint and never touches the watermark.
 * - A2 The watermark never goes back.
 */
export class AckSet {
  #watermark: number
  #above: number[]

  constructor(watermark: number, above: readonly number[]) {
    this.#watermark = watermark
    this.#above = [...above]
  }

  get watermark(): number {
    return this.#watermark
  }

  /** Flat half-open ranges above the watermark, as a copy. */
  get above(): readonly number[] {
    return this.#above.length === 0 ? none : this.#above.slice()
  }

  has(offset: number): boolean {
    if (offset < this.#watermark) return true
    const above = this.#above
    if (above.length === 0) return false
    // An odd count of bounds at or below the offset means that it lies inside a range.
    return countUpTo(above, offset) % 2 === 1
  }

  /** Marks one offset settled. Marking twice changes nothing. */
  add(offset: number): void {
    if (offset === this.#watermark && this.#above.length === 0) this.#watermark = offset + 1
    else this.addRange(offset, offset + 1)
  }

  /** Marks `from` up to, not including, `to`; for offsets that a topic no longer has. */
  addRange(from: number, to: number): void {
    const above = this.#above
    const start = Math.max(from, this.#watermark)
    if (start >= to) return
    // Ranges that touch or overlap [start, to) are merged into one.
    let first = 0
    while (first < above.length && above[first + 1]! < start) first += 2
    let last = first
    let low = start
    let high = to
    while (last < above.length && above[last]! <= to) {
      low = Math.min(low, above[last]!)
      high = Math.max(high, above[last + 1]!)
      last += 2
    }
    if (low <= this.#watermark) {
      this.#watermark = high
      above.splice(0, last)
    } else above.splice(first, last - first, low, high)
  }
}

const none: readonly number[] = Object.freeze([])

/** How many entries of an ascending list are at or below `offset`. */
function countUpTo(list: readonly number[], offset: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (list[middle]! <= offset) low = middle + 1
    else high = middle
  }
  return low
}
