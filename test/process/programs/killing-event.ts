/**
 * Sends 200 events, one of which kills the process, each run again until all have ridden; then tells what became of them. Arguments: the folder, and
 * whether the killing stop is `pure` (its outcomes run ahead of the disk), `effectful`, or `retrying` (it fails first, and kills when tried again).
 */
import * as z from 'zod'
import { embedded, entry, line, metrobus, stop } from '../../../src/index.ts'

const [dir = '', kind = ''] = process.argv.slice(2)
const Item = z.object({ n: z.number(), key: z.string() })
type Item = z.infer<typeof Item>

const killer = 137
const kill = (item: Item, attempt: number): Item => {
  if (item.n !== killer) return item
  if (kind === 'retrying' && attempt === 1) throw new Error('not yet')
  process.abort()
}
const check =
  kind === 'pure'
    ? stop('check', { in: Item, out: Item, effects: 'none' }, (item, { attempt }) => kill(item, attempt))
    : stop('check', { in: Item, out: Item, policy: { backoff: 5 } }, (item, { attempt }) => kill(item, attempt))
const keep = stop('keep', { in: Item }, () => {})
const first = stop('first', { in: Item, out: Item, effects: 'none' }, (item) => item)
const items = entry('items', { in: Item, key: ({ key }) => key, route: line('main').via(first).via(check).to(keep) })

const app = await metrobus('killing', { entries: [items] }).start({ bus: embedded({ dir }), socket: false })
await Promise.all(Array.from({ length: 200 }, (_, n) => app.send('items', { n, key: `k${n % 20}` }, { id: `e${n}` })))
await app.caughtUp()
const ended: string[] = []
for (let partition = 0; partition < 4; partition++)
  for (const record of await app.inspector.read('killing.ended', partition, 0, 1_000))
    ended.push(`${record.ride} ${record.headers['ended']}`)
const dead = (await app.deadLetters.list()).map(({ ride, stop: where, cause, message }) => ({
  ride,
  where,
  cause,
  message,
}))
console.log(JSON.stringify({ ended, dead }))
await app.stop()
