/** J12: a slow disk: every sync takes a while, some take seconds. Entries wait, memory does not grow, nothing is lost, and the app drains and ends as it should. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep } from '../real/child.ts'
import { rssMiB, smallHeap } from '../real/proc.ts'
import { needStrace, straced } from '../real/strace.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const growthMiBMax = 64
/** More than an app lets in: senders wait. */
const window = 4000
/** The first samples are those of an app that warms up. */
const warmMs = 2000

export const row: Row = {
  id: 'J12',
  title:
    'a disk on which every sync is slow and some take seconds: entries wait, memory stays within bounds, nothing is lost',
  tiers: 'N',
  caseMinutes: 4,
  async run(context) {
    needStrace()
    await eachCase(context, (item) => slow(item, context))
  },
}

async function slow({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const microseconds = random.pick([50, 200, 1000, 5000]) * 1000
  const when = microseconds > 500_000 ? `1+${random.between(5, 20)}` : '1+'
  const injections = [{ call: 'fdatasync', when, what: `delay_exit=${microseconds}` }]
  const life = { dir, from: 1, count: 10_000_000, window, drain: 30_000 }
  const app = new Child({
    program: 'app-life',
    life,
    nodeOptions: smallHeap,
    before: straced({ injections }),
    onLine: acknowledgements.hear,
  })
  try {
    await app.line('ready', 120_000)
    const pid = tracedBy(app.pid)
    await sleep(warmMs)
    const warm = rssMiB(pid)
    let most = warm
    for (let left = context.tier === 'P' ? 5 : 60; left > 0 && !app.isOver; left--) {
      await sleep(1000)
      most = Math.max(most, rssMiB(pid))
    }
    process.kill(pid, 'SIGTERM')
    const { code, errors } = await app.end(120_000)
    if (code !== 0) throw new Error(`It ended with ${code}:\n${errors}`)
    if (acknowledgements.highest === 0) throw new Error('Nothing was acknowledged')
    if (most - warm > growthMiBMax) throw new Error(`Behind a slow disk it grew from ${warm} to ${most} MiB`)
    context.note(`${Math.round(most - warm)} MiB more at most behind syncs of ${microseconds / 1000} ms`)
    await judgeApp(dir, acknowledgements)
    const from = acknowledgements.firstMissing
    const count = Math.max(0, acknowledgements.highest + 1 - from)
    const last = await runToEnd({ program: 'app-life', life: { dir, from, count }, onLine: acknowledgements.hear })
    await judgeApp(dir, acknowledgements, last)
  } finally {
    app.kill()
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

function tracedBy(strace: number): number {
  const [first] = readFileSync(`/proc/${strace}/task/${strace}/children`, 'utf8').trim().split(' ')
  return Number(first)
}
