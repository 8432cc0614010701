/**
 * How an app begins after an unclean stop: in rounds, without running ahead of the disk. Each round lets the lanes go a little further, and how far is durable
 * before they go, so that whatever kills the process now was in reach (`isolation.ts`). For some seconds only: what kills later has let the app
 * make progress.
 *
 * Invariants:
 * - F1 No lane takes a record at or beyond its feed's limit.
 * - F2 A limit is written before it is raised.
 * - F3 Under a limit only durable records are taken: what is in reach is there after the death.
 */
import type { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import { nameOf, type Reach, writeReach } from './isolation.ts'
import type { Lane } from './lane.ts'

/** Events that may be in flight at once, in the whole process. */
const inFlightMax = 1_024

/** A round is looked after at least so often. */
const roundMs = 100

/** As long as this the app is careful. */
const carefulMs = 5_000

/** Limits every feed to what the run before had reached. To be called before the lanes open. */
export function limitFeeds(engine: Engine, reach: Reach): void {
  engine.isCareful = true
  for (const feed of feedsOf(engine)) feed.limit = Math.max(feed.next, reach[nameOf(feed)] ?? 0)
}

/** Lets the lanes go on, round by round, and then freely. */
export async function goOnCarefully(engine: Engine, before: Reach): Promise<void> {
  const until = engine.clock.monotonic() + carefulMs
  const tracked = [...feedsOf(engine)].filter((feed) => feed.isTracked && !feed.isParking)
  while (!engine.isDraining && engine.failure === undefined && engine.clock.monotonic() < until) {
    const feeds = [...feedsOf(engine)]
    const share = Math.max(1, Math.floor(inFlightMax / feeds.length))
    await raiseLimits(engine, feeds, share)
    await roundEnd(engine, share)
  }
  engine.isCareful = false
  for (const feed of feedsOf(engine)) raise(engine, feed, Infinity)
  // What ran alone has been passed by: the bus will not answer it again.
  for (const feed of tracked) if (feed.left(before[nameOf(feed)] ?? 0, 1) === 0) feed.isTracked = false
}

async function raiseLimits(engine: Engine, feeds: readonly Feed[], share: number): Promise<void> {
  const limits = new Map<Feed, number>()
  for (const feed of feeds) {
    const limit = feed.behindNext(share - feed.lane!.running.size)
    if (limit > feed.limit) limits.set(feed, limit)
  }
  if (limits.size === 0) return
  // What was handed to the bus before is durable once this is: it is in flight no more.
  await writeReach(engine, Object.fromEntries(feeds.map((feed) => [nameOf(feed), limits.get(feed) ?? feed.limit])))
  for (const [feed, limit] of limits) raise(engine, feed, limit)
}

function* feedsOf(engine: Engine): Generator<Feed> {
  for (const lane of engine.lanes()) {
    yield lane.parked
    yield lane.input
  }
}

function raise(engine: Engine, feed: Feed, limit: number): void {
  feed.limit = limit
  feed.isReady = true
  if (feed.lane !== undefined) engine.wake(feed.lane)
}

/** Resolves when a lane has come to its limit and can take more, or after a while. */
async function roundEnd(engine: Engine, share: number): Promise<void> {
  const waits = ({ parked, input, running }: Lane): boolean =>
    running.size * 2 <= share && (isUsedUp(parked) || isUsedUp(input))
  await new Promise<void>((resolve) => {
    const timer = engine.clock.timer(roundMs, resolve, { background: true })
    void engine
      .until(() => [...engine.lanes()].some(waits))
      .then(() => {
        timer.cancel()
        resolve()
      })
  })
}

function isUsedUp(feed: Feed): boolean {
  return feed.left(feed.limit, 1) === 0
}
