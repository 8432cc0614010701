/**
 * A ride put together from the records that it left: one in the input topic of each stop, and a small one where it ended, whose slip
 * tells attempts and durations.
 *
 * The rides that it caused are found by their names, which are functions of the parent's: `<id>~<n>` for the children of a split, whose number stands
 * in the record of the end, and `<id>!<n>` for what was emitted.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import { readSlip } from '../itinerary/slip.ts'
import type { Visit } from '../itinerary/slip.ts'
import type { HopAnswer, RideAnswer } from './answers.ts'
import { isoTime } from './record-answer.ts'
import type { Placed } from './tail.ts'
import { roleOf } from './topic-role.ts'
import type { TopicRole } from './topic-role.ts'

/** Rides in one answer; a split may have 10,000 children. */
const ridesMax = 200

type Station = Placed & { readonly role: TopicRole }

/** The ride of an event id: of the ride itself, or of one of its hops. Throws MB_NOT_FOUND. */
export async function traceOf(inspector: BusInspector, id: string): Promise<RideAnswer> {
  for (const ride of new Set([id, id.replace(/~\d+$/, '')])) {
    const answer = await rideOf(inspector, ride, { left: ridesMax })
    if (answer !== undefined) return answer
  }
  throw new MetrobusError('MB_NOT_FOUND', { kind: 'ride', name: id })
}

async function rideOf(
  inspector: BusInspector,
  ride: string,
  budget: { left: number },
): Promise<RideAnswer | undefined> {
  const found = await inspector.ride(ride)
  if (found.length === 0) return undefined
  budget.left--
  const stations = found.map((placed): Station => ({ ...placed, role: roleOf(placed.topic) }))
  const hops = hopsOf(stations)
  const { children, hidden } = await childrenOf(inspector, stations, budget)
  const first = found[0]!.record
  const times = found.map(({ record }) => record.appendedAt)
  const [from, to] = [Math.min(...times), Math.max(...times)]
  const isEnded =
    hops.every(({ outcome }) => outcome !== 'waiting' && outcome !== 'parked') &&
    children.every(({ state }) => state === 'ended')
  const line = found.map(({ record }) => readSlip(record.slip).line).find((name) => name !== '')
  return {
    ride,
    state: isEnded ? 'ended' : 'riding',
    line: line ?? null,
    key: first.key,
    correlationid: first.correlationId ?? null,
    causationid: first.causationId ?? null,
    entered: isoTime(first.time),
    ended: isEnded ? isoTime(to) : null,
    durationMs: to - from,
    hops,
    children,
    childrenHidden: hidden,
  }
}

/** Each app and each replay is a journey of its own. */
function hopsOf(stations: readonly Station[]): readonly HopAnswer[] {
  const journeys = Map.groupBy(stations, ({ role, record }) => `${role.app ?? ''}|${record.replay}`)
  return [...journeys.values()].flatMap(journeyOf)
}

function journeyOf(journey: readonly Station[]): readonly HopAnswer[] {
  const inOrder = journey.toSorted((a, b) => a.record.hop - b.record.hop)
  const arrivals = inOrder.filter(({ role }) => role.kind === 'input' || role.kind === 'declared')
  const ending = inOrder.findLast(({ role }) => role.kind === 'ended')
  const newest = ending ?? arrivals.at(-1) ?? inOrder.at(-1)!
  // A dead letter that was discarded ended twice; only the first end knows the last attempt.
  const slips = inOrder.map(({ record }) => readSlip(record.slip).behind)
  const visits = slips.reduce((most, behind) => (behind.length > most.length ? behind : most), []).slice()
  const hops: HopAnswer[] = []
  // From the end, because a slip keeps the last visits and retention takes the first records.
  for (const arrival of arrivals.toReversed()) {
    const visit = visits.at(-1)?.stop === arrival.role.stop ? visits.pop() : undefined
    const isLast = hops.length === 0
    hops.unshift(hopOf(arrival, visit, outcomeOf(inOrder, arrival, visit, isLast ? ending : undefined)))
  }
  const app = newest.role.app
  // A replay begins where the event was given up: what is behind it belongs to the journey before.
  if (newest.record.replay === 0) {
    const isLast = hops.length === 0
    hops.unshift(
      ...visits.map((visit, index) =>
        hopWithoutRecord(app, visit, isLast && index === visits.length - 1 ? ending : undefined),
      ),
    )
  }
  return hops
}

function outcomeOf(
  journey: readonly Station[],
  arrival: Station,
  visit: Visit | undefined,
  ending: Station | undefined,
): string {
  if (arrival.role.kind === 'declared') return 'published'
  if (ending !== undefined) return howEnded(ending)
  if (visit !== undefined) return 'forward'
  const beside = journey.filter(
    ({ role, record }) => role.stop === arrival.role.stop && record.hop === arrival.record.hop,
  )
  if (beside.some(({ role }) => role.kind === 'dead')) return 'dead'
  return beside.some(({ role }) => role.kind === 'parked') ? 'parked' : 'waiting'
}

function hopOf({ topic, partition, record, role }: Station, visit: Visit | undefined, outcome: string): HopAnswer {
  return {
    stop: role.stop ?? null,
    app: role.app ?? null,
    place: { topic, partition, offset: record.offset },
    arrived: isoTime(record.appendedAt),
    attempts: visit?.attempt ?? null,
    durationMs: visit?.durationMs ?? null,
    outcome,
    replay: record.replay,
  }
}

function hopWithoutRecord(
  app: string | undefined,
  { stop, attempt, durationMs }: Visit,
  ending: Station | undefined,
): HopAnswer {
  const outcome = ending === undefined ? 'forward' : howEnded(ending)
  return { stop, app: app ?? null, place: null, arrived: null, attempts: attempt, durationMs, outcome, replay: 0 }
}

const howEnded = ({ record }: Station): string => record.headers['ended'] ?? 'done'

async function childrenOf(
  inspector: BusInspector,
  stations: readonly Station[],
  budget: { left: number },
): Promise<{ readonly children: readonly RideAnswer[]; readonly hidden: number }> {
  const children: RideAnswer[] = []
  let hidden = 0
  const ids = new Set<string>()
  for (const { record, role } of stations) {
    if (role.kind !== 'ended') {
      ids.add(record.id)
      continue
    }
    const parent = record.hop <= 1 ? record.ride : `${record.ride}~${record.hop - 1}`
    ids.add(parent)
    const count = Number(/^split:(\d+)/.exec(record.headers['ended'] ?? '')?.[1] ?? 0)
    for (let index = 0; index < count; index++) {
      const child = budget.left > 0 ? await rideOf(inspector, `${parent}~${index}`, budget) : undefined
      if (child !== undefined) children.push(child)
      else if (budget.left <= 0) {
        hidden += count - index
        break
      }
    }
  }
  for (const id of ids) {
    for (let index = 0; budget.left > 0; index++) {
      const emitted = await rideOf(inspector, `${id}!${index}`, budget)
      if (emitted === undefined) break
      children.push(emitted)
    }
  }
  return { children, hidden }
}
