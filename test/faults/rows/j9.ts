/**
 * J9: a process is killed while it recovers from a kill, and again, up to five deep. Recovery comes to the same end however often it is cut short, and nothing that was
 * acknowledged is lost on the way.
 *
 * A case is one life that is killed under load, its torn tail made longer at random, and the kills in its recovery.
 */
import { appendFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { groupMax } from '../programs/journal-places.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { Child, runToEnd, sleep } from '../real/child.ts'
import { judgeJournal } from '../real/journal-judge.ts'
import { diskCalls, needStrace, oneThread, pointsOf, straced } from '../real/strace.ts'
import type { Point } from '../real/strace.ts'
import { casesOf, describe } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const depthMax = 5

export const row: Row = {
  id: 'J9',
  title: 'kill -9 in recovery, up to five deep: it comes to the same end, and nothing is lost on the way',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    needStrace()
    for await (const item of casesOf(context)) {
      try {
        await killInRecovery(item, context)
      } catch (error) {
        context.violation(describe(error), item.number)
      }
    }
  },
}

async function killInRecovery(item: Case, context: RowContext): Promise<void> {
  const { random } = item
  const dir = join(context.dir, String(item.number))
  const journal = join(dir, 'journal')
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  try {
    await killUnderLoad(item, journal, acknowledgements)
    await judgeJournal(journal, acknowledgements)
    tear(item, journal)
    let found = await judgeJournal(journal, acknowledgements)
    const points = await recoveryOf(dir, journal, found)
    for (let depth = random.between(1, depthMax); depth > 0; depth--) {
      const { call, when } = random.pick(points)
      const before = straced({ injections: [{ call, when: `${when}`, what: 'signal=KILL' }] })
      const { signal } = await runToEnd({ program: 'journal-life', life: idle(journal), before, env: oneThread })
      const now = await judgeJournal(journal, acknowledgements)
      if (now < found)
        throw new Error(`${found} events were there, and ${now} are after a recovery killed at ${call} ${when}`)
      found = now
      if (signal === 'SIGKILL') context.done()
    }
    await judgeJournal(journal, acknowledgements, false)
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

const idle = (dir: string): object => ({ dir, from: 1, groups: 0 })

async function killUnderLoad({ random }: Case, dir: string, acknowledgements: Acknowledgements): Promise<void> {
  const life = { dir, from: acknowledgements.nextFrom(groupMax), groups: 1000 }
  const child = new Child({ program: 'journal-life', life, onLine: acknowledgements.hear })
  const enough = random.between(1, 100)
  await child.line('ready')
  while (acknowledgements.highest < enough && !child.isOver) await sleep(2)
  child.kill()
  await child.ended
}

/** Bytes of a frame that never came whole to the disk, or of an older one, behind the end. */
function tear({ random }: Case, dir: string): void {
  const last = readdirSync(dir).findLast((name) => name.endsWith('.seg'))
  if (last === undefined || random.chance(0.3)) return
  const bytes = Buffer.from(Array.from({ length: random.between(1, 3000) }, () => random.below(256)))
  appendFileSync(join(dir, last), bytes)
}

/** The calls of a recovery, on a copy. */
async function recoveryOf(dir: string, journal: string, found: number): Promise<readonly Point[]> {
  const copy = join(dir, 'copy')
  const log = join(dir, 'calls')
  cpSync(journal, copy, { recursive: true })
  const before = straced({ log, calls: [...diskCalls, 'openat'] })
  const { code, errors } = await runToEnd({ program: 'journal-life', life: idle(copy), before, env: oneThread })
  if (code !== 0) throw new Error(`It does not recover, with ${found} events there:\n${errors}`)
  rmSync(copy, { recursive: true })
  return pointsOf(log, copy)
}
