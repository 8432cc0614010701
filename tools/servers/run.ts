/** Programs and files that the servers need from the machine. */
import { spawn, spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** What a person can mend is said in one sentence, without a stack. */
export class ServerProblem extends Error {}

/** Runs a program to its end; a failure tells the last lines that it said. */
export function run(program: string, words: readonly string[], missing: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') throw new ServerProblem(missing)
  if (error !== undefined) throw error
  if (status === 0) return stdout
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n')
  throw new ServerProblem(`${program} ${words[0] ?? ''} … failed with ${status}:\n${said}`)
}

/** Starts a program that outlives this one and writes to a log file; answers its process id. */
export function launch(program: string, words: readonly string[], log: string): number {
  const file = openSync(log, 'a')
  const child = spawn(program, words, { detached: true, stdio: ['ignore', file, file] })
  child.unref()
  if (child.pid === undefined) throw new ServerProblem(`${program} cannot be started.`)
  return child.pid
}

/** True while the process lives and its command line holds `mark`: a number may belong to another program by now. */
export function lives(pid: number, mark: string): boolean {
  const { stdout } = spawnSync('ps', ['-p', String(pid), '-o', 'stat=,args='], { encoding: 'utf8' })
  return stdout.includes(mark) && !stdout.trimStart().startsWith('Z')
}

/** Sends SIGTERM, and SIGKILL when the program takes longer than `graceMs`. */
export async function end(pid: number, mark: string, graceMs: number): Promise<void> {
  if (!lives(pid, mark)) return
  if (graceMs > 0) process.kill(pid, 'SIGTERM')
  const until = Date.now() + graceMs
  while (Date.now() < until && lives(pid, mark)) await pause(100)
  if (lives(pid, mark)) process.kill(pid, 'SIGKILL')
  while (lives(pid, mark)) await pause(20)
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer()
      await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
