/**
 * A stop that blocks the event loop for 4 s, or longer: `effectful`, `pure`, or `native` (in a call that cannot be interrupted), or behind an `await`. Prints what the error log holds
 * afterwards.
 */
import { pbkdf2Sync } from 'node:crypto'
import { writeSync } from 'node:fs'
import * as z from 'zod'
import { entry, line, memory, metrobus, stop } from '../../../src/index.ts'

const kind = process.argv[2] ?? ''
const Item = z.object({ n: z.number() })
const blockMs = 4_000

function grind(): void {
  const until = performance.now() + blockMs
  while (performance.now() < until);
}

/** How many rounds take about as long as the block. */
function nativeRounds(): number {
  const begun = performance.now()
  pbkdf2Sync('a', 'b', 200_000, 64, 'sha512')
  return Math.ceil((200_000 * blockMs) / (performance.now() - begun))
}
const rounds = nativeRounds()

function work(): void {
  if (kind === 'native') pbkdf2Sync('a', 'b', rounds, 64, 'sha512')
  else grind()
  writeSync(2, 'the handler ends\n')
}

const effectful = stop('slow', { in: Item, out: Item }, (item) => {
  work()
  return item
})
const pure = stop('slow', { in: Item, out: Item, effects: 'none' }, (item) => {
  work()
  return item
})
const awaiting = stop('slow', { in: Item, out: Item }, async (item) => {
  await Promise.resolve()
  work()
  return item
})
const slow = kind === 'pure' ? pure : kind === 'awaiting' ? awaiting : effectful
const items = entry('items', {
  in: Item,
  route: line('main')
    .via(slow)
    .to(stop('keep', { in: Item }, () => {})),
})
const app = await metrobus('blocking', { entries: [items] }).start({ bus: memory(), socket: false })
await new Promise((resolve) => setTimeout(resolve, 500))
await app.send('items', { n: 1 }, { id: 'e1' })
for (let left = 100; left > 0; left--) {
  const records = await app.inspector.read('blocking.errors', 0, 0, 10)
  if (records.length > 0) left = 0
  for (const record of records) console.log(JSON.stringify(record.data))
  await new Promise((resolve) => setTimeout(resolve, 100))
}
await app.stop()
