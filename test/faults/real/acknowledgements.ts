/** The log of acknowledgements: kept outside the tested process, and synced before an acknowledgement is believed. What stands in it was promised. */
import * as fs from 'node:fs'
import { join } from 'node:path'

const begin = 'ack '

export class Acknowledgements {
  readonly #path: string
  readonly #file: number
  readonly #numbers = new Set<number>()
  #highest = 0
  #sentTo = 0
  #unwritten = ''
  #isClosed = false

  constructor(dir: string) {
    this.#path = join(dir, 'acknowledged.log')
    this.#file = fs.openSync(this.#path, 'a')
  }

  /** Takes a line of a program: `ack 17`, or `ack 17 18 19`. What comes at once is written and synced at once. */
  readonly hear = (line: string): void => {
    // The file may be another one by then.
    if (this.#isClosed || !line.startsWith(begin)) return
    if (this.#unwritten === '') setImmediate(() => this.sync())
    for (const number of line.slice(begin.length).split(' ')) this.#unwritten += `${number}\n`
  }

  sync(): void {
    if (this.#unwritten === '') return
    fs.writeSync(this.#file, this.#unwritten)
    fs.fdatasyncSync(this.#file)
    for (const text of this.#unwritten.trimEnd().split('\n')) {
      this.#numbers.add(Number(text))
      this.#highest = Math.max(this.#highest, Number(text))
    }
    this.#unwritten = ''
  }

  /** What the file holds. */
  get numbers(): readonly number[] {
    this.sync()
    return fs.readFileSync(this.#path, 'utf8').split('\n').slice(0, -1).map(Number)
  }

  /** The highest; 0 before the first. */
  get highest(): number {
    this.sync()
    return this.#highest
  }

  /** The highest number that may have been sent, when at most `ahead` are sent before they are acknowledged. */
  sentTo(ahead: number): number {
    return Math.max(this.#sentTo, this.highest + ahead)
  }

  /** The first number that was certainly not sent yet; the next program begins with it. */
  nextFrom(ahead: number): number {
    const from = this.sentTo(ahead) + 1
    this.#sentTo = from - 1 + ahead
    return from
  }

  /** The lowest that is not there: the first to send again. */
  get firstMissing(): number {
    this.sync()
    let number = 1
    while (this.#numbers.has(number)) number++
    return number
  }

  /** What is heard later does not count. */
  close(): void {
    this.sync()
    this.#isClosed = true
    fs.closeSync(this.#file)
  }
}
