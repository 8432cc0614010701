/**
 * A program in a process of its own that talks in lines: `ready` when it takes events, one JSON line in for each event, `ack <number>` out when
 * that event is durable. When its input ends it finishes what it has and exits with 0.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ProgramOptions {
  /** The module to run, and its arguments. */
  readonly module: string
  readonly args: readonly string[]
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Called with the number of each acknowledged event; several at once when they came at once. */
  readonly onAcknowledged: (numbers: readonly number[]) => void
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** Numbers of the events that it says it gave up. */
  readonly dead: readonly number[]
  /** What it wrote to stderr. */
  readonly errors: string
}

const acknowledgement = 'ack '
const givenUp = 'dead '

export class Program {
  /** Resolves when the program takes events; never, when it dies before. */
  readonly ready: Promise<void>
  readonly exited: Promise<Exit>
  readonly #child: ChildProcess
  readonly #onAcknowledged: ProgramOptions['onAcknowledged']
  #arrived: number[] = []

  constructor({ module, args, env, onAcknowledged }: ProgramOptions) {
    const child = spawn(process.execPath, [module, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    })
    this.#child = child
    this.#onAcknowledged = onAcknowledged
    // Written to after its death: the driver hears of that by `exited`.
    child.stdin.on('error', () => undefined)
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString()).slice(-10_000)
    })
    const dead: number[] = []
    const lines = createInterface({ input: child.stdout })
    this.ready = new Promise((resolve) => {
      lines.on('line', (line) => {
        if (line === 'ready') resolve()
        else if (line.startsWith(givenUp)) dead.push(Number(line.slice(givenUp.length)))
        else if (line.startsWith(acknowledgement)) this.#arrive(Number(line.slice(acknowledgement.length)))
      })
    })
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject)
      // `close` comes when the pipes are empty: an acknowledgement that was on its way counts.
      child.on('close', (code, signal) => {
        this.#deliver()
        resolve({ code, signal, dead, errors })
      })
    })
  }

  send(lines: readonly string[]): void {
    this.#child.stdin!.write(lines.map((line) => `${line}\n`).join(''))
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child.kill(signal)
  }

  /** Ends the input, so that the program finishes. */
  finish(): void {
    this.#child.stdin!.end()
  }

  #arrive(number: number): void {
    if (this.#arrived.length === 0) setImmediate(() => this.#deliver())
    this.#arrived.push(number)
  }

  #deliver(): void {
    const numbers = this.#arrived
    this.#arrived = []
    if (numbers.length > 0) this.#onAcknowledged(numbers)
  }
}
