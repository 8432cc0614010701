/**
 * S1: the process dies at any point while the state of stores changes. Afterwards a store is the fold of its log, and its log is what the events make, each once.
 *
 * A case is one death. Most are of simulated machines, at any call of the disk or a timer, with power cuts, and files that have lost their newest changes; every 20th
 * life is a real process with a real file, killed three times.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { storeLife } from '../../store/store-life.ts'
import { Child, sleep } from '../real/child.ts'
import { judgeStore } from '../real/store-judge.ts'
import { casesOf, describe } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const realEvery = 20
const killsOfReal = 3

export const row: Row = {
  id: 'S1',
  title: 'death at any point while stores change: each is the fold of its log, and the log what the events make, once',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    for await (const item of casesOf(context)) {
      try {
        if (item.number % realEvery === 0) await killReal(item, context)
        else await killSimulated(item, context)
      } catch (error) {
        context.violation(describe(error), item.number)
      }
    }
  },
}

async function killSimulated({ number, seed }: Case, context: RowContext): Promise<void> {
  const { violations, kills, events } = await storeLife({ seed, world: 'machine' })
  for (const text of violations) context.violation(text, number)
  context.count('events', events)
  context.done(kills)
}

async function killReal({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  let from = 1
  for (let kill = 0; kill < killsOfReal; kill++) {
    const app = new Child({ program: 'store-app', life: { dir, from } })
    await app.line('ready')
    await sleep(random.between(1, 400))
    app.kill()
    const { lines, code, errors } = await app.ended
    if (code !== null) throw new Error(`It ended by itself with ${code}:\n${errors}`)
    const durable = Math.max(
      from - 1,
      ...lines.filter((line) => line.startsWith('durable ')).map((line) => Number(line.slice(8))),
    )
    // What was sent last may be there, too.
    from = Math.max(durable, await judgeStore(dir, durable)) + 1
    context.done()
  }
  context.count('events', from - 1)
  rmSync(dir, { recursive: true })
}
