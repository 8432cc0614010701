/** The port on the journal. One process, one member a group; every group that subscribes sees every record. */
import { MetrobusError } from '../../errors/index.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import { openJournal } from '../../journal/open-journal.ts'
import type { Bus, BusInspector, Member, MemberListener, Subscription, TopicSpec } from '../bus.ts'
import type { Capabilities } from '../capabilities.ts'
import type { BusMeters } from '../meters.ts'
import { EmbeddedLog } from './embedded-log.ts'
import { inspectorOf } from './inspector.ts'
import { journalLog } from './journal-log.ts'
import type { ResolvedEmbeddedOptions } from './options.ts'

export class EmbeddedBus implements Bus {
  readonly name = 'embedded'
  readonly capabilities: Capabilities
  readonly inspector: BusInspector
  readonly socketFolder: string
  readonly #options: ResolvedEmbeddedOptions
  #opened: EmbeddedLog | undefined
  #meters: BusMeters | undefined

  constructor(options: ResolvedEmbeddedOptions) {
    this.#options = options
    this.socketFolder = options.dir
    this.capabilities = { supportsRunAhead: true, recordBytesMax: options.recordBytesMax }
    const inspector = (): BusInspector => inspectorOf(this.#log.journal, (group) => this.#log.isInUse(group))
    this.inspector = {
      topics: () => inspector().topics(),
      groups: () => inspector().groups(),
      read: (...place) => inspector().read(...place),
      offsetAt: (...place) => inspector().offsetAt(...place),
      ride: (ride) => inspector().ride(ride),
      seek: (...place) => inspector().seek(...place),
      rows: (...place) => inspector().rows(...place),
    }
  }

  get #log(): EmbeddedLog {
    if (this.#opened === undefined)
      throw new MetrobusError('MB_BUS_NOT_OPEN', { bus: this.name, call: 'use', state: 'not open' })
    return this.#opened
  }

  async open(platform: Platform): Promise<void> {
    const { dir, segmentBytes, durability, diskBytesMax, reserveBytes, note, log } = this.#options
    const journal = await openJournal({
      dir,
      platform,
      segmentBytesMax: segmentBytes,
      durability,
      diskBytesMax,
      reserveBytes,
      note,
      log: journalLog(log),
    })
    this.#opened = new EmbeddedLog(journal, this.#options)
    this.#meters = {
      syncs: journal.meters.syncs,
      get writtenBytes() {
        return journal.meters.writtenBytes
      },
      freeBytes: () => platform.disk.freeBytes(dir),
    }
  }

  get meters(): BusMeters | undefined {
    return this.#meters
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    await this.#log.ensure(topics)
  }

  join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    return this.#log.join(group, subscriptions, listener)
  }

  partitions(topic: string): number {
    return this.#log.partitions(topic).length
  }

  async close(): Promise<void> {
    await this.#log.close()
  }
}
