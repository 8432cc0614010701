/**
 * A dead letter tried on the current code, and nothing comes of it: no record, no row, no count, no line of the error log. Only a stop that declares that it has no effects is run;
 * of others, and of those with stores, the data is checked and nothing else.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import { callInScope } from '../internal/scope.ts'
import { validate } from '../schema/validate.ts'
import type { StopContext } from '../stop/definition.ts'
import { Attempt } from './attempt.ts'
import { causeOf, messageOf } from './dead-letter.ts'
import type { Lane } from './lane.ts'
import { rehearse } from './outcomes.ts'
import { GivenUp, Retrying, TooEarly } from './retrying.ts'
import type { DryRun } from './running.ts'

/** An attempt that tells nobody but us. */
class Rehearsal extends Attempt {
  readonly reports: string[] = []

  override get report(): StopContext['report'] {
    return (error) => void this.reports.push(messageOf(error))
  }

  override get measure(): StopContext['measure'] {
    return () => {}
  }
}

/** `record` as it would ride again. */
export async function dryRun(lane: Lane, record: Record): Promise<DryRun> {
  const { stop, engine } = lane
  const { inSchema, hasEffects, policy, batch } = stop.definition
  const { issues = [] } = inSchema === undefined ? {} : await validate(inSchema, record.data, stop.name)
  const nothing = { ran: false, issues, outcome: null, sends: [], reports: [], error: null }
  if (hasEffects || stop.hasStores || issues.length > 0) return nothing
  const attempt = new Rehearsal(lane, lane.input, record, undefined, 1, engine.clock.monotonic())
  const late = Promise.withResolvers<never>()
  const timer = engine.clock.timer(policy.deadlineMs, () => {
    const error = new MetrobusError('MB_DEADLINE', { stop: stop.name, deadlineMs: policy.deadlineMs })
    attempt.abort(error)
    late.reject(error)
  })
  try {
    const answered = callInScope(
      attempt,
      async () =>
        batch === undefined ? stop.run(record.data, attempt) : firstOf(await stop.run([record.data], [attempt])),
      undefined,
    )
    const result = await Promise.race([answered, late.promise])
    attempt.isOver = true
    const { ending = 'forward', sends } = rehearse(attempt, result)
    return { ...nothing, ran: true, outcome: ending, sends, reports: attempt.reports }
  } catch (error) {
    return { ...nothing, ran: true, reports: attempt.reports, ...failed(error) }
  } finally {
    attempt.isOver = true
    timer.cancel()
  }
}

const firstOf = (results: unknown): unknown => (results as readonly unknown[])[0]

function failed(error: unknown): Pick<DryRun, 'outcome' | 'error'> {
  if (error instanceof TooEarly) return { outcome: 'wait', error: null }
  if (error instanceof Retrying) return { outcome: 'retry', error: null }
  const told = { code: causeOf(error), message: messageOf(error) }
  return { outcome: error instanceof GivenUp ? 'dead' : 'failed', error: told }
}
