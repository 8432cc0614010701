/**
 * Attempts past their deadline: their signal aborts and their outcome will not count; the key stays parked until the handler has answered. When half
 * of a lane does not answer to the signal, the process is not worth keeping: it ends loudly.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Engine } from './engine.ts'

/**
 * So often a handler is looked at before it is stuck, 50 ms apart, so that it has a second to end after its signal: where what many call is slow, all of them are late at
 * once, and none is stuck. Looks are counted and not time: in a process that stood still nobody could end anything.
 */
const looksMax = 20

/** Looks at every running attempt; false when none runs. */
export function sweepDeadlines(engine: Engine): boolean {
  const now = engine.clock.monotonic()
  let runs = false
  for (const lane of engine.lanes()) {
    if (lane.running.size === 0) continue
    runs = true
    const { name, definition } = lane.stop
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
    const concurrency = lane.isOpen ? definition.concurrency : 1
    if (stuck * 2 >= concurrency) {
      engine.fail(new MetrobusError('MB_STUCK', { stop: name, late: stuck, concurrency }))
      return false
    }
  }
  return runs
}
