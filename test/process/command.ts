/** Runs the `metrobus` command as a stranger would: the real file in a real process, seen only through its streams and its exit code. */
import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { join } from 'node:path'

export const main: string = join(import.meta.dirname, '../../src/cli/main.ts')
/** Nothing here takes as long; what hangs is killed and told with what it said. */
const endMsMax = 30_000

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly cwd: string
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
}

/** A command that runs. */
export class Running {
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #words: readonly string[]

  constructor(words: readonly string[], { cwd, stdin, env = {} }: CommandOptions) {
    this.#words = words
    const child = spawn(process.execPath, [main, ...words], { cwd, env: { ...process.env, NO_COLOR: '1', ...env } })
    this.#child = child
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    // A command may end before it has read what it was given.
    child.stdin.on('error', () => {})
    if (stdin !== undefined) child.stdin.end(stdin)
    const deadline = setTimeout(() => child.kill('SIGKILL'), endMsMax)
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        clearTimeout(deadline)
        resolve({ code, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Waits until it has said this. */
  async until(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    const isOver = this.ended.then(() => true)
    for (;;) {
      if (pattern.test(this[stream])) return
      const ended = await Promise.race([isOver, new Promise<false>((resolve) => setTimeout(resolve, 20, false))])
      if (ended && !pattern.test(this[stream]))
        throw new TypeError(
          `\`${this.#words.join(' ')}\` ended without saying ${pattern}: ${this.stdout}${this.stderr}`,
        )
    }
  }
}

/** Runs a command to its end. */
export function command(words: readonly string[], options: CommandOptions): Promise<Ended> {
  return new Running(words, { stdin: '', ...options }).ended
}
