/**
 * A bus as one process sees it: cut off when the process dies, or for a while when it is disconnected, and told to an observer. The bus behind it lives in the
 * process (embedded) or outlives it (a cluster).
 */
import type {
  Assignment,
  Bus,
  BusInspector,
  Member,
  MemberListener,
  PollRequest,
  Settled,
  Subscription,
  TopicPartition,
  TopicSpec,
} from '../../bus/bus.ts'
import type { Capabilities } from '../../bus/capabilities.ts'
import { MetrobusError } from '../../errors/index.ts'
import { Record } from '../../event/record.ts'
import type { CommitUnit } from '../../event/unit.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import type { SimProcess } from './sim-process.ts'
import type { Trace } from './trace.ts'
import type { WorldObserver } from './world.ts'

/** More units than anything settles between two calls of its platform. */
const restlessMax = 10_000

/** How a process is connected. */
export interface ConnectionOptions {
  readonly process: SimProcess
  readonly observer: WorldObserver
  readonly trace: Trace
  /** The bus lives and dies with the process. */
  readonly isOwn: boolean
  /** Whether a poll hands over copies made from bytes, as a network does; asked each time. */
  readonly handsOverBytes: () => boolean
}

export class ProcessBus implements Bus {
  readonly name: string
  readonly capabilities: Capabilities
  readonly inspector: BusInspector
  readonly members: ProcessMember[] = []
  readonly #bus: Bus
  readonly #options: ConnectionOptions

  constructor(bus: Bus, options: ConnectionOptions) {
    this.#bus = bus
    this.#options = options
    this.name = bus.name
    this.capabilities = bus.capabilities
    this.inspector = options.isOwn ? bus.inspector : overTheNetwork(bus.inspector)
  }

  open(platform: Platform): Promise<void> {
    return this.#options.isOwn ? this.#options.process.alive(this.#bus.open(platform)) : Promise.resolve()
  }

  ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    return this.#options.process.alive(this.#bus.ensureTopics(topics))
  }

  async join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    const joining = (mine: MemberListener): Promise<Member> => this.#bus.join(group, subscriptions, mine)
    const member = new ProcessMember(group, listener, this.#options, joining)
    this.members.push(member)
    this.#options.process.whenBuried(() =>
      listener.failed(new MetrobusError('MB_BUS_FAILED', { reason: 'its process is dead' })),
    )
    await this.#options.process.alive(member.join())
    return member
  }

  partitions(topic: string): number {
    return this.#bus.partitions(topic)
  }

  close(): Promise<void> {
    return this.#options.isOwn ? this.#options.process.alive(this.#bus.close()) : Promise.resolve()
  }
}

/** What waits for the connection. */
interface Late {
  readonly units: (() => void)[]
  readonly loads: (() => void)[]
  readonly notices: (() => void)[]
}

/** A member of a process, which may be disconnected: then what it hands over waits, what it is told waits, and meanwhile the bus may give it up. */
export class ProcessMember implements Member, MemberListener {
  readonly #group: string
  readonly #listener: MemberListener
  readonly #options: ConnectionOptions
  readonly #join: (listener: MemberListener) => Promise<Member>
  #member: Member | undefined
  /** Calls and notices that wait; undefined while connected. */
  #late: Late | undefined
  /** Resolves when the bus has taken away what it owned; undefined while the bus believes in it. */
  #givenUp: Promise<void> | undefined
  /** Which owner of its partitions the bus holds the member for, and which the member has been told to be. */
  readonly #owned = new Map<string, number>()
  readonly #seen = new Map<string, number>()
  readonly #doubted = new WeakSet<CommitUnit>()
  #isReconnecting = false
  #callsBefore = 0
  #restless = 0

  constructor(
    group: string,
    listener: MemberListener,
    options: ConnectionOptions,
    join: (listener: MemberListener) => Promise<Member>,
  ) {
    this.#group = group
    this.#listener = listener
    this.#options = options
    this.#join = join
  }

