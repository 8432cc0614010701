/** Disturbs a stop where it runs, in a test or in a whole system that is tried out. */
import { MetrobusError } from '../../errors/index.ts'
import { toMs } from '../../internal/duration.ts'
import type { Duration } from '../../internal/duration.ts'
import { Faults } from '../../internal/faults.ts'
import { shortHash } from '../../internal/hash.ts'
import { nodeClock } from '../../internal/platform/node.ts'
import type { Middleware } from '../../stop/definition.ts'
import { SeededRandom, chooseSeed } from '../seeded-random.ts'
import { currentAmbience } from './ambience.ts'
import { isThenable } from './recorder.ts'

/** How much a stop is disturbed. Shares are 0 to 1. */
export interface ChaosOptions {
  /** The same seed disturbs the same tries of the same events. Default: `METROBUS_SEED`, or a fresh one; it stands in every error. */
  readonly seed?: number
  /** Share of the tries that fail before the handler has begun. Default: 0. */
  readonly fail?: number
  /** Share of the tries whose outcome is lost when the handler has ended, so that the event comes again. Default: 0. */
  readonly duplicate?: number
  /** Share of the tries that begin late. Default: 0. */
  readonly delay?: number
  /** How late at most, in milliseconds or `{ seconds }`. Default: 1,000. */
  readonly delayMax?: Duration
  /** Tries of one event at one stop that may fail: fewer than the stop's policy allows, or events are given up. Default: 2. */
  readonly failuresMax?: number
}

/**
 * A middleware that lets tries fail, come again and be late: `stop('archive', { in: Order, middleware: [chaos({ duplicate: 0.1 })] }, ...)`. What it throws is MB_CHAOS, which is
 * tried again. Throws MB_BAD_OPTIONS.
 */
export function chaos(options: ChaosOptions = {}): Middleware {
  const { seed = chooseSeed(), fail = 0, duplicate = 0, delay = 0, failuresMax = 2 } = options
  const delayMaxMs = toMs(options.delayMax ?? 1_000)
  const faults = new Faults()
  for (const [name, share] of Object.entries({ fail, duplicate, delay })) faults.number(name, share, 0, 1)
  faults.number('delayMax', delayMaxMs, 0)
  faults.whole('failuresMax', failuresMax, 0)
  faults.throwIfAny('chaos()')

  return (data, { event, attempt }, next) => {
    // Of the event and the try, so that it is the same in whatever order they come.
    const random = new SeededRandom(parseInt(shortHash(`${seed} ${event.id} ${attempt}`), 16))
    const isLate = random.chance(delay)
    const isFailing = random.chance(fail) && attempt <= failuresMax
    const isLost = random.chance(duplicate) && attempt <= failuresMax
    const end = (when: 'before' | 'after'): never => {
      throw new MetrobusError('MB_CHAOS', { seed, event: event.id, when })
    }
    const run = (): unknown => {
      if (isFailing) end('before')
      const answer = next(data)
      if (!isLost) return answer
      return isThenable(answer) ? answer.then(() => end('after')) : end('after')
    }
    if (!isLate) return run()
    const { clock } = currentAmbience() ?? { clock: nodeClock }
    return new Promise<void>((resolve) => clock.timer(random.next() * delayMaxMs, resolve)).then(run)
  }
}
