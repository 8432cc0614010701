/** Rides made by a process of its own, with the package compiled: what a bench starts from, or measures. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { verify } from './bench.ts'
import type { Done, Task } from './rides-process.ts'

/** Runs a process over the journal in `dir` until it has done its task; one that fills is then killed with -9. */
export async function rides(task: Task, dir: string, packageUrl: string, events: number): Promise<Done> {
  const program = join(import.meta.dirname, 'rides-process.ts')
  const child = spawn(process.execPath, [program, dir, packageUrl, String(events), task], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const answer = await Promise.race([once(child.stdout, 'data'), exited.then(() => undefined)])
  verify(answer !== undefined, `the process that was to ${task} ended before it was done`)
  if (task === 'fill') child.kill('SIGKILL')
  const [code] = await exited
  verify(task === 'fill' || code === 0, `the process that was to ${task} ended with ${String(code)}`)
  return JSON.parse(String(answer[0])) as Done
}
