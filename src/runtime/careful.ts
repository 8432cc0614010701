/**
 * How a partition begins after an unclean end of its owner: in rounds, without running ahead of the disk. Each round lets its lane go a little further, and how far is
 * durable before it goes, so that whatever kills the process now was in reach (`isolation.ts`). For some seconds only: what kills later has let the
 * app make progress. Lanes of other partitions go on as ever.
 *
 * Invariants:
 * - F1 No lane takes a record at or beyond its feed's limit.
 * - F2 A limit is written before it is raised.
 * - F3 Under a limit only durable records are taken: what is in reach is there after the death.
 */
import type { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import type { Lane } from './lane.ts'
import { type Tenure, tenuresOf, writeDown } from './tenure.ts'

/** Events of careful lanes that may be in flight at once, in the whole process. */
const inFlightMax = 1_024

/** A round is looked after at least so often. */
const roundMs = 100

/** As long as this a lane is careful. */
const carefulMs = 5_000

/** Limits the feeds of a lane to what the owner before had reached. To be called before the lane opens. */
export function limitFeeds(tenure: Tenure): void {
  tenure.isCareful = true
  const { lane, reach } = tenure
  if (lane === undefined) return
  lane.parked.limit = Math.max(lane.parked.next, reach?.parked ?? 0)
  lane.input.limit = Math.max(lane.input.next, reach?.input ?? 0)
}

/** Lets the lanes go on, round by round, and then freely. */
export async function goOnCarefully(engine: Engine, tenures: readonly Tenure[]): Promise<void> {
  const until = engine.clock.monotonic() + carefulMs
  const tracked = lanesOf(tenures).filter(({ input }) => input.isTracked)
  while (!engine.isDraining && engine.failure === undefined && engine.clock.monotonic() < until) {
    if (tenures.every(({ isOver }) => isOver)) break
    const share = Math.max(1, Math.floor(inFlightMax / (2 * carefulCount(engine))))
    await raiseLimits(engine, tenures, share)
    await roundEnd(engine, tenures, share)
  }
  for (const tenure of tenures) tenure.isCareful = false
  for (const { parked, input } of lanesOf(tenures)) for (const feed of [parked, input]) raise(engine, feed, Infinity)
  // What ran alone has been passed by: the bus will not answer it again.
  for (const { input, tenure } of tracked)
    if (input.left(tenure.before?.reach?.input ?? 0, 1) === 0) input.isTracked = false
}

async function raiseLimits(engine: Engine, tenures: readonly Tenure[], share: number): Promise<void> {
  const limits = new Map<Feed, number>()
  for (const { parked, input, running, tenure } of lanesOf(tenures)) {
    for (const feed of [parked, input]) limits.set(feed, Math.max(feed.limit, feed.behindNext(share - running.size)))
    tenure.reach = {
      input: Math.max(limits.get(input)!, tenure.reach?.input ?? 0),
      parked: Math.max(limits.get(parked)!, tenure.reach?.parked ?? 0),
    }
  }
  // What was handed to the bus before is durable once this is: it is in flight no more.
  await writeDown(engine, tenures)
  for (const [feed, limit] of limits) if (limit > feed.limit) raise(engine, feed, limit)
}

function lanesOf(tenures: readonly Tenure[]): Lane[] {
  return tenures.flatMap(({ lane }) => lane ?? [])
}

/** How many lanes of the process are careful; it may own partitions of several owners that died. */
function carefulCount(engine: Engine): number {
  let count = 0
  for (const { isCareful } of tenuresOf(engine)) if (isCareful) count++
  return count
}

function raise(engine: Engine, feed: Feed, limit: number): void {
  feed.limit = limit
  feed.isReady = true
  if (feed.lane !== undefined) engine.wake(feed.lane)
}

/** Resolves when a lane has come to its limit and can take more, or after a while. */
async function roundEnd(engine: Engine, tenures: readonly Tenure[], share: number): Promise<void> {
  const waits = ({ parked, input, running }: Lane): boolean =>
    running.size * 2 <= share && (isUsedUp(parked) || isUsedUp(input))
  await new Promise<void>((resolve) => {
    const timer = engine.clock.timer(roundMs, resolve, { background: true })
    void engine
      .until(() => lanesOf(tenures).some(waits))
      .then(() => {
        timer.cancel()
        resolve()
      })
  })
}

function isUsedUp(feed: Feed): boolean {
  return feed.left(feed.limit, 1) === 0
}
