/**
 * P7: a soak. An app works for two and a half hours, one event in a hundred fails its first try, and now and then it is stopped and started again. Memory and descriptors stay where
 * they were, and at the end everything is where it belongs.
 */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep } from '../real/child.ts'
import { descriptors, rssMiB, smallHeap } from '../real/proc.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const figures = {
  P: { lives: 2, lifeMs: 24_000, everyMs: 2 },
  N: { lives: 5, lifeMs: 30 * 60_000, everyMs: 20 },
} as const
/** Between the second quarter of a life and the last one: what a warm process may still take, by what its collector leaves. */
const growthMiBMax = 24
const descriptorsMoreMax = 2
const sampleMs = 500

interface Sample {
  readonly rss: number
  readonly descriptors: number
}

export const row: Row = {
  id: 'P7',
  title: 'a soak of hours with errors and restarts: memory and descriptors stay where they were, nothing is lost',
  tiers: 'N',
  caseMinutes: 155,
  run: (context) => eachCase(context, (item) => soak(item, context)),
}

async function soak({ number }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const { lives, lifeMs, everyMs } = figures[context.tier]
  try {
    for (let life = 0; life < lives; life++) {
      const samples = await live(dir, acknowledgements, { lifeMs, everyMs })
      const quarter = samples.length >> 2
      const early = meanOf(samples.slice(quarter, 2 * quarter))
      const late = meanOf(samples.slice(-quarter))
      const growth = late.rss - early.rss
      context.note(
        `life ${life + 1}: ${growth.toFixed(1)} MiB more in its last quarter than in its second, ${Math.round(late.descriptors)} descriptors`,
      )
      if (growth > growthMiBMax)
        throw new Error(`Memory grew from ${Math.round(early.rss)} to ${Math.round(late.rss)} MiB`)
      if (late.descriptors - early.descriptors > descriptorsMoreMax)
        throw new Error(`${early.descriptors} descriptors became ${late.descriptors}`)
      await judgeApp(dir, acknowledgements)
    }
    const from = acknowledgements.firstMissing
    const count = Math.max(0, acknowledgements.highest + 1 - from)
    const last = await runToEnd({ program: 'app-life', life: { dir, from, count }, onLine: acknowledgements.hear })
    if (last.code !== 0) throw new Error(`It does not start again:\n${last.errors}`)
    await judgeApp(dir, acknowledgements, last)
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

async function live(
  dir: string,
  acknowledgements: Acknowledgements,
  { lifeMs, everyMs }: { readonly lifeMs: number; readonly everyMs: number },
): Promise<readonly Sample[]> {
  const life = { dir, from: acknowledgements.firstMissing, count: 10_000_000, everyMs, failsOf: 100, drain: 10_000 }
  const app = new Child({ program: 'app-life', life, nodeOptions: smallHeap, onLine: acknowledgements.hear })
  try {
    await app.line('ready')
    const samples: Sample[] = []
    for (const until = performance.now() + lifeMs; performance.now() < until && !app.isOver;) {
      await sleep(sampleMs)
      samples.push({ rss: rssMiB(app.pid), descriptors: descriptors(app.pid) })
    }
    app.kill('SIGTERM')
    const { code, errors } = await app.end()
    if (code !== 0) throw new Error(`It ended with ${code}:\n${errors}`)
    return samples
  } finally {
    app.kill()
  }
}

function meanOf(samples: readonly Sample[]): Sample {
  const mean = (value: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / Math.max(1, samples.length)
  return { rss: mean(({ rss }) => rss), descriptors: mean((sample) => sample.descriptors) }
}
