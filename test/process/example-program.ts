/** Programs of this repository as processes of their own: started, killed, and waited for with a deadline. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

/** Nothing here takes as long. */
const endMsMax = 60_000
const root = join(import.meta.dirname, '../..')

/** How a program ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs. */
export interface Program {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
}

/** Starts a file of this repository in the folder `cwd`. It does not outlive the test. */
export function start(t: TestContext, file: string, args: readonly string[], cwd: string): Program {
  const child = spawn(process.execPath, [join(root, file), ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } })
  t.after(() => child.kill('SIGKILL'))
  // A program that hangs is a failure, not a test without an end.
  const deadline = setTimeout(() => child.kill('SIGKILL'), endMsMax)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  // A program that was killed no longer reads what it is sent.
  child.stdin.on('error', () => {})
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(deadline)
      resolve({ code, signal, stdout, stderr })
    })
  })
  return { child, ended }
}

/** Runs a file to its end, with nothing or `input` on standard input. */
export function run(t: TestContext, file: string, args: readonly string[], cwd: string, input = ''): Promise<Ended> {
  const { child, ended } = start(t, file, args, cwd)
  child.stdin.end(input)
  return ended
}

/** A folder of its own for a test. */
export function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Asks again and again until it holds. */
export async function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await sleep(2)
  }
}
