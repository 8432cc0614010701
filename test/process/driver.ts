/**
 * The driver of a test that kills: it lives outside the tested process, numbers and sends the events, and writes to a file, synced, every
 * acknowledgement before it believes it. What the oracle then takes as promised is what stands in that file.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'
import type { SentEvent } from '../../src/testing/index.ts'
import type { SeededRandom } from '../../src/testing/index.ts'
import { Program } from './program.ts'
import type { Exit } from './program.ts'

export interface DriverOptions {
  /** Where the log of acknowledgements goes. */
  readonly dir: string
  readonly module: string
  readonly args: readonly string[]
  readonly random: SeededRandom
  /** Events sent and not acknowledged, at most. */
  readonly window: number
  readonly keys: number
  /** Sends again, under their old numbers and in their order, the events of which no acknowledgement came before the death. Else they are left to their fate. */
  readonly resend: boolean
}

/** When to kill a run of the program, in milliseconds. */
export type Moment = { readonly after: 'start' | 'ready'; readonly ms: number }

/** A program that cannot start within this time hangs. */
const startMsMax = 20_000
const finishMsMax = 60_000

export class Driver {
  readonly sent: SentEvent[] = []
  readonly #options: DriverOptions
  readonly #log: number
  readonly #open: Map<number, SentEvent> = new Map()
  #program: Program | undefined
  #paused = true

  constructor(options: DriverOptions) {
    this.#options = options
    this.#log = fs.openSync(join(options.dir, 'acknowledged.log'), 'a')
  }

  /** The numbers in the log. */
  acknowledged(): readonly number[] {
    const text = fs.readFileSync(join(this.#options.dir, 'acknowledged.log'), 'utf8')
    return text.split('\n').slice(0, -1).map(Number)
  }

  /** Runs the program under load and kills it with -9 at that moment. */
  async runUntilKilled(moment: Moment): Promise<void> {
    const program = this.#start()
    if (moment.after === 'ready') {
      await this.#ready(program)
      this.#load(program)
    }
    await new Promise((resolve) => setTimeout(resolve, moment.ms))
    program.kill()
    const exit = await program.exited
    if (exit.signal !== 'SIGKILL') throw new Error(`It ended by itself (${exit.code ?? exit.signal}):\n${exit.errors}`)
    this.#stopped()
  }

  /** Runs the program without new events until it has ended by itself. */
  async runToTheEnd(): Promise<Exit> {
    const program = this.#start()
    await this.#ready(program)
    this.#load(program, 0)
    program.finish()
    const exit = await within(finishMsMax, program, program.exited)
    if (exit.code !== 0) throw new Error(`It ended with ${exit.code ?? exit.signal}:\n${exit.errors}`)
    this.#stopped()
    return exit
  }

  close(): void {
    this.#program?.kill()
    fs.closeSync(this.#log)
  }

  #start(): Program {
    const { module, args, dir } = this.#options
    // Compiled once, by the first run that ends by itself: the rest of the time is for kills.
    const env = { NODE_COMPILE_CACHE: join(dir, 'compiled') }
    const program = new Program({ module, args, env, onAcknowledged: (numbers) => this.#acknowledged(numbers) })
    this.#program = program
    return program
  }

  async #ready(program: Program): Promise<void> {
    const died = program.exited.then((exit) => {
      throw new Error(`It died before it was ready (${exit.code ?? exit.signal}):\n${exit.errors}`)
    })
    await within(startMsMax, program, Promise.race([program.ready, died]))
    died.catch(() => undefined)
  }

  #load(program: Program, window: number = this.#options.window): void {
    program.send([...this.#open.values()].map((event) => JSON.stringify(event)))
    this.#paused = window === 0
    this.#fill()
  }

  #stopped(): void {
    this.#program = undefined
    this.#paused = true
    if (!this.#options.resend) this.#open.clear()
  }

  #acknowledged(numbers: readonly number[]): void {
    fs.writeSync(this.#log, numbers.map((number) => `${number}\n`).join(''))
    fs.fdatasyncSync(this.#log)
    for (const number of numbers) this.#open.delete(number)
    this.#fill()
  }

  #fill(): void {
    if (this.#paused) return
    const { window, keys, random } = this.#options
    const lines: string[] = []
    while (this.#open.size < window) {
      const number = this.sent.length + 1
      const event = { number, key: `key ${random.below(keys)}`, body: `${number} ${'x'.repeat(random.below(200))}` }
      this.sent.push(event)
      this.#open.set(number, event)
      lines.push(JSON.stringify(event))
    }
    if (lines.length > 0) this.#program?.send(lines)
  }
}

/** The promise, or an error that says what the program had to say when it took too long. */
async function within<Result>(ms: number, program: Program, promise: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      program.kill()
      void program.exited.then(({ errors }) => reject(new Error(`Nothing happened for ${ms} ms:\n${errors}`)))
    }, ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
