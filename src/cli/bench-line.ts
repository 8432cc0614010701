/** A line of three stops on a journal of its own, to see what this machine makes of it. */
import { embedded } from '../bus/embedded/index.ts'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import type { StandardSchema } from '../schema/standard.ts'
import { stop } from '../stop/stop.ts'

interface Item {
  readonly id: number
  readonly account: string
  readonly text: string
}

/** What the line made. */
export interface LineResult {
  readonly events: number
  readonly delivered: number
  readonly eventsPerSecond: number
  /** From the call of `send` to the last stop, in milliseconds, under this load. */
  readonly p50Ms: number
  readonly p99Ms: number
}

const item: StandardSchema<Item> = {
  '~standard': {
    version: 1,
    vendor: 'metrobus',
    validate: (value) =>
      typeof value === 'object' && value !== null
        ? { value: value as Item }
        : { issues: [{ message: 'expected an object' }] },
  },
}

/** Events on their way at once; `send` waits for the disk, so one alone would measure only that. */
const window = 2000

/** Sends events through entry, two stops without and one with effects: three durable hops. */
export async function benchLine(dir: string, events: number, signal: AbortSignal): Promise<LineResult> {
  const sentAt = new Float64Array(events)
  const taken = new Float64Array(events)
  let delivered = 0
  const first = stop('first', { in: item, out: item, effects: 'none' }, (data) => ({ ...data, text: `${data.text}.` }))
  const second = stop('second', { in: item, out: item, effects: 'none' }, (data) => data)
  const last = stop('last', { in: item }, ({ id }) => {
    taken[id] = performance.now() - sentAt[id]!
    delivered++
  })
  const items = entry('items', {
    in: item,
    key: ({ account }) => account,
    route: line('bench').via(first).via(second).to(last),
  })
  await using running = await metrobus('bench', { entries: [items] }).start({ bus: embedded({ dir }), socket: false })
  const started = performance.now()
  const text = 'x'.repeat(400)
  for (let from = 0; from < events && !signal.aborted; from += window) {
    const count = Math.min(window, events - from)
    const sends = Array.from({ length: count }, (_, index) => {
      const id = from + index
      sentAt[id] = performance.now()
      return running.send('items', { id, account: `account-${id % 500}`, text })
    })
    await Promise.all(sends)
  }
  await running.caughtUp()
  const seconds = (performance.now() - started) / 1000
  const sorted = taken.subarray(0, delivered).sort()
  const at = (share: number): number => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 100) / 100
  return { events, delivered, eventsPerSecond: Math.round(delivered / seconds), p50Ms: at(0.5), p99Ms: at(0.99) }
}
