/**
 * J3: real power cuts. The journal lies on XFS on a loop file, which is shut down without flushing its log under a running program: what was not synced is gone, as in a power cut. Then it
 * is mounted again, and everything acknowledged must be there. Some cuts in a row hit the same file system.
 *
 * The row proves that it could see a loss: one run with a library that turns every sync into nothing must lose something.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { groupMax } from '../programs/journal-places.ts'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep, until } from '../real/child.ts'
import { judgeJournal } from '../real/journal-judge.ts'
import { mount, unmount } from '../real/mounts.ts'
import { needTool } from '../real/strace.ts'
import { MissingTool, casesOf, describe } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

const cutsOfCase = 5
const imageBytes = 320 * 1024 * 1024
/** Where Debian has it. */
const noSyncLibrary = '/usr/lib/x86_64-linux-gnu/libeatmydata.so'

export const row: Row = {
  id: 'J3',
  title:
    'real power cuts of a real file system: everything acknowledged is there, and without syncs the row sees the loss',
  tiers: 'N',
  isDivisible: true,
  async run(context) {
    needTool('mkfs.xfs', 'xfsprogs', '-V')
    needTool('xfs_io', 'xfsprogs', '-V')
    if (!existsSync(noSyncLibrary)) throw new MissingTool('libeatmydata.so', 'libeatmydata1')
    if (context.first === 0) await mustLoseWithoutSyncs(context)
    for await (const item of casesOf(context)) {
      try {
        await cutAgainAndAgain(item, context)
      } catch (error) {
        context.violation(describe(error), item.number)
      }
    }
  },
}

/** A file system of its own, that can be cut off. */
class PowerlessDisk {
  readonly dir: string
  readonly #image: string

  constructor(dir: string) {
    this.dir = join(dir, 'disk')
    this.#image = join(dir, 'image')
    mkdirSync(this.dir, { recursive: true })
    writeFileSync(this.#image, '')
    truncateSync(this.#image, imageBytes)
    execFileSync('mkfs.xfs', ['-q', this.#image])
    this.mount()
  }

  mount(): void {
    mount(['-o', 'loop', this.#image, this.dir], this.dir)
  }

  /** Nothing reaches the disk any more, not even what the file system has in its own log. */
  cut(): void {
    execFileSync('xfs_io', ['-x', '-c', 'shutdown', this.dir], { stdio: 'ignore' })
  }

  unmount(): void {
    unmount(this.dir)
  }
}

async function cutAgainAndAgain({ number, random }: Case, context: RowContext): Promise<void> {
  const dir = join(context.dir, String(number))
  const disk = new PowerlessDisk(dir)
  const isApp = number % 2 === 1
  const acknowledgements = new Acknowledgements(dir)
  try {
    for (let cut = 0; cut < cutsOfCase; cut++) {
      if (context.counted >= context.cases || context.signal.aborted) break
      await liveUntilCut(disk, isApp, acknowledgements, random.between(5, 400))
      if (isApp) await judgeApp(disk.dir, acknowledgements)
      else await judgeJournal(join(disk.dir, 'journal'), acknowledgements)
      context.done()
    }
    if (isApp) await finish(disk.dir, acknowledgements)
  } finally {
    acknowledgements.close()
    disk.unmount()
  }
  rmSync(dir, { recursive: true })
}

/** Runs a program until some events more are acknowledged, cuts the power, and mounts the disk again. */
async function liveUntilCut(
  disk: PowerlessDisk,
  isApp: boolean,
  acknowledgements: Acknowledgements,
  more: number,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { highest } = acknowledgements
  const { dir } = disk
  const child = new Child(
    isApp
      ? {
          program: 'app-life',
          life: { dir, from: acknowledgements.firstMissing, count: 1_000_000 },
          onLine: acknowledgements.hear,
          env,
        }
      : {
          program: 'journal-life',
          life: { dir: join(dir, 'journal'), from: acknowledgements.nextFrom(groupMax), groups: 100_000 },
          onLine: acknowledgements.hear,
          env,
        },
  )
  try {
    await until(`${more} acknowledgements`, () => acknowledgements.highest >= highest + more || child.isOver)
    if (child.isOver) throw new Error(`It ended before the power was cut:\n${child.errors}`)
    disk.cut()
    // What it still says was acknowledged before the cut, or is a lie: both count.
    await sleep(20)
  } finally {
    child.kill()
    await child.ended
  }
  disk.unmount()
  disk.mount()
}

async function finish(dir: string, acknowledgements: Acknowledgements): Promise<void> {
  const from = acknowledgements.firstMissing
  const count = acknowledgements.highest + 1 - from
  const ended = await runToEnd({ program: 'app-life', life: { dir, from, count }, onLine: acknowledgements.hear })
  if (ended.code !== 0) throw new Error(`It does not start again:\n${ended.errors}`)
  await judgeApp(dir, acknowledgements, ended)
}

async function mustLoseWithoutSyncs(context: RowContext): Promise<void> {
  const dir = join(context.dir, 'without-syncs')
  const disk = new PowerlessDisk(dir)
  const acknowledgements = new Acknowledgements(dir)
  try {
    await liveUntilCut(disk, false, acknowledgements, 400, { LD_PRELOAD: noSyncLibrary })
    const seen = await judgeJournal(join(disk.dir, 'journal'), acknowledgements).then(
      () => false,
      () => true,
    )
    if (!seen) throw new Error('Nothing is lost although nothing was synced: this row cannot see a power cut')
  } finally {
    acknowledgements.close()
    disk.unmount()
  }
}
