/**
 * When parked keys are due: a binary heap under one timer, so that a million parked events cost a million small entries and not a million timers.
 */
import type { Clock, Timer } from '../internal/platform/platform.ts'
import type { KeyState } from './key-state.ts'
import type { Lane } from './lane.ts'

interface WakeUp {
  readonly at: number
  readonly lane: Lane
  readonly state: KeyState
}

export class WakeUps {
  readonly #clock: Clock
  readonly #heap: WakeUp[] = []
  #timer: Timer | undefined
  #timerAt = Infinity

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls the lane back at monotonic time `at`, if the state still waits for just that time. */
  add(at: number, lane: Lane, state: KeyState): void {
    const heap = this.#heap
    let index = heap.push({ at, lane, state }) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (heap[parent]!.at <= heap[index]!.at) break
      swap(heap, parent, index)
      index = parent
    }
    this.#arm()
  }

  clear(): void {
    this.#heap.length = 0
    this.#timer?.cancel()
    this.#timerAt = Infinity
  }

  #arm(): void {
    const first = this.#heap[0]
    if (first === undefined || first.at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = first.at
    this.#timer = this.#clock.timer(Math.max(0, first.at - this.#clock.monotonic()), () => this.#fire())
  }

  #fire(): void {
    this.#timerAt = Infinity
    const now = this.#clock.monotonic()
    while (this.#heap.length > 0 && this.#heap[0]!.at <= now) {
      const { at, lane, state } = this.#pop()
      if (state.dueAt !== at || lane.isClosed) continue
      state.dueAt = 0
      lane.engine.runnable(lane, state)
    }
    this.#arm()
  }

  #pop(): WakeUp {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    heap[0] = last
    for (let index = 0; ;) {
      const left = index * 2 + 1
      if (left >= heap.length) break
      const child = left + 1 < heap.length && heap[left + 1]!.at < heap[left]!.at ? left + 1 : left
      if (heap[index]!.at <= heap[child]!.at) break
      swap(heap, index, child)
      index = child
    }
    return first
  }
}

function swap(heap: WakeUp[], one: number, other: number): void {
  const kept = heap[one]!
  heap[one] = heap[other]!
  heap[other] = kept
}
