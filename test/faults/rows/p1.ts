/** P1: a producer that is much faster than the stop behind it. The lag grows on the disk and not in memory, and nothing is lost. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { archived, judgeApp } from '../real/app-judge.ts'
import { Child, sleep } from '../real/child.ts'
import { rssMiB, smallHeap } from '../real/proc.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const growthMiBMax = 64
const warmMs = 15_000

export const row: Row = {
  id: 'P1',
  title: 'a producer much faster than the stop behind it: the lag grows on the disk, memory does not, nothing is lost',
  tiers: 'N',
  caseMinutes: 12,
  run: (context) => eachCase(context, (item) => outrun(item, context)),
}

async function outrun({ number }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  // 128 handlers at once: 500 events a second.
  const life = { dir, from: 1, count: 1_000_000, takesMs: 250, everyMs: 0, drain: 10_000 }
  const app = new Child({ program: 'app-life', life, nodeOptions: smallHeap, onLine: acknowledgements.hear })
  try {
    await app.line('ready')
    await sleep(warmMs)
    const warm = rssMiB(app.pid)
    let most = warm
    for (let left = context.tier === 'P' ? 20 : 600; left > 0 && !app.isOver; left--) {
      await sleep(1000)
      most = Math.max(most, rssMiB(app.pid))
    }
    app.kill('SIGTERM')
    const { code, errors } = await app.end()
    if (code !== 0) throw new Error(`It ended with ${code}:\n${errors}`)
    const lag = acknowledgements.highest - archived(join(dir, 'archive.ndjson')).length
    context.note(
      `${lag} events behind in the end, ${Math.round(most - warm)} MiB more at most than after ${warmMs / 1000} s`,
    )
    if (most - warm > growthMiBMax)
      throw new Error(`It grew from ${Math.round(warm)} to ${Math.round(most)} MiB, ${lag} events behind`)
    await judgeApp(dir, acknowledgements)
  } finally {
    app.kill()
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}
