/**
 * The event that kills the process. After an unclean stop, the events that may have been in flight are listed in one durable record. Only events
 * listed by two unclean stops in a row run alone, each preceded by a record of the try; one is a dead letter after as many deaths
 * alone as `killsMax` says. A death with several in flight convicts none.
 */
import { MetrobusError } from '../errors/index.ts'
import type { BusInspector } from '../bus/bus.ts'
import type { Record } from '../event/record.ts'
import { Attempt } from './attempt.ts'
import type { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import { KeyState, stateKey } from './key-state.ts'
import type { Lane } from './lane.ts'
import { settleRows } from './settle.ts'

/** The state table, and its rows, that say how the app ended last. */
const store = 'runtime'

/** Events that are listed at most. */
const listedMax = 1_024

/** `<topic>/<partition>/<offset>`. */
type Place = string

interface Suspect {
  readonly place: Place
  readonly lane: Lane
  readonly feed: Feed
  readonly record: Record
}

/** Runs what may have killed the process before, one by one, before anything else runs. Lanes are loaded and not open yet. */
export async function isolate(engine: Engine, inspector: BusInspector, killsMax: number): Promise<void> {
  const rows = await engine.member.load(store, 0)
  const wasUnclean = rows.get('state') === 'open'
  const listed = wasUnclean ? await inFlight(engine, inspector) : new Map<Place, { readonly lane: Lane; readonly feed: Feed }>()
  const before = new Set(wasUnclean ? (JSON.parse(rows.get('suspects') ?? '[]') as Place[]) : [])
  await write(engine, { state: 'open', suspects: wasUnclean ? JSON.stringify([...listed.keys()]) : null })
  if (before.size === 0) return
  const alone = JSON.parse(rows.get('alone') ?? 'null') as { readonly place: Place; readonly tries: number } | null
  for (const [place, { lane, feed }] of listed) {
    if (!before.has(place)) continue
    const offset = Number(place.slice(place.lastIndexOf('/') + 1))
    const [record] = await inspector.read(feed.topic, feed.partition, offset, 1)
    if (record?.offset !== offset) continue
    await runAlone(engine, { place, lane, feed, record }, alone?.place === place ? alone.tries : 0, killsMax)
  }
  await write(engine, { alone: null })
}

/** Says that the app ends with nothing in flight. */
export async function markClean(engine: Engine): Promise<void> {
  await write(engine, { state: 'clean', suspects: null, alone: null })
}

async function runAlone(engine: Engine, { place, lane, feed, record }: Suspect, tries: number, killsMax: number): Promise<void> {
  const waiting = lane.keys.get(stateKey(record))
  // A key that waits for its retry is not what ran when the process died.
  if (waiting !== undefined && waiting.dueAt > 0) return
  const state = waiting ?? new KeyState(stateKey(record))
  lane.keys.set(state.key, state)
  feed.isTracked = true
  feed.held.add(record.offset)
  if (tries >= killsMax) {
    engine.log.error({ stop: lane.stop.name, event: record.id, deaths: tries }, 'an event that killed the process is given up')
    const attempt = new Attempt(lane, feed, record, state, (state.row?.attempts ?? 0) + 1, engine.clock.monotonic())
    lane.parking.fail(attempt, new MetrobusError('MB_KILLED_PROCESS', { stop: lane.stop.name, id: record.id, deaths: tries }))
  } else {
    await write(engine, { alone: JSON.stringify({ place, tries: tries + 1 }) })
    engine.log.warn({ stop: lane.stop.name, event: record.id, try: tries + 1 }, 'running alone')
    lane.now = engine.clock.monotonic()
    lane.start(feed, record, state)
    lane.batch?.run()
  }
  await engine.quiet(lane)
}

/** What may have run when the process died: the oldest unsettled events of each lane, as many as can run at once. */
async function inFlight(engine: Engine, inspector: BusInspector): Promise<Map<Place, { readonly lane: Lane; readonly feed: Feed }>> {
  const ends = new Map<string, number>()
  for (const { topic, partitions } of await inspector.topics()) for (const { partition, end } of partitions) ends.set(`${topic}/${partition}`, end)
  const lanes = [...engine.lanes()]
  const share = Math.max(1, Math.floor(listedMax / Math.max(1, lanes.length)))
  const listed = new Map<Place, { readonly lane: Lane; readonly feed: Feed }>()
  for (const lane of lanes) {
    for (const feed of [lane.parked, lane.input]) {
      const end = ends.get(`${feed.topic}/${feed.partition}`) ?? 0
      let left = Math.min(share, lane.stop.definition.concurrency)
      for (let offset = feed.acks.watermark; offset < end && left > 0; offset++) {
        if (feed.acks.has(offset)) continue
        listed.set(`${feed.topic}/${feed.partition}/${offset}`, { lane, feed })
        left--
      }
    }
  }
  return listed
}

async function write(engine: Engine, rows: { readonly [key: string]: string | null }): Promise<void> {
  const changes = Object.entries(rows).map(([key, value]) => ({ store, partition: 0, key, value }))
  await settleRows(engine.member, engine.clock, changes)
}
