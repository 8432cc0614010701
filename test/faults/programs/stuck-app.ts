/**
 * An app that archives events, one of which blocks the event loop for a while: `spin` (in JavaScript), or `sleep` (in a call that cannot be interrupted). Says `ack`, `blocked <event> <stack>` of what the
 * error log tells of it, and `done`. Argument: `{ dir, how, blockMs, count }`.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { archiveFile } from '../../../src/connect/file/index.ts'
import { embedded, entry, line, metrobus, stop } from '../../../src/index.ts'
import { eventOf } from './events.ts'

interface StuckLife {
  readonly dir: string
  readonly how: 'spin' | 'sleep'
  readonly blockMs: number
  readonly count: number
}

const { dir, how, blockMs, count } = JSON.parse(process.argv[2]!) as StuckLife
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const Item = z.object({ number: z.number(), key: z.string(), body: z.string() })
const archive = archiveFile({ path: join(dir, 'archive.ndjson') })

function block(): void {
  if (how === 'sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs)
  else for (const until = performance.now() + blockMs; performance.now() < until;);
}

const keep = stop('keep', { in: Item }, async (item, { event }) => {
  await archive.put(event.ride, item)
  if (item.number === Math.ceil(count / 2)) block()
})
const items = entry('items', { in: Item, key: ({ key }) => key, route: line('main').to(keep) })
const bus = embedded({ dir: join(dir, 'journal'), reserveBytes: 0 })
const app = await metrobus('stuck', { entries: [items] }).start({ bus, socket: false, blockedAfter: 300 })
say('ready')
// The watchdog comes a moment after the app.
await sleep(400)
for (let number = 1; number <= count; number++)
  void app.send('items', eventOf(number), { id: `e${number}` }).then(() => say(`ack ${number}`))
await app.caughtUp()
const told = (): ReturnType<typeof app.inspector.read> => app.inspector.read('stuck.errors', 0, 0, 100)
for (let left = 300; left > 0 && (await told()).length === 0; left--) await sleep(10)
for (const { data } of await told()) {
  const { id, place, message } = data as { readonly id?: string; readonly place?: string; readonly message: string }
  say(`blocked ${id} ${place} ${message}`)
}
say('done')
await app.stop()
