/**
 * Attempts past their deadline: their signal aborts and their outcome will not count; the key stays parked until the handler has answered. When half
 * of a lane does not answer to the signal, the process is not worth keeping: it ends loudly.
 *
 * Invariants:
 * - D1 A try that is stuck is a failed one, and durable as such before the process ends for it: a handler that always hangs is given up after its attempts,
 *   however many processes it takes. What runs alone is counted by its deaths instead (`isolation.ts`).
 */
import { MetrobusError } from '../errors/index.ts'
import type { Engine } from './engine.ts'

/**
 * So often a handler is looked at before it is stuck, 50 ms apart, so that it has a second to end after its signal: where what many call is slow, all of them are late at
 * once, and none is stuck. Looks are counted and not time: in a process that stood still nobody could end anything.
 */
const looksMax = 20

/** So long the failed tries have to become durable, should the bus be slow or more be on its way. */
const lastWordsMs = 1_000

/** Looks at every running attempt; false when none runs. */
export function sweepDeadlines(engine: Engine): boolean {
  const now = engine.clock.monotonic()
  let runs = false
  for (const lane of engine.lanes()) {
    if (lane.running.size === 0) continue
    runs = true
    const { name, definition, limits } = lane.stop
    const { deadlineMs } = definition.policy
    let stuck = 0
    for (const attempt of lane.running.list()) {
      if (attempt.deadlineAt > now) continue
      if (attempt.isLate) {
        if (++attempt.looks > looksMax) stuck++
        continue
      }
      attempt.isLate = true
      engine.log.warn({ stop: name, event: attempt.record.id, deadlineMs }, 'an attempt is past its deadline')
      attempt.abort(new MetrobusError('MB_DEADLINE', { stop: name, deadlineMs }))
    }
    // Before the lanes are open, what runs runs alone, and all others wait for it.
    const concurrency = lane.isOpen ? limits.concurrency : 1
    if (stuck * 2 >= concurrency) {
      const error = new MetrobusError('MB_STUCK', { stop: name, late: stuck, concurrency })
      if (lane.isOpen) endFor(engine, error)
      else engine.fail(error)
      return false
    }
  }
  return runs
}

/** Ends the process; what it gives up first is what is stuck. */
function endFor(engine: Engine, error: MetrobusError): void {
  // Nothing may begin any more: what a key waits for still runs.
  engine.isDraining = true
  for (const lane of engine.lanes())
    for (const attempt of lane.running.list()) if (attempt.looks > looksMax) lane.rejected(attempt, undefined)
  const end = (): void => engine.fail(error)
  engine.clock.timer(lastWordsMs, end)
  void engine.until(() => engine.outbox.isIdle).then(end)
  engine.schedule()
}
