/**
 * A short life of an app: sends events through a pure stop and one that archives them, and says what `send` acknowledged. When all are sent it waits until all
 * have ridden, says `dead` and the number of each that was given up, and stops. See `app-places.ts` for its argument.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { archiveFile } from '../../../src/connect/file/index.ts'
import { drop, embedded, entry, isMetrobusError, line, metrobus, stop } from '../../../src/index.ts'
import { app, isDropped, windowMax } from './app-places.ts'
import type { AppLife } from './app-places.ts'
import { eventOf } from './events.ts'

const {
  dir,
  from,
  count,
  takesMs,
  failsOf = Infinity,
  deadlineMs,
  everyMs,
  reserveBytes = 0,
  drain,
  window = windowMax,
} = JSON.parse(process.argv[2]!) as AppLife
const say = (text: string): void => void process.stdout.write(`${text}\n`)

const Item = z.object({ number: z.number(), key: z.string(), body: z.string() })
const archive = archiveFile({ path: join(dir, 'archive.ndjson') })
const check = stop('check', { in: Item, out: Item, effects: 'none' }, (item) =>
  isDropped(item.number) ? drop('every-tenth') : item,
)
const policy = deadlineMs === undefined ? {} : { deadline: deadlineMs, backoff: 20, attempts: 20 }
const keep = stop('keep', { in: Item, policy }, async (item, { event, attempt }) => {
  if (attempt === 1 && item.number % failsOf === 0) throw new Error('not yet')
  if (takesMs !== undefined) await sleep(takesMs)
  await archive.put(event.ride, item)
})
const items = entry('items', { in: Item, key: ({ key }) => key, route: line('main').via(check).to(keep) })

const bus = embedded({ dir: join(dir, 'journal'), partitions: 2, segmentBytes: 64 * 1024, reserveBytes })
const signals = drain === undefined ? {} : { signals: true, drain }
const running = await metrobus(app, { entries: [items] }).start({ bus, socket: false, ...signals })
running.stopped.then(
  () => say('stopped'),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
say('ready')

/** Told by a signal, in the midst of sending. */
let isStopping = false
const sending = new Set<Promise<void>>()
for (let number = from; number < from + count && !isStopping; number++) {
  const sent = send(number).finally(() => sending.delete(sent))
  sending.add(sent)
  if (everyMs !== undefined) await sleep(everyMs)
  if (sending.size >= window) await Promise.race(sending)
}
await Promise.all(sending)
if (!isStopping) {
  await running.caughtUp()
  for (const { ride } of await running.deadLetters.list({}, { countMax: 1000 })) say(`dead ${ride.slice(1)}`)
  say('done')
}
await running.stop()

async function send(number: number): Promise<void> {
  try {
    await running.send('items', eventOf(number), { id: `e${number}` })
    say(`ack ${number}`)
  } catch (error) {
    if (!isMetrobusError(error, 'MB_STOPPING')) throw error
    isStopping = true
  }
}
