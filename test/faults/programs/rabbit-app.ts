/**
 * An app with a stop that splits whatever comes to it and sends the parts to itself, without end: each event into so many as `fans` says of its generation, the last number for all behind. Among these rabbits
 * ride plain events. Says `took <origin> <events>`, `wanted` and `refused <origin> <wanted children>` of splits, `dead <origin> <cause> <letters>`, `plain <events>`, `memory <MiB more at most>` and `done`.
 * Argument: `{ dir, fans, origins, plain }`.
 */
import * as z from 'zod'
import { embedded, conductor, entry, line, metrobus, split, stop } from '../../../src/index.ts'
import { rssMiB } from '../real/proc.ts'

interface RabbitLife {
  readonly dir: string
  readonly fans: readonly number[]
  readonly origins: number
  readonly plain: number
}

const { dir, fans, origins, plain } = JSON.parse(process.argv[2]!) as RabbitLife
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const Item = z.object({ origin: z.number(), generation: z.number() })
const took = new Map<number, number>()
const wanted = new Map<number, number>()
const fanOf = (generation: number): number => fans[Math.min(generation, fans.length - 1)]!
const add = (to: Map<number, number>, origin: number, more = 1): void =>
  void to.set(origin, (to.get(origin) ?? 0) + more)

const breed = stop('breed', { in: Item, out: Item, policy: { attempts: 1 } }, ({ origin, generation }) => {
  add(took, origin)
  add(wanted, origin, fanOf(generation))
  return split(Array.from({ length: fanOf(generation) }, () => ({ origin, generation: generation + 1 })))
})
const circle = conductor('circle', {
  stops: [breed],
  rules: [
    { after: 'entry', to: 'breed' },
    { after: 'breed', to: 'breed' },
  ],
})
let rode = 0
const rabbits = entry('rabbits', { in: Item, key: ({ origin }) => `${origin}`, route: circle })
const others = entry('others', { in: Item, route: line('plain').to(stop('ride', { in: Item }, () => void rode++)) })
const app = await metrobus('rabbits', { entries: [rabbits, others] }).start({
  bus: embedded({ dir, reserveBytes: 0 }),
  socket: false,
})
const before = rssMiB(process.pid)
let most = before
const watching = setInterval(() => (most = Math.max(most, rssMiB(process.pid))), 50)
for (let origin = 1; origin <= origins; origin++) await app.send('rabbits', { origin, generation: 0 })
for (let number = 0; number < plain; number++) await app.send('others', { origin: 0, generation: number })
await app.caughtUp()
clearInterval(watching)
for (const [origin, count] of took) say(`took ${origin} ${count}`)
for (const [origin, count] of wanted) say(`wanted ${origin} ${count}`)
const dead = new Map<string, number>()
const refused = new Map<number, number>()
for (let after = ''; ;) {
  const letters = await app.deadLetters.list({}, { countMax: 500, ...(after !== '' && { after }) })
  for (const { cause, message, data } of letters) {
    const { origin, generation } = data as z.infer<typeof Item>
    const key = `${origin} ${cause}`
    dead.set(key, (dead.get(key) ?? 0) + 1)
    add(refused, origin, fanOf(generation))
    if (!message.includes('breed')) say(`dead ${origin} unnamed 1`)
  }
  if (letters.length === 0) break
  after = letters.at(-1)!.place
}
for (const [origin, count] of refused) say(`refused ${origin} ${count}`)
for (const [key, count] of dead) say(`dead ${key} ${count}`)
say(`plain ${rode}`)
say(`memory ${Math.round(most - before)}`)
say('done')
await app.stop()
