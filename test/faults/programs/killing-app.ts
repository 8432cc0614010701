/**
 * An app with an event that ends its process: by `exit`, `abort`, `segfault` or `memory`. Run again until all have ridden, it says `dead <number> <cause>` of what was given up and `ended <number>`
 * of every ride that is over. Argument: `{ dir, how, kind, count, killer }`; `kind` is `effectful`, `pure` (runs ahead of the disk) or `retrying` (fails first, and ends the process
 * when tried again).
 */
import * as z from 'zod'
import { embedded, entry, line, metrobus, stop } from '../../../src/index.ts'
import { eventOf } from './events.ts'

interface KillingLife {
  readonly dir: string
  readonly how: string
  readonly kind: string
  readonly count: number
  readonly killer: number
}

const { dir, how, kind, count, killer } = JSON.parse(process.argv[2]!) as KillingLife
const Item = z.object({ number: z.number(), key: z.string(), body: z.string() })
type Item = z.infer<typeof Item>
const say = (text: string): void => void process.stdout.write(`${text}\n`)

function handle(item: Item, attempt: number): Item {
  if (item.number !== killer) return item
  if (kind === 'retrying' && attempt === 1) throw new Error('not yet')
  if (how === 'exit') process.exit(3)
  if (how === 'abort') process.abort()
  if (how === 'segfault') process.kill(process.pid, 'SIGSEGV')
  const held: unknown[] = []
  for (;;) held.push(Array.from({ length: 100_000 }, (_, index) => ({ index })))
}

const check =
  kind === 'pure'
    ? stop('check', { in: Item, out: Item, effects: 'none' }, (item, { attempt }) => handle(item, attempt))
    : stop('check', { in: Item, out: Item, policy: { backoff: 5 } }, (item, { attempt }) => handle(item, attempt))
const first = stop('first', { in: Item, out: Item, effects: 'none' }, (item) => item)
const keep = stop('keep', { in: Item }, () => {})
const items = entry('items', { in: Item, key: ({ key }) => key, route: line('main').via(first).via(check).to(keep) })

const app = await metrobus('killing', { entries: [items] }).start({
  bus: embedded({ dir, reserveBytes: 0 }),
  socket: false,
})
await Promise.all(
  Array.from({ length: count }, (_, index) => app.send('items', eventOf(index + 1), { id: `e${index + 1}` })),
)
await app.caughtUp()
for (let partition = 0; partition < 4; partition++)
  for (const { ride } of await app.inspector.read('killing.ended', partition, 0, 1000)) say(`ended ${ride.slice(1)}`)
for (const { ride, cause } of await app.deadLetters.list()) say(`dead ${ride.slice(1)} ${cause}`)
await app.stop()
