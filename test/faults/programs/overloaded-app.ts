/**
 * An app whose stop takes 10 ms for each event, 32 at once: 3,200 a second at most. It is sent as many as it can take, then ten times as many whatever it answers, then a tenth; says of each phase
 * `phase <name> <events handled a second> <p99 of send in ms> <sent> <acknowledged>`, and `recovered <ms>` from the end of the overload until sends are as quick as before. Argument: `{ dir, seconds }`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { embedded, entry, line, metrobus, stop } from '../../../src/index.ts'
import { eventOf } from './events.ts'

const { dir, seconds } = JSON.parse(process.argv[2]!) as { readonly dir: string; readonly seconds: number }
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const capacity = 3200
let handled = 0
const Item = z.object({ number: z.number(), key: z.string(), body: z.string() })
const work = stop('work', { in: Item, concurrency: 8 }, async () => {
  await sleep(10)
  handled++
})
const items = entry('items', { in: Item, key: ({ body }) => body, route: line('main').to(work) })
const app = await metrobus('overloaded', { entries: [items] }).start({ bus: embedded({ dir }), socket: false })
let number = 0
/** Sends on their way: beyond so many the machine of the senders is what is full. */
const openMax = 50_000
let open = 0

interface Phase {
  readonly latencies: number[]
  sent: number
}

function send(phase: Phase): void {
  phase.sent++
  open++
  const begun = performance.now()
  void app.send('items', eventOf(++number)).then(() => {
    open--
    phase.latencies.push(performance.now() - begun)
  })
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Infinity

/** Sends so many a second, whether they are answered or not. */
async function run(name: string, rate: number, ms: number): Promise<number> {
  const phase: Phase = { latencies: [], sent: 0 }
  const before = handled
  const begun = performance.now()
  for (let now = 0; now < ms; now = performance.now() - begun) {
    while (phase.sent < (rate * now) / 1000 && open < openMax) send(phase)
    await sleep(2)
  }
  const rateHandled = Math.round((handled - before) / (ms / 1000))
  say(`phase ${name} ${rateHandled} ${p99(phase.latencies).toFixed(1)} ${phase.sent} ${phase.latencies.length}`)
  return p99(phase.latencies)
}

await run('warm', capacity / 2, 2000)
const calm = await run('calm', capacity, seconds * 1000)
await run('overload', capacity * 10, seconds * 1000)
const over = performance.now()
while ((await run('after', capacity / 10, 500)) > calm * 3 && performance.now() - over < 60_000);
say(`recovered ${Math.round(performance.now() - over)}`)
process.exit(0)
