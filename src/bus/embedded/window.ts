/**
 * The newest records of one partition as objects, so that the stop that reads them gets the very object that the stop before made: nothing is
 * read back or decoded again. A reader that finds nothing here reads the journal.
 *
 * Invariants:
 * - W1 Holds a run of offsets without a gap, from `begin` up to, not including, `end`.
 * - W2 Keeps nothing that every reader has passed.
 * - W3 All windows of a bus together take at most twice the budget: a window above its share takes nothing while the budget is used up.
 *
 * When full it stops taking records instead of letting the oldest go: a reader that falls behind first empties it and then reads the journal, where the
 * oldest would have been gone just before they are needed. Only a reader that others have overtaken gives way to them.
 */
import type { Record } from '../../event/record.ts'

/** What a record costs beside its data. */
const overheadBytes = 256

/** The bytes that all windows of a bus share. */
export class WindowBudget {
  readonly bytesMax: number
  bytes = 0
  #windows = 0
  /** What each window may always take. */
  share: number

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
    this.share = bytesMax
  }

  /** Counts the windows that are read. */
  count(difference: 1 | -1): void {
    this.#windows += difference
    this.share = this.bytesMax / Math.max(1, this.#windows)
  }
}

export class Window {
  readonly #budget: WindowBudget
  #records: Record[] = []
  /** Where the kept ones begin in `#records`; what lies before waits to be cut off in one go. */
  #head = 0
  #begin = 0
  #bytes = 0

  constructor(budget: WindowBudget) {
    this.#budget = budget
  }

  get begin(): number {
    return this.#begin
  }

  get end(): number {
    return this.#begin + this.#records.length - this.#head
  }

  get isEmpty(): boolean {
    return this.#records.length === this.#head
  }

  has(offset: number): boolean {
    return offset >= this.#begin && offset < this.end
  }

  /** True while the window may take more. */
  get hasRoom(): boolean {
    return this.#bytes < this.#budget.share || this.#budget.bytes < this.#budget.bytesMax
  }

  /** Takes records that were appended just now, if they follow what it holds. */
  push(records: readonly Record[]): void {
    const first = records[0]
    if (first === undefined || !this.hasRoom) return
    if (this.isEmpty) this.#begin = first.offset
    else if (this.end !== first.offset) return
    const kept = this.#records
    let bytes = 0
    for (let index = 0; index < records.length; index++) {
      const record = records[index]!
      kept.push(record)
      bytes += sizeOf(record)
    }
    this.#bytes += bytes
    this.#budget.bytes += bytes
  }

  slice(from: number, to: number): readonly Record[] {
    const shift = this.#head - this.#begin
    return this.#records.slice(from + shift, to + shift)
  }

  /** Lets go of everything below `offset`. */
  release(offset: number): void {
    const count = Math.min(offset, this.end) - this.#begin
    if (count <= 0) return
    let bytes = 0
    const head = this.#head + count
    for (let index = this.#head; index < head; index++) bytes += sizeOf(this.#records[index]!)
    this.#bytes -= bytes
    this.#budget.bytes -= bytes
    this.#head = head
    this.#begin += count
    if (head === this.#records.length) {
      this.#records = []
      this.#head = 0
    } else if (head >= 64 && head * 2 >= this.#records.length) {
      this.#records.splice(0, head)
      this.#head = 0
    }
  }

  clear(): void {
    this.release(Infinity)
  }
}

const sizeOf = (record: Record): number => overheadBytes + (record.home === undefined ? 0 : record.home.length)
