/**
 * Processes of one or more apps on one partitioned bus that outlives them: members join, leave, die, and are cut off and come back as zombies. The bus is the
 * memory bus; how each commit unit ends is up to `plan`.
 */
import type { Bus } from '../../bus/bus.ts'
import { memory } from '../../bus/memory/index.ts'
import type { MemoryOptions, SettleCall, SettlePlan } from '../../bus/memory/index.ts'
import { SimDisk } from '../sim-disk.ts'
import { BaseWorld, type Surroundings } from './base-world.ts'
import type { SimProcess } from './sim-process.ts'
import type { WorldOptions } from './world.ts'

/** How a cluster is made. */
export interface ClusterOptions extends WorldOptions {
  /** Of the memory bus. Its `plan` is the cluster's. */
  readonly bus?: Omit<MemoryOptions, 'plan'>
  /** How long the bus waits before it gives up a member that is dead or cut off, in milliseconds. Default: 10,000. */
  readonly sessionMs?: number
}

export class Cluster extends BaseWorld {
  /** Asked how each settle is to end. Default: well. */
  plan: ((call: SettleCall) => SettlePlan | undefined) | undefined = undefined
  readonly bus: Bus
  readonly #sessionMs: number
  #opening: Promise<void> | undefined

  constructor(options: ClusterOptions) {
    super(options)
    this.#sessionMs = options.sessionMs ?? 10_000
    this.bus = memory({ partitions: 2, ...options.bus, plan: (call) => this.plan?.(call) })
  }

  override async start(...options: Parameters<BaseWorld['start']>): Promise<SimProcess> {
    // The bus is nobody's: it lives on when the process that came first is gone.
    this.#opening ??= this.bus.open({
      clock: this.clock,
      random: this.random.fork(),
      disk: new SimDisk({ log: false }),
    })
    await this.#opening
    return super.start(...options)
  }

  /** The process dies. The bus notices after a while, and gives its partitions to others. */
  override async crash(process: SimProcess): Promise<void> {
    this.#giveUpLater(process)
    await super.crash(process)
  }

  /** Cuts a process off; after a while the bus gives it up. */
  disconnect(process: SimProcess): void {
    this.trace.note(`${process.name} is cut off`)
    for (const member of this.connections.get(process)?.members ?? []) {
      member.disconnect()
      this.clock.timer(this.#sessionMs, () => member.isConnected || member.giveUp())
    }
  }

  /** The connection is back. A process that was given up hears of it now, and joins again. */
  reconnect(process: SimProcess): void {
    this.trace.note(`${process.name} is connected again`)
    for (const member of this.connections.get(process)?.members ?? []) void member.reconnect()
  }

  protected override surroundings(): Surroundings {
    return {
      disk: new SimDisk({ clock: this.clock, log: false }),
      faults: () => undefined,
      skewMs: 0,
      bus: this.bus,
      hasOwnBus: false,
    }
  }

  #giveUpLater(process: SimProcess): void {
    for (const member of this.connections.get(process)?.members ?? []) {
      member.disconnect()
      this.clock.timer(this.#sessionMs, () => member.giveUp())
    }
  }
}
