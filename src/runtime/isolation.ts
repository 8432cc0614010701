/**
 * The event that kills the process. After an unclean stop the app begins carefully: how far each lane may go is written down before it goes there
 * (`careful.ts`), so that after the next death it is known what may have been in flight. Only events that were in reach of two unclean runs in a row
 * run alone, each preceded by a durable row of the try; one is a dead letter after as many deaths alone as `killsMax` says. A death with
 * several in flight convicts none.
 *
 * Invariants:
 * - K1 While an event runs alone, nothing else runs, and the row that names it is durable.
 * - K2 An event runs alone only when no earlier event of its key is unsettled (I3).
 * - K3 An event that waits for its retry was not what ran, so it does not run alone before it is due.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import { runInScope } from '../internal/scope.ts'
import { Attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import { KeyState, stateKey } from './key-state.ts'
import type { Lane } from './lane.ts'
import { settleRows } from './settle.ts'

/** The state table that says how the app ended last. */
const store = 'runtime'

const readMax = 256

/** How far the lanes of a run might go, by `<topic>/<partition>`: events below that offset may have been in flight when it died. */
export type Reach = Readonly<{ [feed: string]: number }>

/** The event that runs alone now, and for which time. */
interface Alone {
  readonly place: string
  readonly tries: number
}

/** How the run before ended. */
export interface Before {
  readonly wasUnclean: boolean
  readonly reach: Reach
  readonly alone: Alone | undefined
}

/** Says that the app runs, and answers how it ended before. */
export async function markOpen(engine: Engine): Promise<Before> {
  const rows = await engine.member.load(store, 0)
  const wasUnclean = rows.get('state') === 'open'
  const reach = rows.get('reach')
  const alone = rows.get('alone')
  if (!wasUnclean) await writeRows(engine, { state: 'open', reach: null, alone: null })
  return {
    wasUnclean,
    reach: wasUnclean && reach !== undefined ? (JSON.parse(reach) as Reach) : {},
    alone: wasUnclean && alone !== undefined ? (JSON.parse(alone) as Alone) : undefined,
  }
}

/** Says that the app ends with nothing in flight. */
export async function markClean(engine: Engine): Promise<void> {
  await writeRows(engine, { state: 'clean', reach: null, alone: null })
}

/** Writes down how far the lanes may go from now on. */
export async function writeReach(engine: Engine, reach: Reach): Promise<void> {
  await writeRows(engine, { reach: JSON.stringify(reach) })
}

/** Looked for again after so long, when a unit was refused meanwhile. */
const againMs = 10

/** Runs what may have killed the process twice, one by one, before anything else runs. Lanes are loaded and not open yet. */
export async function runSuspects(
  engine: Engine,
  inspector: BusInspector,
  before: Before,
  killsMax: number,
): Promise<void> {
  for (;;) {
    const lanes = [...engine.lanes()].filter((lane) => lane.isLoaded)
    for (const lane of lanes) await runSuspectsOf(lane, inspector, before, killsMax)
    if (engine.isDraining || engine.failure !== undefined) return
    // A lane whose unit was refused is made anew, and what it had is still to be settled.
    if (lanes.every((lane) => !lane.isClosed)) break
    await new Promise<void>((resolve) => engine.clock.timer(againMs, resolve))
  }
  if (before.alone !== undefined) await writeRows(engine, { alone: null })
}

async function runSuspectsOf(lane: Lane, inspector: BusInspector, before: Before, killsMax: number): Promise<void> {
  const { engine } = lane
  // Keys of which an event was passed by: it may be due by the time a later one is looked at, and still comes first.
  const passed = new Set<string>()
  for (const feed of [lane.parked, lane.input])
    for await (const record of unsettled(feed, inspector, before.reach)) {
      if (engine.isDraining || engine.failure !== undefined || lane.isClosed) return
      const key = stateKey(record)
      if (passed.has(key) || !mayRunAlone(lane, feed, record)) {
        passed.add(key)
        continue
      }
      const place = placeOf(feed, record)
      const tries = before.alone?.place === place ? before.alone.tries : 0
      if (tries < killsMax) await runAlone(engine, lane, feed, record, tries + 1)
      else convict(lane, feed, record, tries)
      await engine.until(() => lane.running.size === 0 && engine.outbox.isIdle)
    }
}

/** What the run before may have left in flight in a partition, in order. */
async function* unsettled(feed: Feed, inspector: BusInspector, reach: Reach): AsyncGenerator<Record> {
  const end = reach[nameOf(feed)] ?? 0
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

async function runAlone(engine: Engine, lane: Lane, feed: Feed, record: Record, tries: number): Promise<void> {
  await writeRows(engine, { alone: JSON.stringify({ place: placeOf(feed, record), tries } satisfies Alone) })
  if (engine.isDraining || engine.failure !== undefined || lane.isClosed) return
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

async function writeRows(engine: Engine, rows: { readonly [key: string]: string | null }): Promise<void> {
  const changes = Object.entries(rows).map(([key, value]) => ({ store, partition: 0, key, value }))
  await settleRows(engine.member, engine.clock, changes)
}

/** The name of a feed in a reach. */
export function nameOf(feed: Feed): string {
  return `${feed.topic}/${feed.partition}`
}

function placeOf(feed: Feed, record: Record): string {
  return `${nameOf(feed)}/${record.offset}`
}
