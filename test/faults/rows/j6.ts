/**
 * J6: a write or a sync answers EIO, once or from then on, at every call of a life in turn. The process ends and says why, and all that it acknowledged is there although the disk
 * forgets what no sync had covered before the failure: so nothing that came later was believed. Then it starts again and goes on.
 *
 * A sweep does every call of the bare journal, and some of a whole app.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { groupMax } from '../programs/journal-places.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { runToEnd } from '../real/child.ts'
import type { Ended } from '../real/child.ts'
import { judgeJournal } from '../real/journal-judge.ts'
import { measure } from '../real/measure.ts'
import { callsIn, needStrace, oneThread, straced, syncCalls, writeCalls } from '../real/strace.ts'
import type { Point } from '../real/strace.ts'
import { cutToSynced } from '../real/synced.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const appCasesOfSweep = 16
const failing = [...syncCalls, ...writeCalls]
/** As the app says it, and as the journal does to those who use it bare. */
const told = /MB_JOURNAL_POISONED|MB_DISK_FAILED|MB_ARCHIVE_FAILED/

const journalLife = (dir: string, from: number) => ({
  program: 'journal-life',
  life: { dir: join(dir, 'journal'), from, groups: 12, housekeepEvery: 5 },
})
const appLife = (dir: string, from: number) => ({ program: 'app-life', life: { dir, from, count: 150 } })

export const row: Row = {
  id: 'J6',
  title:
    'EIO at any write or sync: nothing is acknowledged afterwards, the process ends loudly, and what it promised is on the disk',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    needStrace()
    const measured = join(context.dir, 'measured')
    mkdirSync(measured)
    const points = await measure(measured, failing, journalLife(measured, 1))
    mkdirSync(measured)
    const ofApp = await measure(measured, failing, appLife(measured, 1))

    const sweep = points.length + appCasesOfSweep
    const total = context.cases === Infinity ? sweep : Infinity
    await eachCase(
      context,
      (item) => {
        const number = item.number % sweep
        if (number < points.length) return fail(item, context, points[number]!, false)
        return fail(item, context, item.random.pick(ofApp), true)
      },
      total,
    )
  },
}

async function fail(item: Case, context: RowContext, point: Point, isApp: boolean): Promise<void> {
  const dir = join(context.dir, String(item.number))
  const log = `${dir}.calls`
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  try {
    const life = isApp ? appLife(dir, 1) : journalLife(dir, acknowledgements.nextFrom(groupMax))
    const when = `${point.when}${item.random.chance(0.5) ? '+' : ''}`
    const injections = [{ call: point.call, when, what: 'error=EIO' }]
    const calls = [...failing, 'ftruncate']
    const before = straced({ injections, log, calls })
    const ended = await runToEnd({ ...life, before, env: oneThread, onLine: acknowledgements.hear })
    const what = `${point.call} ${when}`
    mustBeLoud(ended, log, what)

    const afterPowerCut = `${dir}.cut`
    cpSync(dir, afterPowerCut, { recursive: true })
    cutToSynced(log, { was: dir, is: afterPowerCut })
    if (isApp) {
      await judgeApp(afterPowerCut, acknowledgements)
      await goOn(dir, acknowledgements)
    } else {
      await judgeJournal(join(afterPowerCut, 'journal'), acknowledgements, false)
      await judgeJournal(join(dir, 'journal'), acknowledgements, false)
    }
    rmSync(afterPowerCut, { recursive: true })
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
  rmSync(log)
}

/** Throws unless the process ended with an error that it named. */
function mustBeLoud({ code, signal, errors }: Ended, log: string, what: string): void {
  if (!callsIn(log).some(({ isInjected }) => isInjected)) return
  if (code === 0 || signal !== null || !told.test(errors))
    throw new Error(`${what} failed with EIO, and it ended with ${signal ?? code}:\n${errors}`)
}

/** The disk is well again: all that is missing is sent again, and all of it rides. */
async function goOn(dir: string, acknowledgements: Acknowledgements): Promise<void> {
  const from = acknowledgements.firstMissing
  const count = Math.max(0, acknowledgements.highest + 1 - from)
  const ended = await runToEnd({ program: 'app-life', life: { dir, from, count }, onLine: acknowledgements.hear })
  if (ended.code !== 0) throw new Error(`It does not start again: ${ended.signal ?? ended.code}\n${ended.errors}`)
  await judgeApp(dir, acknowledgements, ended)
}
