import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Command } from 'commander'
import { isMetrobusError } from '../../errors/index.ts'
import { nodePlatform } from '../../internal/platform/node.ts'
import type { Context, Runner } from '../context.ts'
import { codeOf, exitCode } from '../exit-code.ts'
import { bytesText } from '../format.ts'
import { damageLine } from '../journal-damage.ts'
import { measureSync } from '../machine.ts'
import { progressBar } from '../progress.ts'
import { openTarget } from '../target.ts'

/** One thing looked at. */
interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly found: string
  /** What to do; empty when it is well. */
  readonly advice: string
}

const freeBytesMin = 1024 ** 3
/** Beyond this a disk is slow or does not belong to this machine. */
const syncMsMax = 50

/** `metrobus doctor` */
export const command = (run: Runner): Command =>
  new Command('doctor')
    .description('look for what keeps an app from running well: Node, disk, sync, lock, journal')
    .action((_options, command: Command) =>
      run(command, async (context) => {
        const { output, options } = context
        const folder = existing(resolve(options.dir))
        const findings = [nodeVersion(), await diskFree(folder), await syncTime(folder), ...(await journal(context))]
        if (findings.some(({ ok }) => !ok)) context.exitCode = exitCode.problems
        if (output.json) return await output.document({ ok: findings.every(({ ok }) => ok), findings })
        await output.table(
          ['', 'CHECK', 'FOUND', 'WHAT TO DO'],
          findings.map(({ check, ok, found, advice }) => [ok ? 'ok' : 'PROBLEM', check, found, advice]),
        )
      }),
    )

/** The folder, or the nearest above it that is there. */
function existing(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : existing(dirname(folder))
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > 22 || (major === 22 && minor >= 18)
  return {
    check: 'Node',
    ok,
    found: process.versions.node,
    advice: ok ? '' : 'install Node 24; 22.18 is the oldest that works',
  }
}

async function diskFree(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder)
  const ok = bavail * bsize >= freeBytesMin
  return {
    check: 'free disk',
    ok,
    found: bytesText(bavail * bsize),
    advice: ok ? '' : 'make room: entries wait while the disk is full',
  }
}

async function syncTime(folder: string): Promise<Finding> {
  try {
    const { fdatasyncP50Ms, fdatasyncP99Ms } = await measureSync(folder, 50)
    const ok = fdatasyncP50Ms <= syncMsMax
    const advice = ok ? '' : 'every event waits for a sync: use a local disk, not one of the network'
    return { check: 'fdatasync', ok, found: `p50 ${fdatasyncP50Ms} ms, p99 ${fdatasyncP99Ms} ms`, advice }
  } catch (error) {
    return { check: 'fdatasync', ok: false, found: messageOf(error), advice: `make ${folder} writable for this user` }
  }
}

/** What runs, and whether the journal is whole. */
async function journal(context: Context): Promise<readonly Finding[]> {
  const { dir } = context.options
  try {
    await using target = await openTarget(context)
    if (!target.isLive) {
      // Its lock is needed.
      await target[Symbol.asyncDispose]()
      return [{ check: 'app', ok: true, found: 'does not run', advice: '' }, await wholeJournal(context)]
    }
    const { app, pid } = await target.client.app()
    const { status, reasons } = await target.client.ready()
    const isReady = status === 'ok'
    return [
      { check: 'app', ok: isReady, found: `${app} runs as process ${pid}`, advice: reasons.join(' ') },
      { check: 'journal', ok: true, found: 'in use by the app', advice: '' },
    ]
  } catch (error) {
    if (isMetrobusError(error, 'MB_JOURNAL_MISSING'))
      return [{ check: 'journal', ok: true, found: `none in ${dir} yet`, advice: '' }]
    return [{ check: 'journal', ok: false, found: codeOf(error), advice: messageOf(error) }]
  }
}

async function wholeJournal({ output, options }: Context): Promise<Finding> {
  const { verifyJournal } = await import('../../journal/index.ts')
  using bar = await progressBar(output, 'bytes of the journal')
  const progress = (done: number, total: number): void => bar.at(done, total)
  const { bytes, damages } = await verifyJournal({ dir: options.dir, platform: nodePlatform, progress })
  const [first] = damages
  if (first === undefined) return { check: 'journal', ok: true, found: `whole, ${bytesText(bytes)}`, advice: '' }
  const advice = 'see `metrobus journal verify`, and copy what is whole with `metrobus journal salvage --to DIR`'
  return { check: 'journal', ok: false, found: `${damages.length} damages, first ${damageLine(first)}`, advice }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
