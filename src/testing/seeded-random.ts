/**
 * Randomness that can be had again: the same seed gives the same numbers on every machine and in every release. A failing random test
 * prints its seed, and `METROBUS_SEED` runs that one.
 *
 * The generator is xoshiro128** by Blackman and Vigna, its state filled by splitmix32: fast, and good enough for tests (not for secrets).
 */
import { nodeRandom } from '../internal/platform/node.ts'
import type { Random } from '../internal/platform/platform.ts'

const alphabet = 'abcdefghijklmnopqrstuvwxyz012345'
const idLength = 20

/** The seed to use: `METROBUS_SEED` where it is set, else a fresh one. Say it in every message of a failure. */
export function chooseSeed(): number {
  const given = process.env['METROBUS_SEED']
  return given === undefined ? Math.floor(nodeRandom.next() * 2 ** 32) : Number(given)
}

/** A `Random` with a seed, and the draws that random tests need. */
export class SeededRandom implements Random {
  readonly seed: number
  readonly #state: Uint32Array = new Uint32Array(4)

  /** `seed`: an integer from 0 to 2^32 - 1. */
  constructor(seed: number) {
    this.seed = seed >>> 0
    let fill = this.seed
    for (let index = 0; index < 4; index++) {
      fill = (fill + 0x9e3779b9) >>> 0
      let word = Math.imul(fill ^ (fill >>> 16), 0x21f0aaad)
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
      this.#state[index] = word ^ (word >>> 15)
    }
  }

  next(): number {
    // 53 bits, as Math.random has them.
    return ((this.#word() >>> 6) * 2 ** 27 + (this.#word() >>> 5)) / 2 ** 53
  }

  id(): string {
    let id = ''
    for (let index = 0; index < idLength; index++) id += alphabet[this.#word() >>> 27]
    return id
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  /** An integer from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!
  }

  /** The same items in a random order. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const shuffled = [...items]
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = this.below(index + 1)
      ;[shuffled[index], shuffled[other]] = [shuffled[other]!, shuffled[index]!]
    }
    return shuffled
  }

  /** A generator of its own, so that drawing more in one part of a test does not change what another part draws. */
  fork(): SeededRandom {
    return new SeededRandom(this.#word())
  }

  #word(): number {
    const state = this.#state
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0
    const carried = state[1]! << 9
    state[2]! ^= state[0]!
    state[3]! ^= state[1]!
    state[1]! ^= state[2]!
    state[0]! ^= state[3]!
    state[2]! ^= carried
    state[3] = rotate(state[3]!, 11)
    return result
  }
}

const rotate = (word: number, by: number): number => (word << by) | (word >>> (32 - by))
