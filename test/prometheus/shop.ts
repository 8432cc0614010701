/** The app that the real Prometheus watches: what is called `bad` is given up, the rest is counted. */
import { z } from 'zod'
import { deadLetter, entry, line, metrobus, stop } from '../../src/index.ts'
import type { App } from '../../src/index.ts'
import { counter, histogram, summary } from '../../src/telemetry/index.ts'

const Order = z.object({ name: z.string() })

const calls = counter('function_calls_total', { help: 'Calls of the function.' })
const lengths = histogram('name_length_bytes', { help: 'Length of names.', unit: 'By', bounds: [1, 10, 100] })
const waits = summary('look_seconds', { help: 'Time of a look.', unit: 's' })

export function shop(name: string): App {
  const check = stop(
    'check',
    { in: Order, out: Order, policy: { deadline: 2_000, attempts: 3 }, metrics: [calls, lengths, waits] },
    (order, { measure }) => {
      measure(calls, 1)
      measure(lengths, order.name.length)
      measure(waits, 0.01)
      return order.name === 'bad' ? deadLetter('bad-name') : order
    },
  )
  const keep = stop('keep', { in: Order }, () => {})
  return metrobus(name, {
    entries: [entry('orders', { in: Order, route: line('orders').via(check).to(keep) })],
    objectives: { orders: { within: { seconds: 2 }, share: 0.99 } },
  })
}

export default (): App => shop('shop')
