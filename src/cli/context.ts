/** What a subcommand is given: where to write, what ends it, and the options that all of them share. */
import type { Command } from 'commander'
import { MetrobusError } from '../errors/index.ts'
import { Output } from './output.ts'
import type { Terminal } from './output.ts'

/** The options that every subcommand takes. */
export interface SharedOptions {
  readonly dir: string
  readonly app: string | undefined
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color: boolean
  /** Milliseconds; undefined waits for ever. */
  readonly timeout: number | undefined
}

/** The process around the command, so that a test can put its own in its place. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
}

/** One run of one subcommand. */
export interface Context extends Surroundings {
  readonly options: SharedOptions
  readonly output: Output
  /** Set by a command that ran to its end and has something to say, such as a check that found problems. */
  exitCode: number
}

/** Runs the body of a subcommand with its context; what it answers is not looked at. */
export type Runner = (command: Command, body: (context: Context) => Promise<void>) => Promise<void>

/** A runner in these surroundings; `ended` learns the exit code. */
export function runnerIn(surroundings: Surroundings, ended: (exitCode: number) => void): Runner {
  return async (command, body) => {
    const options = command.optsWithGlobals<SharedOptions>()
    const { stdout, stderr } = surroundings
    const output = new Output({
      stdout,
      stderr,
      json: options.json,
      quiet: options.quiet,
      verbose: options.verbose,
      color: options.color,
    })
    const deadline = new AbortController()
    const timer =
      options.timeout === undefined
        ? undefined
        : setTimeout(
            () =>
              deadline.abort(
                new MetrobusError('MB_TIMED_OUT', { what: command.name(), afterMs: options.timeout ?? 0 }),
              ),
            options.timeout,
          )
    const signal = AbortSignal.any([surroundings.signal, deadline.signal])
    const context: Context = { ...surroundings, signal, options, output, exitCode: 0 }
    try {
      await body(context)
      deadline.signal.throwIfAborted()
    } catch (error) {
      // Whatever an abort made of the work, the deadline is what happened.
      throw deadline.signal.aborted ? deadline.signal.reason : error
    } finally {
      clearTimeout(timer)
    }
    ended(context.exitCode)
  }
}
