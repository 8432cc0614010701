/**
 * A small app, to be killed: takes events from its input, sends each into a line of two pure stops and one with an effect, an archive, and acknowledges what
 * `send` has acknowledged. When its input ends it finishes, and says `dead` and the number of every event that was given up.
 *
 *     node app-program.ts DIR
 */
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as z from 'zod'
import { archiveFile } from '../../../src/connect/file/index.ts'
import { drop, embedded, entry, line, metrobus, stop } from '../../../src/index.ts'
import type { SentEvent } from '../../../src/testing/index.ts'
import { app as name, isDropped } from './app-places.ts'

const dir = process.argv[2]!
const Item = z.object({ number: z.number(), key: z.string(), body: z.string() })
const archive = archiveFile({ path: join(dir, 'archive.ndjson') })

const check = stop('check', { in: Item, out: Item, effects: 'none' }, (item) => item)
const filter = stop('filter', { in: Item, out: Item, effects: 'none' }, (item) =>
  isDropped(item.number) ? drop('every-tenth') : { ...item, body: `${item.body}!` },
)
const keep = stop('keep', { in: Item }, (item, { event }) => archive.put(event.ride, item))
const items = entry('items', {
  in: Item,
  key: ({ key }) => key,
  route: line('main').via(check).via(filter).to(keep),
})

const bus = embedded({ dir: join(dir, 'journal'), segmentBytes: 1024 * 1024, retention: { time: Infinity } })
const running = await metrobus(name, { entries: [items] }).start({ bus, socket: false })
running.stopped.catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
process.stdout.write('ready\n')

const sending = new Set<Promise<void>>()
for await (const text of createInterface({ input: process.stdin })) {
  const item = JSON.parse(text) as SentEvent
  const sent = running.send('items', item, { id: `e${item.number}` }).then(() => {
    process.stdout.write(`ack ${item.number}\n`)
    sending.delete(sent)
  })
  sending.add(sent)
}
await Promise.all(sending)
await running.caughtUp()
const dead = await running.deadLetters.list({}, { countMax: 1000 })
for (const { ride } of dead) process.stdout.write(`dead ${ride.slice(1)}\n`)
await running.stop()
