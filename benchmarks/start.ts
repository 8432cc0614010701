/** From the start of a process to its first event handled by the last stop. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { verify } from './bench.ts'
import type { Bench } from './bench.ts'
import { inFolder } from './folder.ts'
import { rounded } from './percentiles.ts'

export const start: Bench = {
  name: 'start',
  purpose: 'from the start of a process on an empty journal to its first event handled',
  options: {},
  run: () => inFolder(async (dir) => ({ bench: 'start', firstEventMs: rounded(await firstEventMs(dir), 0) })),
}

/** Starts a process over the journal in `dir`, and stops it when the last stop has been given an event. */
export async function firstEventMs(dir: string): Promise<number> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'first-event.ts'), dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const answer = await Promise.race([once(child.stdout, 'data'), exited.then(() => undefined)])
  const ms = performance.now() - startMs
  const [code] = await exited
  verify(answer !== undefined && code === 0, `the process ended with ${String(code)}`)
  return ms
}
