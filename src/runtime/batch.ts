/**
 * Gathers attempts for `stop.batch`: up to a size, at most one event a key, for at most a time after the first. The handler answers one outcome
 * an event; what it throws fails every event of the batch.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Timer } from '../internal/platform/platform.ts'
import { runInScope } from '../internal/scope.ts'
import type { Attempt } from './attempt.ts'
import type { Lane } from './lane.ts'
import { trace } from './traced.ts'

export class Batch {
  readonly #lane: Lane
  readonly #sizeMax: number
  readonly #timeMs: number
  #attempts: Attempt[] = []
  #timer: Timer | undefined

  constructor(lane: Lane, options: { readonly sizeMax: number; readonly timeMs: number }) {
    this.#lane = lane
    this.#sizeMax = options.sizeMax
    this.#timeMs = options.timeMs
  }

  /** Takes an attempt whose key is held; runs the handler when full. */
  add(attempt: Attempt): void {
    this.#attempts.push(attempt)
    if (this.#attempts.length >= this.#sizeMax) this.run()
    else this.#timer ??= this.#lane.engine.clock.timer(this.#timeMs, () => this.run())
  }

  /** Hands over what is gathered. */
  run(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const attempts = this.#attempts.filter((attempt) => this.#fits(attempt))
    this.#attempts = []
    if (attempts.length > 0) void this.#handle(attempts)
  }

  /** False for an event that cannot be handed over; it has failed by itself then. */
  #fits(attempt: Attempt): boolean {
    if (this.#lane.isClosed) {
      this.#lane.running.delete(attempt)
      this.#lane.giveBack(attempt)
      return false
    }
    try {
      return attempt.record.data !== undefined
    } catch (error) {
      this.#lane.rejected(attempt, error)
      return false
    }
  }

  async #handle(attempts: readonly Attempt[]): Promise<void> {
    const { engine, stop } = this.#lane
    const deadlineAt = engine.clock.monotonic() + stop.definition.policy.deadlineMs
    for (const attempt of attempts) attempt.deadlineAt = deadlineAt
    engine.watchDeadlines()
    if (engine.tracing !== undefined) for (const attempt of attempts) trace(attempt)
    let results: unknown
    try {
      const data = attempts.map((attempt) => attempt.record.data)
      results = await runInScope(attempts[0]!, () => stop.run(data, attempts))
      if (!Array.isArray(results) || results.length !== attempts.length)
        throw new MetrobusError('MB_BATCH_OUTCOMES', {
          stop: stop.name,
          events: attempts.length,
          outcomes: Array.isArray(results) ? results.length : typeof results,
        })
    } catch (error) {
      for (const attempt of attempts) this.#lane.rejected(attempt, error)
      return
    }
    for (const [index, attempt] of attempts.entries())
      this.#lane.resolved(attempt, (results as readonly unknown[])[index])
  }
}