  async join(): Promise<void> {
    this.#member = await this.#join(this)
  }

  // --- what the app asks

  poll(topic: string, partition: number, request: PollRequest): readonly Record[] {
    const { process, observer, handsOverBytes } = this.#options
    if (!process.isAlive) return none
    if (this.#late !== undefined) {
      // The bus has said that there is something, and will not say so again.
      this.#late.notices.push(() => this.#listener.ready(topic, partition))
      return none
    }
    let records = this.#member?.poll(topic, partition, request) ?? none
    if (records.length > 0 && handsOverBytes()) records = records.map(throughBytes)
    if (records.length > 0) observer.polled?.(process, { topic, partition }, records)
    return records
  }

  rewind(topic: string, partition: number, offset: number): void {
    const { process, observer } = this.#options
    if (!process.isAlive) return
    observer.rewound?.(process, { topic, partition }, offset)
    this.#member?.rewind(topic, partition, offset)
  }

  settle(unit: CommitUnit): Promise<Settled> {
    const { process } = this.#options
    if (!process.isAlive) return new Promise(() => {})
    const late = this.#late
    const owned = unit.acknowledgements.map((mark) => this.#seen.get(placeOf(mark)))
    if (late === undefined) return this.#settle(unit, owned)
    return process.alive(new Promise((resolve) => late.units.push(() => resolve(this.#settle(unit, owned)))))
  }

  /** `owned`: which owner of each partition the member believed to be when it handed the unit over. What another has owned meanwhile is refused. */
  async #settle(unit: CommitUnit, owned: readonly (number | undefined)[]): Promise<Settled> {
    const { process, observer, trace } = this.#options
    this.#checkRest()
    const isStale = unit.acknowledgements.some((mark, index) => this.#owned.get(placeOf(mark)) !== owned[index])
    if (this.#givenUp !== undefined || isStale) {
      // An answer of the network, so not at once.
      await new Promise<void>((resolve) => process.platform.clock.immediate(resolve))
      // What may have happened cannot be refused, and nobody can tell any more.
      if (this.#doubted.has(unit))
        throw new MetrobusError('MB_BUS_FAILED', { reason: 'a unit of unknown fate has lost its member' })
      return 'refused'
    }
    trace.note(`${process.name} settles ${describeUnit(unit)}`)
    observer.settling?.(process, unit, this.#group)
    const answer = await process.alive(this.#member!.settle(unit))
    trace.note(`${process.name} is told ${answer}`)
    observer.settled?.(process, unit, answer, this.#group)
    if (answer === 'unknown') this.#doubted.add(unit)
    return answer
  }

  /** What hands over unit after unit without ever letting the disk or a timer have a turn would go on for ever: it dies of it. */
  #checkRest(): void {
    const { process } = this.#options
    this.#restless = process.calls === this.#callsBefore ? this.#restless + 1 : 0
    this.#callsBefore = process.calls
    if (this.#restless < restlessMax) return
    process.failure = new MetrobusError('MB_NEVER_AT_REST', { turns: restlessMax })
    process.kill('it does not come to rest')
  }

  load(store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    const { process } = this.#options
    const late = this.#late
    if (late === undefined) return process.alive(this.#member!.load(store, partition))
    return process.alive(new Promise((resolve) => late.loads.push(() => resolve(this.load(store, partition)))))
  }

  leave(): Promise<void> {
    return this.#options.process.alive(this.#member!.leave())
  }

  // --- what the bus tells

  assigned(partitions: readonly Assignment[]): void {
    for (const place of partitions) this.#owned.set(placeOf(place), place.generation)
    this.#tell(() => {
      for (const place of partitions) this.#seen.set(placeOf(place), place.generation)
      this.#options.observer.assigned?.(this.#options.process, partitions)
      this.#listener.assigned(partitions)
    })
  }

  revoked(partitions: readonly TopicPartition[]): void {
    for (const place of partitions) this.#owned.delete(placeOf(place))
    this.#tell(() => {
      for (const place of partitions) this.#seen.delete(placeOf(place))
      this.#options.observer.revoked?.(this.#options.process, partitions)
      this.#listener.revoked(partitions)
    })
  }

  ready(topic: string, partition: number): void {
    this.#tell(() => this.#listener.ready(topic, partition))
  }

  failed(error: unknown): void {
    this.#tell(() => this.#listener.failed(error))
  }

  pressed(pressed: boolean, reason: string): void {
    this.#tell(() => this.#listener.pressed(pressed, reason))
  }

  #tell(notice: () => void): void {
    if (!this.#options.process.isAlive) return
    if (this.#late === undefined) notice()
    else this.#late.notices.push(notice)
  }

  // --- what the world does

  get isConnected(): boolean {
    return this.#late === undefined
  }

  /** Cuts the connection: nothing goes either way. */
  disconnect(): void {
    this.#late ??= { units: [], loads: [], notices: [] }
  }

  /** The bus takes the member for dead: its partitions go to others, and what it still hands over is refused. */
  giveUp(): void {
    this.#givenUp ??= this.#member?.leave()
  }

  /** The connection is back. A member that was given up is told so, and joins anew. */
  async reconnect(): Promise<void> {
    if (this.#late === undefined || this.#isReconnecting) return
    this.#isReconnecting = true
    await this.#givenUp
    this.#isReconnecting = false
    const { process } = this.#options
    if (!process.isAlive) return
    const { loads } = this.#late
    if (this.#givenUp === undefined) return this.#flush()
    // Nothing new comes through until it has joined.
    this.#flush({ units: [], loads: loads.splice(0), notices: [] })
    try {
      await this.join()
      this.#givenUp = undefined
      this.#flush()
    } catch (error) {
      this.#listener.failed(error)
    }
  }

  /** Lets go through what waited for the connection; from now on `next` waits. */
  #flush(next?: Late): void {
    const late = this.#late
    this.#late = next
    for (const resume of [...(late?.notices ?? []), ...(late?.loads ?? []), ...(late?.units ?? [])]) resume()
  }
}

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** A unit in one line of the trace. */
function describeUnit({ outputs, acknowledgements, changes }: CommitUnit): string {
  const parts = [
    ...outputs.map(
      ({ topic, partition, records }) => `${topic}/${partition}+${records.map((record) => record.id).join()}`,
    ),
    ...acknowledgements.map(
      ({ topic, partition, watermark, above }) => `${topic}/${partition}@${watermark}:${above.join()}`,
    ),
    ...changes.map(({ store, partition, key, value }) => `${store}/${partition}/${key}=${value}`),
  ]
  return parts.join(' ')
}

/** Between processes there are only bytes, also for who looks. */
const overTheNetwork = (inspector: BusInspector): BusInspector => ({
  topics: (isWanted) => inspector.topics(isWanted),
  groups: (isWanted) => inspector.groups(isWanted),
  read: async (...place) => (await inspector.read(...place)).map(throughBytes),
  offsetAt: (...place) => inspector.offsetAt(...place),
  ride: async (ride) =>
    (await inspector.ride(ride)).map(({ record, ...place }) => ({ ...place, record: throughBytes(record) })),
  seek: (group, position) => inspector.seek(group, position),
  rows: (...table) => inspector.rows(...table),
})

/** The record as it comes out of bytes: its data has to be decoded. */
function throughBytes(record: Record): Record {
  if (record.isEncoded || record.data === null) return record
  const copy = new Record(record, undefined, record.text ?? JSON.stringify(record.data))
  copy.offset = record.offset
  copy.appendedAt = record.appendedAt
  copy.home = record.home
  return copy
}

const none: readonly Record[] = Object.freeze([])
