/** Keys in order, in blocks of a few hundred: adding or removing one moves no more than a block. */
import { compareKeys } from '../key-order.ts'

const blockMax = 512

export class SortedKeys {
  /** None is empty. */
  #blocks: string[][]

  constructor(keys: Iterable<string>) {
    const sorted = [...keys].sort(compareKeys)
    this.#blocks = []
    for (let from = 0; from < sorted.length; from += blockMax / 2)
      this.#blocks.push(sorted.slice(from, from + blockMax / 2))
  }

  add(key: string): void {
    const index = Math.max(0, this.#blockOf(key))
    const block = this.#blocks[index]
    if (block === undefined) {
      this.#blocks.push([key])
      return
    }
    const place = firstFrom(block, key)
    if (block[place] === key) return
    block.splice(place, 0, key)
    if (block.length > blockMax) this.#blocks.splice(index + 1, 0, block.splice(blockMax / 2))
  }

  delete(key: string): void {
    const index = this.#blockOf(key)
    const block = this.#blocks[index]
    if (block === undefined) return
    const place = firstFrom(block, key)
    if (block[place] !== key) return
    block.splice(place, 1)
    if (block.length === 0) this.#blocks.splice(index, 1)
  }

  /** Keys from `key` on, in order. */
  *from(key: string): Generator<string> {
    const first = Math.max(0, this.#blockOf(key))
    for (let index = first; index < this.#blocks.length; index++) {
      const block = this.#blocks[index]!
      for (let place = index === first ? firstFrom(block, key) : 0; place < block.length; place++) yield block[place]!
    }
  }

  /** The last block that begins at or before `key`; -1 when all begin behind it. */
  #blockOf(key: string): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareKeys(this.#blocks[middle]![0]!, key) <= 0) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

/** The first place whose key is `key` or behind it. */
function firstFrom(block: readonly string[], key: string): number {
  let low = 0
  let high = block.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareKeys(block[middle]!, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}
