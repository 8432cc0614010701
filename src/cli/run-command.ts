/** From the words of the command line to the exit code: signals, usage errors, failures. */
import { CommanderError } from 'commander'
import { runnerIn } from './context.ts'
import type { Surroundings } from './context.ts'
import { exitCode, exitCodeOf } from './exit-code.ts'
import { Output } from './output.ts'
import type { Terminal } from './output.ts'
import { programFor } from './program.ts'

/** Ctrl-C under npm or `metrobus dev` comes twice: from the terminal, and passed on by the parent. */
const oneActMs = 300

/** Runs one command line and ends the process: a module of the user may hold timers and connections that nobody closes. */
export async function runCommand(words: readonly string[]): Promise<never> {
  const stop = new AbortController()
  let first: { readonly name: 'SIGINT' | 'SIGTERM'; readonly at: number } | undefined
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      const at = performance.now()
      // The second one does not wait for anybody.
      if (first !== undefined && at - first.at > oneActMs) process.exit(codeOfSignal(name))
      first ??= { name, at }
      stop.abort()
    })
  // A reader such as `head` has seen enough: that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? exitCode.ok : exitCode.failed),
  )
  const { stdin, stdout, stderr, env } = process
  const code = await ended(words, { stdin, stdout, stderr, env, signal: stop.signal })
  await flushed(stdout)
  await flushed(stderr)
  // What failed on the way out is no clean end by a signal.
  process.exit(first === undefined || code !== exitCode.ok ? code : codeOfSignal(first.name))
}

const codeOfSignal = (signal: 'SIGINT' | 'SIGTERM'): number =>
  signal === 'SIGINT' ? exitCode.sigint : exitCode.sigterm

async function ended(words: readonly string[], surroundings: Surroundings): Promise<number> {
  let code: number = exitCode.ok
  const run = runnerIn(surroundings, (exitCode) => {
    code = exitCode
  })
  try {
    const program = await programFor(words, run)
    if (words.length === 0) program.outputHelp()
    else await program.parseAsync(words, { from: 'user' })
    return code
  } catch (error) {
    // commander has written its sentence; help and version come this way, too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage
    const { stdout, stderr } = surroundings
    if (surroundings.signal.aborted && isAbort(error)) return exitCode.ok
    const has = (flag: string): boolean => words.includes(flag)
    new Output({
      stdout,
      stderr,
      json: has('--json'),
      quiet: false,
      verbose: has('--verbose'),
      color: !has('--no-color'),
    }).failure(error)
    return exitCodeOf(error)
  }
}

/** What the signal of the process made of the work at hand. */
const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

const flushed = (stream: Terminal): Promise<void> => new Promise((resolve) => void stream.write('', () => resolve()))
