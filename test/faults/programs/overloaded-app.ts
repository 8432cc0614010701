/**
 * An app whose stop takes 10 ms for each event, 32 at once: 3,200 a second at most. After a calm beginning (`calm <p99>`) it has, in turns, as many senders as keep it at work and no more (`full`), and ten times
 * as many events as it can take, sent whatever it answers (`over`). Says of each turn `turn <name> <events handled a second> <p99 of the way> <sent> <turned away>`; and in the end `recovered <ms>`,
 * from the last overload until events are as quick as in the beginning. A way is from the acknowledgement of an event to its end, in ms; `calm` and `recovered` look at the whole of it, from `send` on.
 * Argument: `{ dir, turns, turnMs }`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import { embedded, entry, line, metrobus, stop } from '../../../src/index.ts'
import { eventOf } from './events.ts'
import { overloadFactor, slowerMax } from './overloaded-places.ts'
import type { OverloadedLife } from './overloaded-places.ts'

const { dir, turns, turnMs } = JSON.parse(process.argv[2]!) as OverloadedLife
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const capacity = 3200
/** Senders that the app lets in, and some that wait: it always has work. */
const fullOpen = 4096
/** Two seconds of work: beyond it whoever wants to send turns away, as people do. */
const openMax = capacity * 2

interface Tally {
  handled: number
  sent: number
  turnedAway: number
  readonly ways: number[]
  readonly wholes: number[]
}

const blank = (): Tally => ({ handled: 0, sent: 0, turnedAway: 0, ways: [], wholes: [] })
let tally = blank()
let open = 0
let number = 0
const sentAt = new Map<number, number>()
const acknowledgedAt = new Map<number, number>()

const Item = z.object({ number: z.number(), key: z.string(), body: z.string() })
const work = stop('work', { in: Item, concurrency: 8 }, async ({ number }) => {
  await sleep(10)
  tally.handled++
  const now = performance.now()
  tally.ways.push(now - (acknowledgedAt.get(number) ?? now))
  tally.wholes.push(now - sentAt.get(number)!)
  sentAt.delete(number)
  acknowledgedAt.delete(number)
})
const items = entry('items', { in: Item, key: ({ body }) => body, route: line('main').to(work) })
const app = await metrobus('overloaded', { entries: [items] }).start({ bus: embedded({ dir }), socket: false })

function send(): void {
  const mine = ++number
  open++
  tally.sent++
  sentAt.set(mine, performance.now())
  void app.send('items', eventOf(mine)).then(() => {
    open--
    if (sentAt.has(mine)) acknowledgedAt.set(mine, performance.now())
  })
}

const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? Infinity

/** Does what `step` says, every 2 ms, for so long. */
async function during(ms: number, step: (elapsedMs: number) => void): Promise<Tally> {
  tally = blank()
  const begun = performance.now()
  for (let now = 0; now < ms; now = performance.now() - begun) {
    step(now)
    await sleep(2)
  }
  return tally
}

/** So many a second, whether they are answered or not. */
const atRate = (rate: number) => (elapsedMs: number) => {
  while (tally.sent + tally.turnedAway < (rate * elapsedMs) / 1000)
    if (open < openMax) send()
    else tally.turnedAway++
}

async function turn(name: string, step: (elapsedMs: number) => void): Promise<void> {
  const { handled, ways, sent, turnedAway } = await during(turnMs, step)
  say(`turn ${name} ${Math.round(handled / (turnMs / 1000))} ${p99(ways).toFixed(1)} ${sent} ${turnedAway}`)
}

const toTheFull = (): void => {
  while (open < fullOpen) send()
}
await during(2000, atRate(capacity / 10))
const calm = p99((await during(turnMs, atRate(capacity / 10))).wholes)
say(`calm ${calm.toFixed(1)}`)
await during(turnMs, toTheFull)
for (let number = 0; number < turns; number++) {
  await turn('full', toTheFull)
  await turn('over', atRate(capacity * overloadFactor))
}
const over = performance.now()
while (p99((await during(250, atRate(capacity / 10))).wholes) > calm * slowerMax && performance.now() - over < 60_000);
say(`recovered ${Math.round(performance.now() - over)}`)
process.exit(0)
