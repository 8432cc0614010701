/**
 * The event that kills the process. After an unclean end of its owner, whether this process or another one, a partition begins carefully: how far its lane may
 * go is written down before it goes there (`careful.ts`), so that after the next death it is known what may have been in flight. Only events that were in reach
 * of two owners that died one after the other run alone, each preceded by a durable row of the try; one is a dead letter after as many deaths alone as `killsMax`
 * says. A death with several in flight convicts none.
 *
 * Invariants:
 * - K1 While an event runs alone, no other handler of the app runs in the process, and the row that names it is durable.
 * - K2 An event runs alone only when no earlier event of its key is unsettled (I3).
 * - K3 An event that waits for its retry was not what ran, so it does not run alone before it is due.
 * - K4 Of the apps of a process one at a time lets events run alone: a death would count against the event of each.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import type { Platform } from '../internal/platform/platform.ts'
import { runInScope } from '../internal/scope.ts'
import { Attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import { KeyState, stateKey } from './key-state.ts'
import type { Lane } from './lane.ts'
import { type Tenure, writeDown } from './tenure.ts'

const readMax = 256

/** Looked for again after so long, when a unit was refused meanwhile. */
const againMs = 10

export interface Isolation {
  readonly engine: Engine
  readonly inspector: BusInspector
  readonly killsMax: number
  /** Of the process. */
  readonly platform: Platform
}

/** Runs what may have killed two owners, one by one, while nothing else runs. The lanes are loaded and not open yet. */
export async function runSuspects(isolation: Isolation, tenures: readonly Tenure[]): Promise<void> {
  const suspected = new Set(tenures.filter(({ before }) => before?.reach !== undefined))
  if (suspected.size > 0) await inTurn(isolation, () => runEach(isolation, tenures, suspected))
}

/** When the last app of each process that lets events run alone is through with them. */
const turns = new WeakMap<Platform, Promise<void>>()

/** Lets an app run events alone when those that came before it are through with theirs. One that stops or fails holds up nobody. */
async function inTurn({ engine, platform }: Isolation, run: () => Promise<void>): Promise<void> {
  let isOver = false
  const turn = (turns.get(platform) ?? Promise.resolve()).then(run).finally(() => (isOver = true))
  const ended = (): boolean => isOver || engine.isDraining
  turns.set(
    platform,
    Promise.race([turn, engine.until(ended)]).catch(() => {}),
  )
  await turn
}

async function runEach(isolation: Isolation, tenures: readonly Tenure[], suspected: Set<Tenure>): Promise<void> {
  const { engine } = isolation
  await quieten(engine)
  for (;;) {
    for (const tenure of suspected) {
      const { lane } = tenure
      if (lane?.isLoaded === true) await runSuspectsOf(isolation, lane, tenures)
      if (engine.isDraining || engine.failure !== undefined) return
      // A lane whose unit was refused is made anew, and what it had is still to be settled.
      if (tenure.isOver || tenure.stop.isPaused || (lane?.isLoaded === true && !lane.isClosed)) suspected.delete(tenure)
    }
    await writeDown(engine, tenures)
    if (suspected.size === 0) break
    await new Promise<void>((resolve) => engine.clock.timer(againMs, resolve))
  }
  engine.isQuiet = false
  for (const lane of engine.lanes()) engine.wake(lane)
}

/** Lets what runs in other lanes come to its end, and nothing begin. What waits for a limit is let through by and by. */
async function quieten(engine: Engine): Promise<void> {
  engine.isQuiet = true
  for (const lane of engine.lanes()) lane.batch?.run()
  await engine.until(() => {
    for (const lane of engine.lanes()) if (lane.running.size > 0) return false
    return true
  })
}

async function runSuspectsOf(isolation: Isolation, lane: Lane, tenures: readonly Tenure[]): Promise<void> {
  const { engine, inspector, killsMax } = isolation
  const { tenure } = lane
  const { reach, alone } = tenure.before!
  // Keys of which an event was passed by: it may be due by the time a later one is looked at, and still comes first.
  const passed = new Set<string>()
  for (const feed of [lane.parked, lane.input])
    for await (const record of unsettled(feed, inspector, feed.isParking ? reach!.parked : reach!.input)) {
      if (engine.isDraining || engine.failure !== undefined || lane.isClosed || lane.stop.isPaused) return
      const key = stateKey(record)
      if (passed.has(key) || !mayRunAlone(lane, feed, record)) {
        passed.add(key)
        continue
      }
      const isSame = alone?.isParked === feed.isParking && alone.offset === record.offset
      const tries = isSame ? alone.tries : 0
      if (tries < killsMax) {
        tenure.alone = { isParked: feed.isParking, offset: record.offset, tries: tries + 1 }
        await writeDown(engine, tenures)
        if (engine.isDraining || engine.failure !== undefined || lane.isClosed) return
        runAlone(lane, feed, record, tries + 1)
      } else convict(lane, feed, record, tries)
      await engine.until(() => lane.running.size === 0)
      tenure.alone = undefined
    }
  tenure.alone = undefined
}

/** What the owner before may have left in flight, in order. */
async function* unsettled(feed: Feed, inspector: BusInspector, end: number): AsyncGenerator<Record> {
  for (let offset = feed.acks.watermark; offset < end;) {
    const records = await inspector.read(feed.topic, feed.partition, offset, Math.min(readMax, end - offset))
    if (records.length === 0) return
    for (const record of records) if (record.offset < end && !feed.acks.has(record.offset)) yield record
    offset = records.at(-1)!.offset + 1
  }
}

/** True for the oldest event of its key, when it does not wait (K2, K3). */
function mayRunAlone(lane: Lane, feed: Feed, record: Record): boolean {
  const state = lane.keys.get(stateKey(record))
  if (state === undefined) return true
  const { row } = state
  const isBehindParked =
    row !== undefined && row.count > 0 && (feed.isParking ? row.head >= 0 : row.head !== record.offset)
  return (
    state.running === undefined &&
    state.queue.length === 0 &&
    state.dropped < 0 &&
    state.dueAt <= lane.engine.clock.monotonic() &&
    !isBehindParked
  )
}

function runAlone(lane: Lane, feed: Feed, record: Record, tries: number): void {
  const { engine } = lane
  engine.log.warn({ stop: lane.stop.name, event: record.id, try: tries }, `running alone, try ${tries}`)
  lane.now = engine.clock.monotonic()
  runInScope(lane, () => lane.start(feed, record, take(lane, feed, record)))
  lane.batch?.run()
  engine.schedule()
}

function convict(lane: Lane, feed: Feed, record: Record, deaths: number): void {
  const { engine, stop } = lane
  const state = take(lane, feed, record)
  const attempt = new Attempt(lane, feed, record, state, (state.row?.attempts ?? 0) + deaths, engine.clock.monotonic())
  attempt.isOver = true
  lane.parking.fail(attempt, new MetrobusError('MB_KILLED_PROCESS', { stop: stop.name, id: record.id, deaths }))
  engine.schedule()
}

/** Holds an event and its key, so that the lane does not take it again from the bus. */
function take(lane: Lane, feed: Feed, record: Record): KeyState {
  const name = stateKey(record)
  const state = lane.keys.get(name) ?? new KeyState(name)
  lane.keys.set(name, state)
  state.dueAt = 0
  feed.isTracked = true
  feed.held.add(record.offset)
  return state
}
