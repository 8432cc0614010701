/** Waiting for an app without sleeping. */
import { MetrobusError } from '../../errors/index.ts'
import type { Duration } from '../../internal/duration.ts'
import { toMs } from '../../internal/duration.ts'
import { nodeClock } from '../../internal/platform/node.ts'
import type { RunningApp } from '../../runtime/running.ts'
import type { VirtualClock } from '../virtual-clock.ts'

/** How long may be waited, and on which clock. */
export interface CaughtUpOptions {
  /** The clock that the app was started with, to be moved on from timer to timer. Default: real time passes. */
  readonly clock?: VirtualClock
  /** Longest wait on that clock, in milliseconds or `{ seconds }`. Default: 10,000 of real time, 30 days of virtual time. */
  readonly within?: Duration
}

type CatchingUp = Pick<RunningApp, 'name' | 'caughtUp' | 'stats'>

const day = 24 * 3_600_000

/**
 * Resolves when everything that was sent has ended or is a dead letter: nothing waits, runs, or waits for a retry. Rejects with MB_NOT_CAUGHT_UP, which says where
 * events still are; on virtual time also when events are tried again and again without an end, after 100,000 timers.
 */
export async function caughtUp(app: CatchingUp, options: CaughtUpOptions = {}): Promise<void> {
  const { clock, within = 10_000 } = options
  if (clock !== undefined) return caughtUpOr(() => false, app, { ...options, clock })
  const withinMs = toMs(within)
  const done = app.caughtUp()
  if (!(await isInTime(done, withinMs))) throw notCaughtUp(app, withinMs)
  await done
}

/** The same on virtual time, or until it is `enough`. */
export async function caughtUpOr(
  isEnough: () => boolean,
  app: CatchingUp,
  { clock, within = 30 * day }: CaughtUpOptions & { readonly clock: VirtualClock },
): Promise<void> {
  const begun = clock.monotonic()
  const done = app.caughtUp()
  let isDone = false
  const end = (): void => void (isDone = true)
  done.then(end, end)
  const isAtRest = (): boolean => isDone || isEnough()
  if (!(await moveUntil(isAtRest, clock, toMs(within), () => JSON.stringify(app.stats()))))
    throw notCaughtUp(app, clock.monotonic() - begun)
  if (isDone) await done
}

function notCaughtUp(app: CatchingUp, afterMs: number): MetrobusError {
  return new MetrobusError('MB_NOT_CAUGHT_UP', { app: app.name, afterMs, waiting: waitingIn(app) })
}

function isInTime(done: Promise<void>, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = nodeClock.timer(withinMs, () => resolve(false))
    const end = (): void => {
      timer.cancel()
      resolve(true)
    }
    done.then(end, end)
  })
}

/** So many timers come without anything being done only where a handler never ends, and its deadline is looked after again and again. */
const idleStepsMax = 10_000
/** So many come only where something is tried for ever: a stop that asks each second would do so for 30 days. */
const stepsMax = 100_000

/** Moves the clock from timer to timer until `isDone`; false when it is not in time, when no timer is left, when `activity` does not change any more, or when it seems to go on for ever. */
export async function moveUntil(
  isDone: () => boolean,
  clock: VirtualClock,
  withinMs: number,
  activity: () => unknown,
): Promise<boolean> {
  const until = clock.monotonic() + withinMs
  let before = activity()
  for (let step = 1; ; step++) {
    await clock.settle()
    if (isDone()) return true
    const next = clock.untilNext
    if (next === undefined || clock.monotonic() + next > until || step > stepsMax) return false
    if (step % idleStepsMax === 0) {
      const now = activity()
      if (now === before) return false
      before = now
    }
    await clock.advance(next)
  }
}

/** The same until the promise settles. */
export function isReached(
  done: Promise<unknown>,
  clock: VirtualClock,
  withinMs: number,
  activity: () => unknown,
): Promise<boolean> {
  let isDone = false
  const end = (): void => void (isDone = true)
  done.then(end, end)
  return moveUntil(() => isDone, clock, withinMs, activity)
}

/** Resolves when several apps that feed each other are all through: each is, and none has done anything while the others came to their end. */
export async function allCaughtUp(apps: readonly Pick<RunningApp, 'caughtUp' | 'stats'>[]): Promise<void> {
  const activity = (): string => JSON.stringify(apps.map((app) => app.stats()))
  for (let before = '', now = activity(); before !== now; now = activity()) {
    before = now
    await Promise.all(apps.map((app) => app.caughtUp()))
  }
}

/** Where events still are, in words. */
export function waitingIn(app: Pick<RunningApp, 'stats'>): string[] {
  const of = (count: number, what: string): string[] => (count === 0 ? [] : [`${count} ${what}`])
  return app.stats().stops.flatMap(({ stop, parkedKeys, inFlight }) => {
    const keys = parkedKeys === 1 ? 'key' : 'keys'
    const facts = [...of(inFlight, 'running'), ...of(parkedKeys, `${keys} waiting for a retry`)]
    return facts.length === 0 ? [] : [`the stop "${stop}" has ${facts.join(' and ')}`]
  })
}
