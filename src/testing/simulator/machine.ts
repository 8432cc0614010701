/**
 * One simulated machine: a disk, and one process after the other that runs an app on the embedded bus. It can lose its process, or its power, at any call.
 *
 * ```ts
 * const machine = new Machine({ seed: 7 })
 * const process = await machine.start(() => app)
 * process.killIn(12)                              // dies in its 12th call of the disk or of a timer from now
 * await machine.until(() => !process.isAlive)
 * await machine.powerCut()                        // and what was not synced survives or not, as the seed says
 * await machine.start(() => app)
 * ```
 */
import { embedded } from '../../bus/embedded/index.ts'
import type { EmbeddedOptions } from '../../bus/embedded/index.ts'
import { drawSurvivors } from '../crash-images.ts'
import { SimDisk } from '../sim-disk.ts'
import type { DiskFaults } from '../sim-disk.ts'
import { BaseWorld, type Surroundings } from './base-world.ts'
import type { SimProcess } from './sim-process.ts'
import type { WorldOptions } from './world.ts'

/** How a machine is made. */
export interface MachineOptions extends WorldOptions {
  /** Of the embedded bus. Default: its own, but for a reserve of 64 KiB. */
  readonly bus?: EmbeddedOptions
  /** Bytes that the disk holds. Default: Infinity. */
  readonly capacityBytes?: number
}

export class Machine extends BaseWorld {
  /** What goes wrong with calls of the disk from now on. Default: nothing. */
  faults: DiskFaults | undefined = undefined
  /** Milliseconds that the machine's wall clock is ahead of the world's, for processes started from now on. */
  skewMs = 0
  readonly #bus: EmbeddedOptions
  #disk: SimDisk

  constructor(options: MachineOptions) {
    super(options)
    this.#bus = { dir: '/data', reserveBytes: 65_536, ...options.bus }
    const { capacityBytes } = options
    this.#disk = new SimDisk({
      clock: this.clock,
      log: false,
      ...(capacityBytes === undefined ? {} : { capacityBytes }),
    })
  }

  /** The disk, as the present process has it mounted, or the next one will. */
  get disk(): SimDisk {
    return this.#disk
  }

  /** The process dies; all that it has written is there for the next. */
  override async crash(process: SimProcess): Promise<void> {
    await super.crash(process)
    this.#mount(this.#disk.remount({ clock: this.clock, log: false }))
  }

  /** The power fails: of what was not synced survives what the seed says. Answers the worst that could have been left, where nothing of it does. */
  async powerCut(): Promise<void> {
    const { state, capacityBytes } = this.#disk
    for (const process of this.processes) await super.crash(process)
    this.trace.note('the power fails')
    this.#mount(
      new SimDisk({ capacityBytes, clock: this.clock, log: false }, state.image(drawSurvivors(state, this.random))),
    )
  }

  /** The wall clock of the machine is set forth or back. Durations and timers do not notice. */
  jump(ms: number): void {
    this.trace.note(`the wall clock jumps by ${ms}`)
    this.skewMs += ms
    for (const process of this.processes) process.skewMs += ms
  }

  protected override surroundings(): Surroundings {
    const disk = this.#disk
    return {
      disk,
      faults: (call: Parameters<DiskFaults>[0]) => this.faults?.(call),
      skewMs: this.skewMs,
      bus: embedded(this.#bus),
      hasOwnBus: true,
    }
  }

  /** The next process finds this; what it is made of is part of the trace. */
  #mount(disk: SimDisk): void {
    this.#disk = disk
    for (const { path } of disk.files()) this.trace.noteBytes(path, disk.contents(path))
  }
}
