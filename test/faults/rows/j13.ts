/**
 * J13: several processes want one journal. Exactly one has it; the others are refused within a second and told which process it is; and it is free as soon as that one
 * is killed. A case is a race of some that start at once, and after it another one over what the winner left.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Child } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const refusedMsMax = 1000

export const row: Row = {
  id: 'J13',
  title: 'processes that race for one journal: one has it, the others are told which within 1 s, and kill -9 frees it',
  tiers: 'PN',
  isDivisible: true,
  run: (context) => eachCase(context, (item) => race(item, context)),
}

async function race({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const as = random.chance(0.5) ? 'journal' : 'app'
  const start = (): Child => new Child({ program: 'lock-race', life: { dir, as } })
  const racers = Array.from({ length: random.between(2, context.tier === 'P' ? 3 : 8) }, start)
  let slowest = 0
  try {
    const holder = await winnerOf(racers, (ms) => (slowest = Math.max(slowest, ms)))
    const late = start()
    racers.push(late)
    slowest = Math.max(slowest, mustName(await late.line('refused'), holder))
    holder.kill()
    await holder.ended
    const next = start()
    racers.push(next)
    if ((await next.line('')) !== 'open') throw new Error(`The lock is not free after kill -9: ${next.lines.join()}`)
  } finally {
    for (const racer of racers) racer.kill()
    await Promise.all(racers.map(({ ended }) => ended))
  }
  if (slowest > refusedMsMax) throw new Error(`It took ${slowest} ms to be refused`)
  rmSync(dir, { recursive: true })
}

/** The one that has the journal, when all have said how it went. */
async function winnerOf(racers: readonly Child[], refused: (ms: number) => void): Promise<Child> {
  const answers = await Promise.all(racers.map((racer) => racer.line('')))
  const winners = racers.filter((_, index) => answers[index] === 'open')
  const [winner] = winners
  if (winner === undefined || winners.length > 1)
    throw new Error(`${winners.length} have the journal: ${answers.join('; ')}`)
  for (const answer of answers) if (answer !== 'open') refused(mustBeLocked(answer))
  return winner
}

/** Answers how long it took. Between lock and note of the winner nobody is named. */
function mustBeLocked(answer: string): number {
  const [, ms, why = ''] = /^refused (\d+) (.*)$/.exec(answer) ?? []
  if (!/in use by (process \d+|another process)/.test(why)) throw new Error(`Refused for another reason: ${answer}`)
  return Number(ms)
}

function mustName(answer: string, { pid }: Child): number {
  if (!answer.includes(`in use by process ${pid}`))
    throw new Error(`It is held by process ${pid}, and others are told: ${answer}`)
  return mustBeLocked(answer)
}
