/**
 * J8-REAL: a disk that turns read-only, a folder that vanishes, no rights, no file descriptors, unreadable files, for a while under a running app. It goes on or ends loudly; what it
 * acknowledged is there; and when all is well again it goes on where it was: positions never begin anew. (`j8.ts` has every error at every call, simulated.)
 */
import { spawn } from 'node:child_process'
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Acknowledgements } from '../real/acknowledgements.ts'
import { judgeApp } from '../real/app-judge.ts'
import { Child, runToEnd, sleep, until } from '../real/child.ts'
import { diskCalls, needStrace } from '../real/strace.ts'
import { eachCase } from '../row.ts'
import type { Case, Row, RowContext } from '../row.ts'

/** Does harm to a running app, and answers how to make it good again. */
type Harm = (app: Child, dir: string) => () => Promise<void>

/** From now on strace answers these calls of the app in the place of the kernel: for root nothing is forbidden, and no disk turns read-only while files are open on it. */
const answered =
  (error: string, calls: readonly string[]): Harm =>
  ({ pid }) => {
    const inject = `inject=${calls.join()}:error=${error}`
    const strace = spawn('strace', [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${calls.join()}`,
      '-e',
      inject,
      '-p',
      String(pid),
    ])
    const ended = new Promise<void>((resolve) => strace.on('close', () => resolve()))
    return () => {
      strace.kill('SIGINT')
      return ended
    }
  }

const harms: { readonly [name: string]: Harm } = {
  'read-only disk': answered('EROFS', diskCalls),
  'no rights': answered('EACCES', ['openat', 'unlink', 'rename', 'mkdir']),
  'no file descriptors': answered('EMFILE', ['openat']),
  'unreadable files': answered('EIO', ['pread64']),
  'vanished folder': (_app, dir) => {
    const [here, elsewhere] = [join(dir, 'journal'), join(dir, 'elsewhere')]
    renameSync(here, elsewhere)
    return async () => {
      rmSync(here, { recursive: true, force: true })
      renameSync(elsewhere, here)
    }
  },
}
const names = Object.keys(harms)

export const row: Row = {
  id: 'J8-REAL',
  title:
    'read-only, unreadable, no rights, no descriptors, a folder that vanishes: it goes on or ends loudly, and never begins anew',
  tiers: 'PN',
  isDivisible: true,
  async run(context) {
    needStrace()
    await eachCase(context, (item) => suffer(item, context), context.cases === Infinity ? names.length : Infinity)
  },
}

async function suffer({ number, random }: Case, context: RowContext): Promise<void> {
  const name = names[number % names.length]!
  const dir = join(context.dir, String(number))
  mkdirSync(dir)
  const acknowledgements = new Acknowledgements(dir)
  const life = { dir, from: 1, count: 1_000_000, everyMs: 3, drain: 10_000 }
  const app = new Child({ program: 'app-life', life, onLine: acknowledgements.hear })
  try {
    await until('20 acknowledgements', () => acknowledgements.highest > 20 || app.isOver)
    const makeGood = harms[name]!(app, dir)
    await sleep(random.between(300, 1500))
    // An app that is told to end in the midst of it may hang on a call; it is told when all is well.
    await makeGood()
    if (!app.isOver) await sleep(300)
    app.kill('SIGTERM')
    const { code, errors } = await app.end()
    if (code !== 0 && !/MB_/.test(errors))
      throw new Error(`${name}: it ended with ${code}, and why is not told:\n${errors}`)
    await judgeApp(dir, acknowledgements)
    await goOn(name, dir, acknowledgements)
  } finally {
    app.kill()
    acknowledgements.close()
  }
  rmSync(dir, { recursive: true })
}

async function goOn(name: string, dir: string, acknowledgements: Acknowledgements): Promise<void> {
  const from = acknowledgements.firstMissing
  const count = Math.max(20, acknowledgements.highest + 20 - from)
  const last = await runToEnd({ program: 'app-life', life: { dir, from, count }, onLine: acknowledgements.hear })
  if (last.code !== 0) throw new Error(`${name}: it does not start again:\n${last.errors}`)
  await judgeApp(dir, acknowledgements, last)
}
