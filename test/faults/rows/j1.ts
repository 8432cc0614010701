/**
 * J1: a process is killed with -9, under load and while it recovers from the kill before. Most kills come at the n-th system call of a kind that changes the disk,
 * drawn from the calls that a whole life makes, so that in time every one of them is met; the others at random moments.
 *
 * A case is one folder and some kills in a row, each judged. Every third case is a whole app, the others are the bare journal.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { groupMax } from '../programs/journal-places.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep } from '../real/child.ts'
import type { ChildOptions } from '../real/child.ts'
import { judgeJournal } from '../real/journal-judge.ts'
import { measure } from '../real/measure.ts'
import { diskCalls, needStrace, oneThread, straced } from '../real/strace.ts'
import type { Point } from '../real/strace.ts'
import { casesOf, describe } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const killsOfCase = 6
/** Of the kills so many come at a call, the others at a random moment. */
const pointShare = 0.6

/** What is killed, and how it is judged. */
interface Kind {
  life(dir: string, acknowledgements: Acknowledgements): Pick<ChildOptions, 'program' | 'life'>
  /** Where its journal lies. */
  judge(dir: string, acknowledgements: Acknowledgements): Promise<unknown>
  /** Lets it come to its end and judges that. */
  finish(dir: string, acknowledgements: Acknowledgements): Promise<void>
}

const bareJournal: Kind = {
  life: (dir, acknowledgements) => ({
    program: 'journal-life',
    life: {
      dir: join(dir, 'journal'),
      from: acknowledgements.nextFrom(groupMax),
      groups: 24,
      housekeepEvery: 6,
      idleEvery: 12,
    },
  }),
  judge: (dir, acknowledgements) => judgeJournal(join(dir, 'journal'), acknowledgements),
  finish: async (dir, acknowledgements) => void (await judgeJournal(join(dir, 'journal'), acknowledgements, false)),
}

const wholeApp: Kind = {
  life: (dir, { firstMissing }) => ({ program: 'app-life', life: { dir, from: firstMissing, count: 800 } }),
  judge: judgeApp,
  async finish(dir, acknowledgements) {
    const { firstMissing: from, highest } = acknowledgements
    const ended = await runToEnd({
      program: 'app-life',
      life: { dir, from, count: highest + 1 - from },
      onLine: acknowledgements.hear,
    })
    if (ended.code !== 0) throw new Error(`It ended with ${ended.signal ?? ended.code}:\n${ended.errors}`)
    await judgeApp(dir, acknowledgements, ended)
  },
}

export const row: Row = {
  id: 'J1',
  title: 'kill -9 at any system call and any moment: nothing acknowledged is lost, nothing is there twice',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    needStrace()
    const points = { journal: await callsOf(context, bareJournal), app: await callsOf(context, wholeApp) }
    for await (const item of casesOf(context)) {
      const isApp = item.number % 3 === 2
      try {
        await killAgainAndAgain(item, context, isApp ? wholeApp : bareJournal, isApp ? points.app : points.journal)
      } catch (error) {
        context.violation(describe(error), item.number)
      }
    }
  },
}

async function callsOf({ dir }: RowContext, kind: Kind): Promise<readonly Point[]> {
  const folder = join(dir, 'measured')
  mkdirSync(folder)
  const acknowledgements = new Acknowledgements(folder)
  try {
    return await measure(folder, diskCalls, kind.life(folder, acknowledgements))
  } finally {
    acknowledgements.close()
  }
}

async function killAgainAndAgain(item: Case, context: RowContext, kind: Kind, points: readonly Point[]): Promise<void> {
  const dir = join(context.dir, String(item.number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  try {
    for (let kill = 0; kill < killsOfCase; kill++) {
      if (context.counted >= context.cases || context.signal.aborted) break
      const wasKilled = await liveUntilKilled(item, kind, dir, acknowledgements, points)
      await kind.judge(dir, acknowledgements)
      if (wasKilled) context.done()
    }
    await kind.finish(dir, acknowledgements)
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

/** Answers false when the life came to its end before the moment. */
async function liveUntilKilled(
  { random }: Case,
  kind: Kind,
  dir: string,
  acknowledgements: Acknowledgements,
  points: readonly Point[],
): Promise<boolean> {
  const options = { ...kind.life(dir, acknowledgements), onLine: acknowledgements.hear, env: oneThread }
  const point = random.chance(pointShare) ? random.pick(points) : undefined
  const child = new Child(
    point === undefined
      ? options
      : {
          ...options,
          before: straced({ injections: [{ call: point.call, when: `${point.when}`, what: 'signal=KILL' }] }),
        },
  )
  if (point === undefined) {
    if (random.chance(0.7)) await child.line('ready')
    await sleep(random.between(0, 250))
    child.kill()
  }
  const { code, signal, errors } = await child.end()
  if (code !== 0 && signal !== 'SIGKILL') throw new Error(`It ended with ${signal ?? code}:\n${errors}`)
  return signal === 'SIGKILL'
}
