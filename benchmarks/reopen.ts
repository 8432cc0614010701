/** What a large journal adds to a start after `kill -9`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { numberOf, verify } from './bench.ts'
import type { Bench, BenchOptions } from './bench.ts'
import { bytesOf, inFolder } from './folder.ts'
import { rounded } from './percentiles.ts'
import { compiled, firstEventMs, firstEventProgram } from './start.ts'

export const reopen: Bench = {
  name: 'reopen',
  purpose: 'what a journal left by kill -9 adds to the time from start to first event',
  options: { bytes: { type: 'string', hint: 'size of the journal; default 2147483648' } },
  run: (options) => inFolder((dir) => run(dir, options)),
}

async function run(dir: string, options: BenchOptions): Promise<Readonly<Record<string, unknown>>> {
  const bytes = numberOf(options, 'bytes', 2 * 1024 ** 3)
  const journal = join(dir, 'journal')
  await fillAndKill(journal, bytes)
  const journalBytes = bytesOf(journal)
  const packageUrl = compiled(join(dir, 'dist'))
  const program = firstEventProgram(join(dir, 'program'))
  const emptyMs = await firstEventMs(program, join(dir, 'empty'), packageUrl)
  const filledMs = await firstEventMs(program, journal, packageUrl)
  return { bench: 'reopen', journalBytes, addedMs: rounded(filledMs - emptyMs, 0) }
}

async function fillAndKill(journal: string, bytes: number): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fill.ts'), journal], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const exited = once(child, 'exit')
  while (child.exitCode === null && (!existsSync(journal) || bytesOf(journal) < bytes)) await sleep(50)
  child.kill('SIGKILL')
  const [code, signal] = await exited
  verify(signal === 'SIGKILL', `the process that fills the journal ended by itself with ${String(code)}`)
}
