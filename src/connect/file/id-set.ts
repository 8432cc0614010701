/**
 * A set of texts that keeps 16 bytes of each: its hash, 128 bits under a seed that nobody outside knows. Two different texts are taken for one with a
 * chance of n²/2^129: at 100 million texts, less than 10^-22.
 *
 * Invariants:
 * - D1 Hashes lie in one array, four words each, at the slot of their first word or the next free one; a first word of 0 is a free slot.
 * - D2 At most three quarters of the slots are taken.
 */
import { murmur128 } from './murmur128.ts'

const slotWords = 4
const slotsMin = 1024

export class IdSet {
  readonly #seed: number
  #words = new Uint32Array(slotsMin * slotWords)
  #mask = slotsMin - 1
  #size = 0
  /** The text at hand, and its hash. */
  #text: string | undefined = undefined
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  /** `seed`: 32 random bits. */
  constructor(seed: number) {
    this.#seed = seed
  }

  get size(): number {
    return this.#size
  }

  has(text: string): boolean {
    this.#hash(text)
    return this.#words[this.#slot(this.#words, this.#mask)] !== 0
  }

  /** Adds a text, and answers false when it was there. */
  add(text: string): boolean {
    this.#hash(text)
    const slot = this.#slot(this.#words, this.#mask)
    if (this.#words[slot] !== 0) return false
    this.#put(this.#words, slot)
    this.#size++
    if (this.#size * 4 > (this.#mask + 1) * 3) this.#grow()
    return true
  }

  /** Where the hash lies, or the free slot where it would. */
  #slot(words: Uint32Array, mask: number): number {
    for (let slot = this.#a & mask; ; slot = (slot + 1) & mask) {
      const at = slot * slotWords
      const first = words[at]
      if (first === 0) return at
      if (first === this.#a && words[at + 1] === this.#b && words[at + 2] === this.#c && words[at + 3] === this.#d)
        return at
    }
  }

  #put(words: Uint32Array, at: number): void {
    words[at] = this.#a
    words[at + 1] = this.#b
    words[at + 2] = this.#c
    words[at + 3] = this.#d
  }

  #grow(): void {
    const old = this.#words
    const mask = this.#mask * 2 + 1
    const words = new Uint32Array((mask + 1) * slotWords)
    for (let at = 0; at < old.length; at += slotWords) {
      if (old[at] === 0) continue
      this.#a = old[at]!
      this.#b = old[at + 1]!
      this.#c = old[at + 2]!
      this.#d = old[at + 3]!
      this.#put(words, this.#slot(words, mask))
    }
    this.#text = undefined
    this.#words = words
    this.#mask = mask
  }

  #hash(text: string): void {
    // Who adds a text has mostly just asked for it.
    if (text === this.#text) return
    this.#text = text
    murmur128(text, this.#seed, hash)
    // D1: 0 stands for a free slot.
    this.#a = hash[0]! || 1
    this.#b = hash[1]!
    this.#c = hash[2]!
    this.#d = hash[3]!
  }
}

const hash = new Uint32Array(4)
