/**
 * What the command says. Data goes to standard output and nothing else does; everything that speaks about the work goes to standard error.
 *
 * With `--json` a list is one document and a stream is one document a line, without colours; a failure is one document on standard error.
 */
import type { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { MetrobusError } from '../errors/index.ts'
import { codeOf } from './exit-code.ts'

/** A stream, and what it is attached to. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface OutputOptions {
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly json: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly color: boolean
}

/** Where a command writes. */
export class Output {
  readonly json: boolean
  /** Undefined unless somebody watches: then a progress bar may be drawn there. */
  readonly bar: Terminal | undefined
  readonly #options: OutputOptions

  constructor(options: OutputOptions) {
    this.json = options.json
    this.bar = options.stderr.isTTY === true && !options.quiet && !options.json ? options.stderr : undefined
    this.#options = options
  }

  /** Resolves when the reader can take more. */
  line(text: string): Promise<void> {
    const { stdout } = this.#options
    return stdout.write(`${text}\n`) || stdout.destroyed
      ? Promise.resolve()
      : new Promise((resolve) => void stdout.once('drain', resolve))
  }

  /** One document. */
  document(value: unknown): Promise<void> {
    return this.line(JSON.stringify(value))
  }

  /** Rows under a head, cut to the terminal; in full where standard output is none. Numbers stand on the right. */
  async table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): Promise<void> {
    const { renderTable } = await import('./table.ts')
    const { stdout } = this.#options
    // A terminal that does not know its width says 0.
    const width = stdout.isTTY === true && stdout.columns !== 0 ? stdout.columns : undefined
    await this.line(renderTable(head, rows, width))
  }

  /** A sentence about the work. */
  note(text: string): void {
    if (!this.#options.quiet) this.#options.stderr.write(`${text}\n`)
  }

  /** What went wrong: code, sentence, causes; the stack only with `--verbose`. */
  failure(error: unknown): void {
    const { stderr, json, verbose, color } = this.#options
    const causes = [...causesOf(error)]
    const stack = verbose && error instanceof Error ? error.stack : undefined
    if (json) {
      stderr.write(
        `${JSON.stringify({ error: { code: codeOf(error), message: messageOf(error), causes, ...(stack !== undefined && { stack }) } })}\n`,
      )
      return
    }
    const code = color ? styleText(['bold', 'red'], codeOf(error), { stream: stderr }) : codeOf(error)
    const lines = [`${code} ${messageOf(error)}`, ...causes.map((cause) => `  because: ${cause}`)]
    if (stack !== undefined) lines.push(stack)
    else if (!(error instanceof MetrobusError)) lines.push('  --verbose shows where.')
    stderr.write(`${lines.join('\n')}\n`)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function* causesOf(error: unknown): Generator<string> {
  for (
    let cause = error instanceof Error ? error.cause : undefined;
    cause !== undefined;
    cause = cause instanceof Error ? cause.cause : undefined
  )
    yield messageOf(cause)
}
