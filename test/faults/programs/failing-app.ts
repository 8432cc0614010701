/**
 * An app whose handler fails for some events, and archives the others. Says `ack` of what was acknowledged, `try <number> <attempt> <ms>` of each try that fails, `dead <number> <attempts>
 * <cause>` of what was given up, and `rate <events per second>` from the first event to the last. See `failing-places.ts` for its argument.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { archiveFile } from '../../../src/connect/file/index.ts'
import { embedded, entry, line, memory, metrobus, stop } from '../../../src/index.ts'
import { eventOf } from './events.ts'
import { attemptsMax, backoffMs, deadlineMs, isBad, isPoison } from './failing-places.ts'
import type { FailingLife } from './failing-places.ts'

const life = JSON.parse(process.argv[2]!) as FailingLife
const { dir, from, count, way } = life
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const begun = performance.now()

const Item = z.object({ number: z.number(), key: z.string(), body: z.string(), filling: z.string().optional() })
const archive = archiveFile({ path: join(dir, 'archive.ndjson') })
const policy = { attempts: attemptsMax, backoff: backoffMs, jitter: 0, deadline: deadlineMs }

const shaky = stop('shaky', { in: Item, out: Item, policy }, (item, { attempt, signal }) => {
  const fails = isPoison(item.number, life) || (isBad(item.number, life) && attempt === 1)
  return fails && life.replays !== true ? fail(item.number, attempt, signal) : item
})
const keep = stop('keep', { in: Item }, ({ number, body }, { event }) => archive.put(event.ride, { number, body }))
const items = entry('items', { in: Item, key: ({ key }) => key, route: line('main').via(shaky).to(keep) })

const bus =
  life.bus === 'memory' ? memory() : embedded({ dir: join(dir, 'journal'), reserveBytes: 0, recordBytesMax: 16 * 1024 })
// A real app has a server or a source that keeps it running while it waits for nothing but a deadline.
const alive = setInterval(() => undefined, 60_000)
const running = await metrobus('failing', { entries: [items] }).start({ bus, socket: false })
running.stopped.catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
say('ready')
const first = performance.now()
const sending = new Set<Promise<void>>()
for (let number = from; number < from + count; number++) {
  const filling = isPoison(number, life) && life.poisonBytes !== undefined ? 'x'.repeat(life.poisonBytes) : undefined
  const event = { ...eventOf(number, life.keys), ...(filling !== undefined && { filling }) }
  const sent = running.send('items', event, { id: `e${number}` }).then(() => {
    say(`ack ${number}`)
    sending.delete(sent)
  })
  sending.add(sent)
  if (sending.size >= 100) await Promise.race(sending)
}
await Promise.all(sending)
await running.caughtUp()
say(`rate ${Math.round(count / ((performance.now() - first) / 1000))}`)
if (life.replays === true) await replay()
for (let after = ''; ;) {
  const letters = await running.deadLetters.list({}, { countMax: 500, ...(after !== '' && { after }) })
  for (const { ride, attempts, cause, state } of letters)
    if (state === 'waiting') say(`dead ${ride.slice(1)} ${attempts} ${cause}`)
  if (letters.length === 0) break
  after = letters.at(-1)!.place
}
say('done')
await running.stop()
clearInterval(alive)

/** Two operators at once; each letter goes once. */
async function replay(): Promise<void> {
  const counts = await Promise.all([1, 2].map(() => running.deadLetters.replay({}, { ratePerSecond: 100_000 })))
  say(`replayed ${counts[0]! + counts[1]!}`)
  await running.caughtUp()
}

function fail(number: number, attempt: number, signal: AbortSignal): Promise<never> {
  say(`try ${number} ${attempt} ${Math.round(performance.now() - begun)}`)
  const error = new Error(`event ${number} is not liked`)
  if (way === 'throw') throw error
  if (way === 'reject') return sleep(1).then(() => Promise.reject(error))
  if (way === 'never') return new Promise(() => undefined)
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error)))
}
