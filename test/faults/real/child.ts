/**
 * A program of `programs/` in a process of its own, with what is put between it and the kernel: strace, limits, a preloaded library. It says what it has to say in lines.
 * Every child leads a group of its own, so that killing it reaches the program behind strace too, and nothing else.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { compileCache } from '../compiled.ts'

export interface ChildOptions {
  /** A file in `programs/`, without its ending. */
  readonly program: string
  /** Given to the program as JSON, its only argument. */
  readonly life: unknown
  /** Put before Node and its program, such as `strace -f ...`. */
  readonly before?: readonly string[]
  readonly nodeOptions?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Called with each line of its output at once. */
  readonly onLine?: (line: string) => void
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly lines: readonly string[]
  /** The last it wrote to stderr. */
  readonly errors: string
}

const errorsKept = 20_000
/** Whoever takes longer hangs; these machines are busy. */
const waitMsMax = 180_000

export class Child {
  readonly ended: Promise<Ended>
  readonly lines: string[] = []
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #waiting: { readonly matches: (line: string) => boolean; readonly found: (line: string) => void }[] = []
  #errors = ''
  #isOver = false

  constructor({ program, life, before = [], nodeOptions = [], env = {}, onLine = () => undefined }: ChildOptions) {
    const file = join(import.meta.dirname, '../programs', `${program}.ts`)
    const [command, ...args] = [...before, process.execPath, ...nodeOptions, file, JSON.stringify(life)]
    const child = spawn(command, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_COMPILE_CACHE: compileCache, ...env },
    })
    this.#child = child
    child.stderr.on('data', (bytes: Buffer) => (this.#errors = (this.#errors + bytes.toString()).slice(-errorsKept)))
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(line)
      onLine(line)
      for (const one of this.#waiting) if (one.matches(line)) one.found(line)
    })
    this.ended = new Promise((resolve, reject) => {
      child.on('error', reject)
      // `close` comes when the pipes are empty: what was on its way counts.
      child.on('close', (code, signal) => {
        this.#isOver = true
        living.delete(this)
        resolve({ code, signal, lines: this.lines, errors: this.#errors })
      })
    })
    this.ended.catch(() => undefined)
    living.add(this)
  }

  get pid(): number {
    return this.#child.pid!
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** What it has written to stderr so far, its end. */
  get errors(): string {
    return this.#errors
  }

  /** Sends a signal to the program and to what stands before it. */
  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    if (this.#isOver) return
    try {
      process.kill(-this.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Resolves with the first line, past or coming, that begins so; rejects when the program ends before, or takes too long. */
  async line(begin: string, ms: number = waitMsMax): Promise<string> {
    const matches = (line: string): boolean => line.startsWith(begin)
    const past = this.lines.find(matches)
    if (past !== undefined) return past
    const coming = new Promise<string>((found) => this.#waiting.push({ matches, found }))
    const died = this.ended.then(({ code, signal, errors }) => {
      const late = this.lines.find(matches)
      if (late !== undefined) return late
      throw new Error(`It ended (${signal ?? code}) before it said "${begin}":\n${errors}`)
    })
    died.catch(() => undefined)
    return this.#within(ms, `it to say "${begin}"`, Promise.race([coming, died]))
  }

  /** Waits until it has ended by itself; one that does not is killed, and that is an error. */
  end(ms: number = waitMsMax): Promise<Ended> {
    return this.#within(ms, 'its end', this.ended)
  }

  async #within<Value>(ms: number, what: string, promise: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`Waited ${ms} ms in vain for ${what}:\n${this.#errors}`))
        this.kill()
      }, ms)
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** None is left behind by a row that ends, whatever ended it. */
const living = new Set<Child>()
process.on('exit', () => {
  for (const child of living) child.kill()
})

/** Runs a program to its end. */
export const runToEnd = (options: ChildOptions, ms?: number): Promise<Ended> => new Child(options).end(ms)

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Resolves when it is so, looking again and again; rejects when it is not by then. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  ms: number = waitMsMax,
): Promise<void> {
  const deadline = performance.now() + ms
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited ${ms} ms in vain for ${what}`)
    await sleep(10)
  }
}
