/**
 * strace between a program and the kernel: it kills at the n-th call, or answers a call in the kernel's place, or writes down what was called. It counts calls by thread;
 * with one thread in the pool (`oneThread`) the n-th call of a kind is the same one in every run, as far as the program is.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { MissingTool } from '../row.ts'

/** The environment in which calls can be counted. */
export const oneThread = { UV_THREADPOOL_SIZE: '1' } as const

/** Calls that change a disk, or may be refused by one. */
export const diskCalls = [
  'pwrite64',
  'pwritev',
  'fdatasync',
  'fsync',
  'ftruncate',
  'rename',
  'unlink',
  'mkdir',
] as const
export const writeCalls = ['pwrite64', 'pwritev'] as const
export const syncCalls = ['fdatasync', 'fsync'] as const

/** What to do at a call: `{ call: 'fdatasync', when: '3', what: 'error=EIO' }`. */
export interface Injection {
  readonly call: string
  /** As strace has it: `3` the third, `3+` the third and all after it. */
  readonly when: string
  readonly what: string
}

/** Words to put before a command. With `log`, every call of `calls` is written there. */
export function straced(options: {
  readonly injections?: readonly Injection[]
  readonly log?: string
  readonly calls?: readonly string[]
}): readonly string[] {
  const { injections = [], log = '/dev/null', calls = injections.map(({ call }) => call) } = options
  const given = injections.flatMap(({ call, when, what }) => ['-e', `inject=${call}:${what}:when=${when}`])
  // Stopping at the chosen calls alone is fast, but strace 6.1 then never sends the signal.
  const filter = injections.some(({ what }) => what.startsWith('signal=')) ? [] : ['--seccomp-bpf']
  return ['strace', '-f', '-qq', '-y', ...filter, '-o', log, '-e', `trace=${[...new Set(calls)].join()}`, ...given]
}

/** Throws when the tool is not there. */
export function needTool(program: string, debianPackage: string, ...args: readonly string[]): void {
  if (spawnSync(program, args, { stdio: 'ignore' }).error !== undefined) throw new MissingTool(program, debianPackage)
}

export const needStrace = (): void => needTool('strace', 'strace', '-V')

/** A call in a log of strace. */
export interface LoggedCall {
  readonly thread: string
  readonly name: string
  /** What stands between the brackets. */
  readonly args: string
  readonly result: string
  readonly isInjected: boolean
}

/** The calls of a log, in their order. One that was interrupted by another thread's is put together, at its end. */
export function callsIn(log: string): readonly LoggedCall[] {
  const calls: LoggedCall[] = []
  const begun = new Map<string, string>()
  for (const line of readFileSync(log, 'latin1').split('\n')) {
    const [, thread = '', said = ''] = /^(\d+) +(.*)$/.exec(line) ?? []
    const unfinished = /^(.*) <unfinished \.\.\.>$/.exec(said)
    if (unfinished !== null) {
      begun.set(thread, unfinished[1]!)
      continue
    }
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(said)
    const whole = resumed === null ? said : (begun.get(thread) ?? '') + resumed[1]!
    const found = /^(\w+)\((.*)\) += (.*)$/.exec(whole)
    if (found === null) continue
    const [, name = '', args = '', result = ''] = found
    calls.push({ thread, name, args, result, isInjected: result.includes('(INJECTED)') })
  }
  return calls
}

/** A call on the files of a folder: the `when`-th of its kind in its thread. */
export interface Point {
  readonly call: string
  readonly when: number
  readonly args: string
}

/** Every call of a log that concerns the folder. The same call of two threads at the same count is one point. */
export function pointsOf(log: string, dir: string): readonly Point[] {
  const counts = new Map<string, number>()
  const points = new Map<string, Point>()
  for (const { thread, name, args } of callsIn(log)) {
    const counter = `${thread} ${name}`
    const when = (counts.get(counter) ?? 0) + 1
    counts.set(counter, when)
    if (args.includes(dir)) points.set(`${name} ${when}`, { call: name, when, args })
  }
  return [...points.values()]
}
