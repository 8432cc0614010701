/**
 * P6: SIGTERM under load, once or twice, while it starts or while it works. Once: the app drains within its limit and ends with 0. Twice: it ends at once. Either way nothing is lost and
 * nothing happens twice, which the next run shows.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep, until } from '../real/child.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const drainMs = 3000
/** What a process needs besides: two processors are shared by all. */
const exitMsMax = drainMs + 5000
const terminatedTwice = 143

export const row: Row = {
  id: 'P6',
  title: 'SIGTERM under load: it drains within its limit, a second one ends it at once, and nothing happens twice',
  tiers: 'N',
  isDivisible: true,
  async run(context) {
    const tookMs: number[] = []
    await eachCase(context, async (item) => void tookMs.push(await terminate(item, context)))
    const sorted = tookMs.toSorted((one, other) => one - other)
    context.note(`exit after ${sorted[sorted.length >> 1]} ms in the median, ${sorted.at(-1)} ms at most`)
  },
}

async function terminate({ number, random }: Case, context: RowContext): Promise<number> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const isTwice = random.chance(0.3)
  // What is not over by then is cut off, and rides at the next start.
  const isSlow = random.chance(0.3)
  const life = { dir, from: 1, count: 1_000_000, takesMs: isSlow ? drainMs * 2 : random.between(0, 40), drain: drainMs }
  const app = new Child({ program: 'app-life', life, onLine: acknowledgements.hear })
  try {
    const enough = random.between(0, 400)
    await app.line('ready')
    await until(`${enough} acknowledgements`, () => acknowledgements.highest >= enough || app.isOver)
    const begun = performance.now()
    app.kill('SIGTERM')
    if (isTwice) {
      await sleep(random.between(0, 50))
      app.kill('SIGTERM')
    }
    const { code, signal, errors } = await app.end(exitMsMax)
    const tookMs = Math.round(performance.now() - begun)
    // A second one that comes when Node is through and takes its handlers down ends it by itself: a shell shows 143 for that, too.
    const endedTwice = isTwice && (code === terminatedTwice || signal === 'SIGTERM')
    if (code !== 0 && !endedTwice) throw new Error(`It ended with ${signal ?? code}:\n${errors}`)
    await judgeApp(dir, acknowledgements)
    const from = acknowledgements.firstMissing
    const count = Math.max(0, acknowledgements.highest + 1 - from)
    const last = await runToEnd({ program: 'app-life', life: { dir, from, count }, onLine: acknowledgements.hear })
    if (last.code !== 0) throw new Error(`It does not start again:\n${last.errors}`)
    await judgeApp(dir, acknowledgements, last)
    rmSync(dir, { recursive: true })
    return tookMs
  } finally {
    app.kill()
    acknowledgements.close()
  }
}
