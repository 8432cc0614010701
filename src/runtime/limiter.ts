/**
 * Limits of a stop: at most so many events of one `by` value at a time, or so many a second. An event over a limit waits, and with it its
 * key; other values go on. The order key is never used: it would hide a limit behind the order.
 *
 * Invariants:
 * - L1 An attempt holds a place of every limit, or of none.
 * - L2 Attempts that wait at one value of one limit start in the order they came.
 */
import type { LimitDefinition } from '../stop/definition.ts'
import type { Attempt } from './attempt.ts'
import type { LimitSettings } from './controls.ts'
import type { Lane } from './lane.ts'

/** Attempts after which values that nobody uses are looked for. */
const sweepEvery = 1_024

export interface Gate {
  readonly value: string
  running: number
  /** Monotonic time from which the next event of this value may start. */
  freeAt: number
  readonly waiting: Attempt[]
}

export class Limiter {
  #limits: readonly LimitDefinition[]
  readonly #gates: readonly Map<string, Gate>[]
  #waiting = 0
  #left = 0

  constructor(limits: readonly LimitDefinition[]) {
    this.#limits = limits
    this.#gates = limits.map(() => new Map<string, Gate>())
  }

  /** Other numbers for the same limits, for whoever starts from now on. */
  change(settings: LimitSettings['limits'], now: number): void {
    this.#limits = this.#limits.map(({ by }, index) => ({ by, ...settings[index] }))
    for (const [index, map] of this.#gates.entries()) {
      const { rate = Infinity } = this.#limits[index]!
      // What a slower rate has put off need not wait for so long any more.
      for (const gate of map.values()) gate.freeAt = Math.min(gate.freeAt, now + 1000 / rate)
    }
  }

  /** How many attempts wait for a place. */
  get waiting(): number {
    return this.#waiting
  }

  /** Takes a place of every limit and answers true, or queues the attempt at the first that is full and answers false. */
  enter(attempt: Attempt, now: number): boolean {
    const gates = this.#gatesOf(attempt)
    attempt.gates = gates
    const full = gates.findIndex((gate, index) => !mayStart(gate, this.#limits[index]!, now))
    const queued = gates.findIndex((gate) => gate.waiting.length > 0)
    const blocker = full >= 0 ? full : queued
    if (blocker >= 0) {
      gates[blocker]!.waiting.push(attempt)
      this.#waiting++
      return false
    }
    this.#take(gates, now)
    return true
  }

  /** Gives the places back; those of an attempt that has none are none. */
  leave(attempt: Attempt, now: number): void {
    for (const [index, gate] of (attempt.gates ?? []).entries()) {
      gate.running--
      this.#forget(index, gate, now)
    }
    attempt.gates = undefined
    if (++this.#left % sweepEvery === 0)
      for (const [index, map] of this.#gates.entries()) for (const gate of map.values()) this.#forget(index, gate, now)
  }

  /** Forgets a value that nobody uses and no rate holds back, so that values that come once cost nothing for long (I9). */
  #forget(index: number, gate: Gate, now: number): void {
    if (gate.running === 0 && gate.waiting.length === 0 && gate.freeAt <= now) this.#gates[index]!.delete(gate.value)
  }

  /** Attempts that may start now; they have taken their places. */
  admit(now: number): Attempt[] {
    if (this.#waiting === 0) return []
    const admitted: Attempt[] = []
    for (const [index, map] of this.#gates.entries()) {
      for (const gate of map.values()) {
        while (gate.waiting.length > 0) {
          const gates = gate.waiting[0]!.gates!
          if (!gates.every((other, at) => mayStart(other, this.#limits[at]!, now))) break
          this.#take(gates, now)
          this.#waiting--
          admitted.push(gate.waiting.shift()!)
        }
        this.#forget(index, gate, now)
      }
    }
    return admitted
  }

  /** Milliseconds until a rate lets the next one start; Infinity when only a running one can. */
  waitMs(now: number): number {
    let wait = Infinity
    for (const map of this.#gates)
      for (const { waiting } of map.values()) {
        // Any of its limits may hold back the first that waits, not only the one that it waits at.
        const freeAt = Math.max(...(waiting[0]?.gates ?? []).map((gate) => gate.freeAt))
        if (freeAt > now) wait = Math.min(wait, freeAt - now)
      }
    return wait
  }

  /** Forgets the attempts of a lane that wait here, and answers them. */
  forget(lane: Lane): readonly Attempt[] {
    const forgotten: Attempt[] = []
    for (const map of this.#gates)
      for (const gate of map.values()) {
        const kept: Attempt[] = []
        for (const attempt of gate.waiting) (attempt.lane === lane ? forgotten : kept).push(attempt)
        gate.waiting.splice(0, gate.waiting.length, ...kept)
      }
    this.#waiting -= forgotten.length
    for (const attempt of forgotten) attempt.gates = undefined
    return forgotten
  }

  #take(gates: readonly Gate[], now: number): void {
    for (const [index, gate] of gates.entries()) {
      gate.running++
      const { rate } = this.#limits[index]!
      if (rate !== undefined) gate.freeAt = Math.max(gate.freeAt, now) + 1000 / rate
    }
  }

  #gatesOf(attempt: Attempt): Gate[] {
    return this.#gates.map((map, index) => {
      const value = this.#value(index, attempt)
      let gate = map.get(value)
      if (gate === undefined) {
        gate = { value, running: 0, freeAt: 0, waiting: [] }
        map.set(value, gate)
      }
      return gate
    })
  }

  #value(index: number, attempt: Attempt): string {
    const { by } = this.#limits[index]!
    return by === undefined ? '' : by(attempt.record.data, attempt.record)
  }
}

function mayStart(gate: Gate, limit: LimitDefinition, now: number): boolean {
  if (limit.limit !== undefined && gate.running >= limit.limit) return false
  return limit.rate === undefined || gate.freeAt <= now
}
