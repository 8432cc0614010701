/**
 * Whether entries are to wait, and why. Reasons come and go on their own; entries wait while there is any.
 *
 * Invariants:
 * - U1 `pressed` is told when the first reason comes and when the last one goes, and only then.
 * - U2 The reserve is given up for what was taken already, which is mostly settling: while it is missing after a full disk, entries wait.
 */
import { join } from 'node:path'
import type { Disk } from '../internal/platform/disk.ts'
import type { Clock, Timer } from '../internal/platform/platform.ts'
import { isNoSpace } from './no-space.ts'

/** Why entries wait. */
export type PressureKind = 'space' | 'memory' | 'bound' | 'reserve'

const name = 'reserve'
const retryMs = 1000
const pieceBytes = 256 * 1024

export class Pressure {
  readonly #disk: Disk
  readonly #dir: string
  readonly #clock: Clock
  readonly #reserveBytes: number
  readonly #told: (pressed: boolean, reason: string) => void
  readonly #failed: (error: unknown) => void
  readonly #reasons = new Map<PressureKind, string>()
  #hasReserve = false
  #timer: Timer | undefined

  constructor(
    disk: Disk,
    dir: string,
    clock: Clock,
    reserveBytes: number,
    told: (pressed: boolean, reason: string) => void,
    failed: (error: unknown) => void,
  ) {
    this.#disk = disk
    this.#dir = dir
    this.#clock = clock
    this.#reserveBytes = reserveBytes
    this.#told = told
    this.#failed = failed
  }

  /** One reason, in words; undefined when entries may go on. */
  get reason(): string | undefined {
    for (const reason of this.#reasons.values()) return reason
    return undefined
  }

  hasAnyOf(...kinds: readonly PressureKind[]): boolean {
    return kinds.some((kind) => this.#reasons.has(kind))
  }

  /** Sets or takes back a reason. */
  set(kind: PressureKind, reason: string | undefined): void {
    const before = this.reason
    if (reason === undefined) this.#reasons.delete(kind)
    else this.#reasons.set(kind, reason)
    const after = this.reason
    if (before === undefined && after !== undefined) this.#told(true, after)
    if (before !== undefined && after === undefined) this.#told(false, before)
  }

  /** Makes the reserve, when there is space for it. */
  async makeReserve(): Promise<void> {
    if (this.#reserveBytes === 0) return
    const path = join(this.#dir, name)
    try {
      const file = await this.#disk.open(path, { create: true })
      try {
        // Zeros are written, because a size alone takes no space.
        const piece = Buffer.alloc(Math.min(pieceBytes, this.#reserveBytes))
        for (let at = await file.size(); at < this.#reserveBytes; at += piece.length) await file.write([piece], at)
        await file.sync()
      } finally {
        await file.close()
      }
      this.#hasReserve = true
      this.set('reserve', undefined)
    } catch (error) {
      if (!isNoSpace(error)) {
        this.#failed(error)
        return
      }
      if (await this.#disk.exists(path).catch(() => false)) await this.#disk.unlink(path).catch(() => undefined)
      this.#makeLater()
    }
  }

  /** Removes the reserve so that its space can be used; false when there was none. Entries wait until it could be made again. */
  async giveUpReserve(): Promise<boolean> {
    if (!this.#hasReserve) return false
    this.#hasReserve = false
    this.set('reserve', 'the disk was full and its reserve is not back yet')
    await this.#disk.unlink(join(this.#dir, name)).catch(() => undefined)
    this.#makeLater()
    return true
  }

  close(): void {
    this.#timer?.cancel()
  }

  #makeLater(): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.timer(
      retryMs,
      () => {
        this.#timer = undefined
        void this.makeReserve()
      },
      { background: true },
    )
  }
}
