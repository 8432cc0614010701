/**
 * H1: a handler throws, rejects, takes too long or never settles, on each bus, undisturbed and killed in the midst. Nothing is skipped and nothing lost, the tries of an event are
 * counted over restarts, and come no sooner than the back-off says.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { attemptsMax, backoffMs, deadlineMs, isPoison, ways } from '../programs/failing-places.ts'
import type { FailingLife, Way } from '../programs/failing-places.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { Child, runToEnd, sleep, until } from '../real/child.ts'
import { deadIn, judgeFailing, triesIn } from '../real/failing-judge.ts'
import { sideBySide } from '../real/side-by-side.ts'
import type { Case, Row, RowContext } from '../row.ts'

interface Kind {
  readonly way: Way
  readonly bus: FailingLife['bus']
  readonly isKilled: boolean
}

const kinds: readonly Kind[] = [
  ...ways.filter((way) => way !== 'never').map((way) => ({ way, bus: 'memory' as const, isKilled: false })),
  ...ways.filter((way) => way !== 'never').map((way) => ({ way, bus: 'embedded' as const, isKilled: false })),
  ...ways.map((way) => ({ way, bus: 'embedded' as const, isKilled: true })),
]
const count = 60
/** So often an event may hang while it runs alone. */
const hangsMax = 3
const startsMax = 6

export const row: Row = {
  id: 'H1',
  title:
    'a handler throws, rejects, takes too long or never settles: tried again with back-off, counted over restarts, nothing lost',
  tiers: 'PN',
  isDivisible: true,
  // Most of a case is waiting.
  run: (context) =>
    sideBySide(
      context,
      2,
      (item) => {
        const kind = kinds[item.number]!
        return kind.way === 'never' ? hanging(item, context) : failing(item, context, kind)
      },
      kinds.length,
    ),
}

async function failing({ number, random }: Case, context: RowContext, { way, bus, isKilled }: Kind): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const life: FailingLife = { dir, bus, from: 1, count, way, badOf: 7, poisonOf: 20 }
  const said: string[][] = []
  try {
    if (isKilled) said.push(await runUntilTries(life, random.between(2, 12), acknowledgements))
    const from = acknowledgements.firstMissing
    const last = { ...life, from, count: count + 1 - from }
    const ended = await runToEnd({ program: 'failing-app', life: last, onLine: acknowledgements.hear })
    if (ended.code !== 0) throw new Error(`It ended with ${ended.signal ?? ended.code}:\n${ended.errors}`)
    said.push([...ended.lines])
    judgeFailing(life, count, ended.lines)
    judgeTries(said, life)
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

/** What never settles is over only with its process: after two kills it runs alone, ends the start as often as a death would have, and is given up; all others ride. */
async function hanging({ number }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const life: FailingLife = { dir, bus: 'embedded', from: 1, count, way: 'never', badOf: 0, poisonOf: 41 }
  for (let kill = 0; kill < 2; kill++) {
    const child = new Child({ program: 'failing-app', life })
    await until(
      'a try and all acknowledgements',
      () => child.isOver || (triesIn(child.lines).length > 0 && child.lines.length > count),
    )
    await sleep(deadlineMs * 2)
    child.kill()
    await child.ended
  }
  for (let start = 0; start < startsMax; start++) {
    const { code, errors, lines } = await runToEnd({ program: 'failing-app', life })
    if (code === 0) {
      const [dead, ...more] = deadIn(lines)
      if (dead?.number !== life.poisonOf || dead.cause !== 'MB_KILLED_PROCESS' || more.length > 0)
        throw new Error(`Given up was not just the event that hangs: ${JSON.stringify(deadIn(lines))}`)
      if (start !== hangsMax) throw new Error(`It was given up after ${start} starts in which it hung alone`)
      judgeFailing(
        life,
        count,
        lines.map((line) => line.replace(/^dead (\d+) \d+/, `dead $1 ${attemptsMax}`)),
      )
      rmSync(dir, { recursive: true })
      return
    }
    if (!errors.includes('MB_STUCK')) throw new Error(`It ended with ${code}:\n${errors}`)
  }
  throw new Error(`It hangs at every start, ${startsMax} times`)
}

/** Kills it after so many tries that failed. */
async function runUntilTries(life: FailingLife, tries: number, acknowledgements: Acknowledgements): Promise<string[]> {
  const child = new Child({ program: 'failing-app', life, onLine: acknowledgements.hear })
  await until(`${tries} tries`, () => triesIn(child.lines).length >= tries || child.isOver)
  child.kill()
  await child.ended
  return child.lines
}

/** An event is tried with 1, 2, 3, ...; only a try that a kill has cut short may come again, and no try comes before its time. */
function judgeTries(said: readonly (readonly string[])[], life: FailingLife): void {
  const lastOf = new Map<number, { readonly attempt: number; readonly atMs: number; readonly run: number }>()
  for (const [run, lines] of said.entries())
    for (const { number, attempt, atMs } of triesIn(lines)) {
      const last = lastOf.get(number)
      const isRepeated = last?.attempt === attempt && last.run !== run
      if (attempt !== (last?.attempt ?? 0) + 1 && !isRepeated)
        throw new Error(`Event ${number} was tried as ${attempt} after ${last?.attempt ?? 0}`)
      if (last?.run === run && atMs - last.atMs < backoffMs * 2 ** (attempt - 2) - 2)
        throw new Error(`Event ${number} was tried again after ${atMs - last.atMs} ms`)
      lastOf.set(number, { attempt, atMs, run })
    }
  for (const [number, { attempt }] of lastOf)
    if (isPoison(number, life) && attempt !== attemptsMax) throw new Error(`Event ${number} was tried ${attempt} times`)
}
