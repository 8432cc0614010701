/**
 * Who goes first where stops share a store. A handler whose rows another stop has changed meanwhile runs again, and from then on the other stops' events of its key
 * wait until it is over: otherwise a slow handler beside a busy stop would run for ever.
 */
import type { Record } from '../event/record.ts'
import { stateKey } from './key-state.ts'
import type { Lane } from './lane.ts'

export class Precedence {
  /** The lanes that go first, by the key. One a key: who runs again later waits for it like the others. */
  readonly #first: Map<string, Lane> = new Map()

  /** The record's key is the lane's, unless it is another one's already. */
  claim(lane: Lane, record: Record): void {
    const key = stateKey(record)
    if (!this.#first.has(key)) this.#first.set(key, lane)
  }

  /** Whether events of the record's key have to wait at the lane. */
  waits(lane: Lane, record: Record): boolean {
    if (this.#first.size === 0) return false
    return (this.#first.get(stateKey(record)) ?? lane) !== lane
  }

  /** What ran again at the lane is over: the others go on. */
  release(lane: Lane, record: Record): void {
    if (this.#first.size === 0) return
    const key = stateKey(record)
    if (this.#first.get(key) === lane) this.#letGo(key, lane)
  }

  /** The lane is paused: nobody waits for what it would run again. */
  giveWay(lane: Lane): void {
    for (const [key, first] of this.#first) if (first === lane) this.#letGo(key, lane)
  }

  /** The lane is closed, and those that share its stores with it. */
  forget(lane: Lane): void {
    for (const [key, first] of this.#first) if (first === lane) this.#first.delete(key)
  }

  #letGo(key: string, lane: Lane): void {
    this.#first.delete(key)
    for (const { lanes } of lane.stop.mates) {
      const mate = lanes[lane.partition]
      const state = mate?.keys.get(key)
      if (state !== undefined && mate !== lane) lane.engine.runnable(mate!, state)
    }
  }
}
