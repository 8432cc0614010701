/**
 * Reports what blocks the event loop: on standard error while it does, and in the error log when it is over. A deadline cannot interrupt a
 * synchronous handler; this at least names it.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Block, LoopPlace } from '../internal/platform/watchdog.ts'
import { currentScope } from '../internal/scope.ts'
import { Attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import { Lane } from './lane.ts'

/** The thread is started so long after the app: it must not hold up the first events. */
const startAfterMs = 100

/** Watches the loop for an app. Answers how to end it. */
export function startWatchdog(engine: Engine, blockedAfterMs: number): () => Promise<void> {
  let end: (() => Promise<void>) | undefined
  let isClosed = false
  const failed = (error: unknown): void =>
    engine.log.warn({ error: String(error) }, 'nobody watches for a blocked event loop')
  const begin = async (): Promise<void> => {
    const { watchLoop } = await import('../internal/platform/watchdog.ts')
    if (isClosed) return
    end = watchLoop({
      blockedAfterMs,
      place: () => placeIn(engine),
      ended: (block) => ended(engine, block),
      failed,
    })
  }
  // Without file descriptors, for example, it cannot even be loaded; that is no reason to end.
  const timer = engine.clock.timer(startAfterMs, () => void begin().catch(failed), { background: true })
  return async () => {
    isClosed = true
    timer.cancel()
    await end?.()
  }
}

/** The stop and event of this app that the running code belongs to. */
function placeIn(engine: Engine): LoopPlace | undefined {
  const scope = currentScope()
  const lane = scope instanceof Attempt ? scope.lane : scope
  if (!(lane instanceof Lane) || lane.engine !== engine) return undefined
  const attempt = scope instanceof Attempt ? scope : lane.present
  return { stop: lane.stop.name, event: attempt?.record.id }
}

function ended(engine: Engine, { stop, event, stack, blockedMs }: Block): boolean {
  if (stop !== undefined && !engine.stops.has(stop) && !engine.readers.some((reader) => reader.name === stop))
    return false
  const place = stack.find((frame) => !frame.includes('node:internal'))
  engine.report({
    ...(stop === undefined ? {} : { stop }),
    ...(event === undefined ? {} : { id: event }),
    ...(place === undefined ? {} : { place }),
    error: new MetrobusError('MB_LOOP_BLOCKED', { blockedMs, stop }),
  })
  return true
}
