/**
 * Attempts past their deadline: their signal aborts and their outcome will not count; the key stays parked until the handler has answered. When half
 * of a lane is stuck so, the process is not worth keeping: it ends loudly.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Engine } from './engine.ts'

/** Looks at every running attempt; false when none runs. */
export function sweepDeadlines(engine: Engine): boolean {
  const now = engine.clock.monotonic()
  let runs = false
  for (const lane of engine.lanes()) {
    if (lane.running.size === 0) continue
    runs = true
    const { name, definition } = lane.stop
    const { deadlineMs } = definition.policy
    let late = 0
    for (const attempt of lane.running) {
      if (attempt.deadlineAt > now) continue
      late++
      if (attempt.isLate) continue
      attempt.isLate = true
      engine.log.warn({ stop: name, event: attempt.record.id, deadlineMs }, 'an attempt is past its deadline')
      attempt.abort(new MetrobusError('MB_DEADLINE', { stop: name, deadlineMs }))
    }
    if (late * 2 >= definition.concurrency) {
      engine.fail(new MetrobusError('MB_STUCK', { stop: name, late, concurrency: definition.concurrency }))
      return false
    }
  }
  return runs
}
