/**
 * J7: no space. ENOSPC at every write of a life in turn, once or some times in a row: the life goes on by itself and comes to its end with everything. And an app on a small
 * file system that is filled up and freed, by bytes and by inodes: it waits, and goes on by itself within 5 s.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { groupMax } from '../programs/journal-places.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep, until } from '../real/child.ts'
import { judgeJournal } from '../real/journal-judge.ts'
import { measure } from '../real/measure.ts'
import { mountTmpfs, unmount } from '../real/mounts.ts'
import { sideBySide } from '../real/side-by-side.ts'
import { needStrace, oneThread, straced, writeCalls } from '../real/strace.ts'
import type { Point } from '../real/strace.ts'
import type { Case, Row, RowContext } from '../row.ts'

/** Of cases that are not a sweep, every so many one fills a file system. */
const fillEvery = 11
const fillsOfSweep = 2
/** A case that finds no space mostly waits. */
const width = 3
const resumeMsMax = 5000

const life = (dir: string, from: number) => ({
  program: 'journal-life',
  life: { dir: join(dir, 'journal'), from, groups: 10, housekeepEvery: 4, reserveBytes: 64 * 1024 },
})

export const row: Row = {
  id: 'J7',
  title:
    'no space at any write, no inodes, full and free again: entries wait, nothing is lost, and it goes on by itself within 5 s',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    needStrace()
    const measured = join(context.dir, 'measured')
    mkdirSync(measured)
    const points = await measure(measured, writeCalls, life(measured, 1))
    const isSweep = context.cases === Infinity
    const one = (item: Case): Promise<void> => {
      const isFill = isSweep ? item.number >= points.length : item.number % fillEvery === 0
      return isFill ? fillAndFree(item, context) : refuse(item, context, points[item.number % points.length]!)
    }
    await sideBySide(context, width, one, isSweep ? points.length + fillsOfSweep : undefined)
  },
}

/** One write, or some in a row, find no space. */
async function refuse(item: Case, context: RowContext, point: Point): Promise<void> {
  const dir = join(context.dir, String(item.number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  try {
    const when = item.random.chance(0.5) ? `${point.when}` : `${point.when}..${point.when + item.random.between(1, 3)}`
    const before = straced({ injections: [{ call: point.call, when, what: 'error=ENOSPC' }] })
    const options = { ...life(dir, acknowledgements.nextFrom(groupMax)), before, env: oneThread }
    const ended = await runToEnd({ ...options, onLine: acknowledgements.hear })
    const isRefusedStart = acknowledgements.highest === 0 && /MB_NO_SPACE|ENOSPC/.test(ended.errors)
    if (!ended.lines.includes('closed') && !isRefusedStart)
      throw new Error(
        `${point.call} ${when} found no space, and it ended (${ended.signal ?? ended.code}):\n${ended.errors}`,
      )
    await judgeJournal(join(dir, 'journal'), acknowledgements, false)
  } finally {
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

/** An app on a file system that is filled and freed again and again. */
async function fillAndFree({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  const small = join(dir, 'small')
  mountTmpfs(small, 'size=32m,nr_inodes=200')
  const acknowledgements = new Acknowledgements(dir)
  const app = new Child({
    program: 'app-life',
    life: { dir: small, from: 1, count: 1_000_000, everyMs: 5, reserveBytes: 256 * 1024, drain: 10_000 },
    onLine: acknowledgements.hear,
  })
  try {
    await app.line('ready')
    for (let cycle = random.between(2, 4); cycle > 0; cycle--) {
      await goesOn(app, acknowledgements)
      const free = random.chance(0.5) ? fillBytes(small) : fillInodes(small)
      await sleep(random.between(200, 1200))
      if (app.isOver) break
      free()
      await goesOn(app, acknowledgements)
    }
    app.kill('SIGTERM')
    const ended = await app.end()
    if (ended.code !== 0) throw new Error(`It ended with ${ended.signal ?? ended.code}:\n${ended.errors}`)
    await judgeApp(small, acknowledgements)
    const from = acknowledgements.firstMissing
    const last = await runToEnd({
      program: 'app-life',
      life: { dir: small, from, count: 20 },
      onLine: acknowledgements.hear,
    })
    await judgeApp(small, acknowledgements, last)
  } finally {
    app.kill()
    acknowledgements.close()
    unmount(small)
  }
  rmSync(dir, { recursive: true })
}

async function goesOn(app: Child, acknowledgements: Acknowledgements): Promise<void> {
  const { highest } = acknowledgements
  const goes = (): boolean => app.isOver || acknowledgements.highest > highest
  await until(`an acknowledgement behind ${highest}`, goes, resumeMsMax)
  if (app.isOver) throw new Error(`It ended for want of space:\n${app.errors}`)
}

function fillBytes(dir: string): () => void {
  const file = openSync(join(dir, 'ballast'), 'w')
  try {
    for (let size = 1024 * 1024; size >= 512;) {
      try {
        writeSync(file, Buffer.alloc(size, 1))
      } catch {
        size >>= 1
      }
    }
  } finally {
    closeSync(file)
  }
  return () => rmSync(join(dir, 'ballast'))
}

function fillInodes(dir: string): () => void {
  const folder = join(dir, 'many')
  mkdirSync(folder)
  try {
    for (let count = 0; ; count++) writeFileSync(join(folder, String(count)), '')
  } catch {
    return () => rmSync(folder, { recursive: true })
  }
}
