/**
 * Where senders wait: for room among what is not committed yet, for a bus that is short of space, and for an app that gets on with its events.
 *
 * Invariants:
 * - W1 What waits to be committed stays within `pendingMax` events and `pendingBytesMax` bytes; senders wait beyond (I9).
 * - W2 First come, first served: nobody is let in while somebody waits.
 * - W3 An app that stands still is not waited for. One whose handlers wait for the disk does not stand still.
 */
import type { Engine } from './engine.ts'

/** Events that may wait to be committed; beyond, senders wait. */
const pendingMax = 8_192
/** Events that may be on their way through the app, as long as it gets on with them: what is handed over in memory need not be read back from the bus. */
const insideMax = 2_048
/** An app that acknowledges nothing for so long is not waited for: the bus keeps what it cannot handle now. */
const patienceMs = 50
const pendingBytesMax = 32 * 1024 * 1024
/** Senders that go on at once. */
const releasedMax = 1_024

export class WaitingRoom {
  readonly #engine: Engine
  #pending = 0
  #pendingBytes = 0
  #pressure: string | undefined
  readonly #waiting: (() => void)[] = []
  /** Sources of entries that are paused. */
  #paused: (() => void)[] = []
  #hasTimer = false
  /** What was acknowledged in all when the app was last seen to stand still. */
  #stuckAt = -1

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /** Why the bus asks senders to wait, if it does. */
  get pressure(): string | undefined {
    return this.#pressure
  }

  /** Whoever sends now has to wait. */
  get mustWait(): boolean {
    return this.#waiting.length > 0 || this.#isFull
  }

  /** Resolves when it is this sender's turn. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#wakeLater()
    })
  }

  /** Resolves when some entry that was paused goes on, or the app has stopped or failed. */
  waitPaused(): Promise<void> {
    return new Promise((resolve) => this.#paused.push(resolve))
  }

  /** Some entry goes on. */
  goOn(): void {
    const paused = this.#paused
    this.#paused = []
    for (const resume of paused) resume()
  }

  /** An event of so many bytes waits to be committed. */
  enter(bytes: number): void {
    this.#pending++
    this.#pendingBytes += bytes
  }

  /** It is committed. */
  leave(bytes: number): void {
    this.#pending--
    this.#pendingBytes -= bytes
  }

  /** The bus asks senders to wait, or lets them go on. */
  press(reason: string | undefined): void {
    this.#pressure = reason
    this.release()
  }

  /** Lets in whom there is room for, or all when the app has stopped or failed. */
  release(): void {
    const waiting = this.#waiting
    const { failure, isDraining } = this.#engine
    const isOver = failure !== undefined || isDraining
    if (isOver) this.goOn()
    if (waiting.length === 0) return
    const room = isOver ? Infinity : this.#isFull ? 0 : Math.min(releasedMax, pendingMax - this.#pending)
    for (const resume of waiting.splice(0, room)) resume()
    if (waiting.length > 0) this.#wakeLater()
  }

  get #isFull(): boolean {
    const { outbox } = this.#engine
    if (this.#pressure !== undefined || this.#pending >= pendingMax || this.#pendingBytes >= pendingBytesMax)
      return true
    return outbox.inside >= insideMax && outbox.acknowledged !== this.#stuckAt
  }

  /** No handler holds the app up: what is to come is on its way to the disk. */
  get #waitsForDisk(): boolean {
    const { outbox } = this.#engine
    if (outbox.isIdle) return false
    for (const lane of this.#engine.lanes()) if (lane.running.size > 0) return false
    return true
  }

  /** Looks whether the app gets on; when it does not, senders fill the bus instead of waiting for it. */
  #wakeLater(): void {
    if (this.#hasTimer) return
    this.#hasTimer = true
    const { outbox, clock } = this.#engine
    const before = outbox.acknowledged
    const look = (): void => {
      this.#hasTimer = false
      if (outbox.acknowledged === before && !this.#waitsForDisk) this.#stuckAt = before
      this.release()
    }
    // A process that had no processor has not got on either: what has come meanwhile is handled first.
    clock.timer(patienceMs, () => clock.immediate(look))
  }
}
