/**
 * Moves what a stop has settled of its topic: what a move would mean, and the unit that makes it. The events that a key has in the parking topic are not of the input any more, so
 * it is said what becomes of them; what is remembered of failures in the input is forgotten.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Acknowledgement, StateChange } from '../event/unit.ts'
import type { SeekPlan, SeekRequest } from './controls.ts'
import { decodeRow } from './key-state.ts'
import type { StopTopics } from './topics.ts'

/** What a member is to settle, whose positions may go anywhere. */
export interface SeekUnit {
  readonly acknowledgements: readonly Acknowledgement[]
  readonly changes: readonly StateChange[]
}

/** A plan and what carries it out. */
export interface PlannedSeek {
  readonly plan: SeekPlan
  readonly unit: SeekUnit
}

/** Looks, and changes nothing. Throws MB_NOT_FOUND for a topic or partition that is not there. */
export async function planSeek(
  inspector: BusInspector,
  group: string,
  topics: StopTopics,
  request: SeekRequest,
): Promise<PlannedSeek> {
  const { stop, partition: only, to, parked: policy } = request
  const known = await inspector.topics()
  const info = known.find(({ topic }) => topic === topics.input)
  if (info === undefined)
    throw new MetrobusError('MB_NOT_FOUND', {
      kind: 'topic',
      name: topics.input,
      known: known.map(({ topic }) => topic),
    })
  const chosen = info.partitions.filter(({ partition }) => only === undefined || partition === only)
  if (chosen.length === 0)
    throw new MetrobusError('MB_NOT_FOUND', { kind: 'partition', name: `${topics.input}/${only}` })
  const parkingEnds = known.find(({ topic }) => topic === topics.parking)?.partitions ?? []
  const positions = (await inspector.groups()).find((one) => one.group === group)?.positions ?? []
  const positionOf = (topic: string, partition: number): Acknowledgement =>
    positions.find((one) => one.topic === topic && one.partition === partition) ?? {
      topic,
      partition,
      watermark: 0,
      above: [],
    }
  const partitions: SeekPlan['partitions'][number][] = []
  const acknowledgements: Acknowledgement[] = []
  const changes: StateChange[] = []
  const parked = { keys: 0, events: 0 }
  for (const { partition, begin, end } of chosen) {
    const position = positionOf(topics.input, partition)
    const wanted =
      to === 'beginning'
        ? begin
        : to === 'end'
          ? end
          : 'offset' in to
            ? to.offset
            : await inspector.offsetAt(topics.input, partition, to.timeMs)
    const watermark = Math.min(Math.max(wanted, begin), end)
    partitions.push({ partition, from: position.watermark, to: watermark, ...effectOf(position, begin, watermark) })
    acknowledgements.push({ topic: topics.input, partition, watermark, above: [] })
    const store = `park/${topics.input}`
    for (const [key, text] of await inspector.rows(group, store, partition)) {
      const row = decodeRow(text)
      if (row.count > 0) {
        parked.keys++
        parked.events += row.count
        if (policy !== 'discard') continue
      }
      // A key that waits for an operator goes on waiting; nothing else is remembered.
      const value = row.isHeld
        ? JSON.stringify({ ...row, attempts: 0, firstFailure: 0, due: 0, count: 0, head: -1 })
        : null
      changes.push({ store, partition, key, value })
    }
    const parking = parkingEnds.find((one) => one.partition === partition)
    if (parking === undefined) continue
    acknowledgements.push(
      policy === 'discard'
        ? { topic: topics.parking, partition, watermark: parking.end, above: [] }
        : positionOf(topics.parking, partition),
    )
  }
  return { plan: { stop, topic: topics.input, partitions, parked }, unit: { acknowledgements, changes } }
}

/** Throws MB_SEEK_PARKED when events are parked and nobody has said what becomes of them. */
export function checkParked({ stop, parked }: SeekPlan, { parked: policy }: SeekRequest): void {
  if (parked.events > 0 && policy === undefined) throw new MetrobusError('MB_SEEK_PARKED', { stop, ...parked })
}

/** How many settled events come again, and how many that are not settled are passed by. */
function effectOf(
  { watermark, above }: Acknowledgement,
  begin: number,
  to: number,
): { readonly again: number; readonly skipped: number } {
  let again = Math.max(0, watermark - Math.max(to, begin))
  let skipped = Math.max(0, to - Math.max(watermark, begin))
  for (let index = 0; index < above.length; index += 2) {
    const [low, high] = [above[index]!, above[index + 1]!]
    again += Math.max(0, high - Math.max(low, to))
    skipped -= Math.max(0, Math.min(high, to) - low)
  }
  return { again, skipped }
}
