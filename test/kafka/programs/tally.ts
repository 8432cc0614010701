/**
 * An app that notices whether an event is lost, doubled or out of order: it counts each key's events in a store, and the events of a key are numbered from 1. Run as a
 * program it is an instance that rides along until it is ended: `node tally.ts <prefix> <broker>...`.
 */
import { z } from 'zod'
import type { Bus } from '../../../src/bus/bus.ts'
import { kafka } from '../../../src/bus/kafka/index.ts'
import { entry, line, metrobus, stop, store } from '../../../src/index.ts'

export const Ticket = z.object({ key: z.string(), number: z.int() })
const Count = z.object({ count: z.int(), last: z.int(), broken: z.int() })

export const counts = store('counts', Count)

/** `wait` lets so many milliseconds pass. */
export const tallyOf = (wait: (ms: number) => Promise<void>) => {
  const check = stop('check', { in: Ticket, out: Ticket, effects: 'none' }, (ticket) => ticket)
  // Answers later, so that events of several keys are on their way when a process dies.
  const dwell = stop('dwell', { in: Ticket, out: Ticket, effects: 'none' }, async (ticket) => {
    await wait(ticket.number % 5)
    return ticket
  })
  const count = stop('count', { in: Ticket, stores: { counts }, effects: 'none' }, ({ key, number }, { stores }) => {
    const before = stores.counts.get(key) ?? { count: 0, last: 0, broken: 0 }
    const broken = before.broken + (number === before.last + 1 ? 0 : 1)
    stores.counts.put(key, { count: before.count + 1, last: number, broken })
  })
  const route = line('tally').via(check).via(dwell).to(count)
  return metrobus('tally', { entries: [entry('tickets', { in: Ticket, key: ({ key }) => key, route })] })
}

export const tally = () => tallyOf((ms) => new Promise((resolve) => setTimeout(resolve, ms)))

export const busOf = (brokers: readonly string[], prefix: string): Bus => kafka({ brokers, prefix, partitions: 6 })

if (import.meta.main) {
  const [prefix = '', ...brokers] = process.argv.slice(2)
  const running = await tally().start({ bus: busOf(brokers, prefix) })
  process.send?.('begun')
  process.once('disconnect', () => void running.stop().then(() => process.exit(0)))
}
