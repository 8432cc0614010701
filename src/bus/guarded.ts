/**
 * The one place that enforces the lifecycle of every bus, so that adapters stay naive: they translate and keep no flags.
 *
 * Invariants:
 * - L1 An adapter is opened once and closed once. Several apps may share a bus: each opens and closes it, and only the last close is passed on.
 * - L2 No call reaches an adapter before it is open, after it is closed, or after it said `failed`; a member likewise after it has left.
 * - L3 A member that is leaving hands over nothing more; a bus is closed only when its members have left.
 * - L4 After a member has left or its bus has failed, its listener hears nothing more.
 */
import { MetrobusError } from '../errors/index.ts'
import type { Record } from '../event/record.ts'
import type { CommitUnit } from '../event/unit.ts'
import { silentLog } from '../internal/log.ts'
import type { Log } from '../internal/log.ts'
import type { Platform } from '../internal/platform/platform.ts'
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
} from './bus.ts'
import type { Capabilities } from './capabilities.ts'
import type { BusMeters } from './meters.ts'

/** Puts the guard around an adapter; a bus that has one already is answered as it is. */
export function guarded(adapter: Bus, log: Log = silentLog): Bus {
  return adapter instanceof GuardedBus ? adapter : new GuardedBus(adapter, log)
}

type State = 'not open' | 'open' | 'closed'

class GuardedBus implements Bus {
  readonly name: string
  readonly capabilities: Capabilities
  readonly inspector: BusInspector
  readonly socketFolder: string | undefined
  readonly #adapter: Bus
  readonly #log: Log
  readonly #members = new Set<GuardedMember>()
  #state: State = 'not open'
  #users = 0
  #opening: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #failure: Error | undefined

  constructor(adapter: Bus, log: Log) {
    this.#adapter = adapter
    this.#log = log
    this.name = adapter.name
    this.capabilities = adapter.capabilities
    this.socketFolder = adapter.socketFolder
    this.inspector = guardInspector(adapter.inspector, (call) => this.#check(call))
  }

  get meters(): BusMeters | undefined {
    return this.#state === 'open' ? this.#adapter.meters : undefined
  }

  async open(platform: Platform): Promise<void> {
    if (this.#closing !== undefined)
      throw new MetrobusError('MB_BUS_NOT_OPEN', { bus: this.name, call: 'open', state: 'closed' })
    this.#users++
    this.#opening ??= this.#open(platform)
    await this.#opening
  }

  async #open(platform: Platform): Promise<void> {
    try {
      await this.#adapter.open(platform)
    } catch (error) {
      this.#fail(error)
      throw error
    }
    this.#state = 'open'
    this.#log.info({ bus: this.name }, 'bus opened')
  }

  async ensureTopics(topics: readonly TopicSpec[]): Promise<void> {
    this.#check('ensureTopics')
    await this.#adapter.ensureTopics(topics)
  }

  async join(group: string, subscriptions: readonly Subscription[], listener: MemberListener): Promise<Member> {
    this.#check('join')
    const member = new GuardedMember(this, group, listener)
    // In the set before it is in the group: a bus that is closed meanwhile waits for it.
    this.#members.add(member)
    try {
      await member.joined(this.#adapter.join(group, subscriptions, member))
    } catch (error) {
      this.#members.delete(member)
      throw error
    }
    this.#log.info({ bus: this.name, group }, 'member joined')
    return member
  }

  partitions(topic: string): number {
    this.#check('partitions')
    return this.#adapter.partitions(topic)
  }

  /** Passed on by the last user; before, it only counts. Closing more often than opening does nothing. */
  async close(): Promise<void> {
    if (this.#users > 0) this.#users--
    if (this.#users > 0 || this.#opening === undefined) return
    this.#closing ??= this.#close()
    await this.#closing
  }

  async #close(): Promise<void> {
    const isOpen = await this.#opening!.then(
      () => true,
      () => false,
    )
    if (!isOpen) return
    try {
      await Promise.all([...this.#members].map((member) => member.leave()))
    } finally {
      this.#state = 'closed'
      await this.#adapter.close()
      this.#log.info({ bus: this.name }, 'bus closed')
    }
  }

  left(member: GuardedMember): void {
    this.#members.delete(member)
    this.#log.info({ bus: this.name, group: member.group }, 'member left')
  }

  failed(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#fail(error)
    this.#log.error({ bus: this.name, error }, 'bus failed')
  }

  #fail(error: unknown): void {
    this.#failure = error instanceof Error ? error : new MetrobusError('MB_BUS_FAILED', { reason: String(error) })
  }

  /** Why nothing can be done any more; undefined while all is well. */
  get failure(): Error | undefined {
    return this.#failure
  }

  pressed(pressed: boolean, reason: string): void {
    this.#log.warn({ bus: this.name, pressed, reason }, pressed ? 'entries wait' : 'entries go on')
  }

  #check(call: string): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#state !== 'open' || this.#closing !== undefined)
      throw new MetrobusError('MB_BUS_NOT_OPEN', {
        bus: this.name,
        call,
        state: this.#closing === undefined ? this.#state : 'closed',
      })
  }
}

/** A member, and the listener that its adapter sees. */
class GuardedMember implements Member, MemberListener {
  readonly group: string
  readonly #bus: GuardedBus
  readonly #listener: MemberListener
  #member: Member | undefined
  #isDeaf = false
  #leaving: Promise<void> | undefined
  #joining: Promise<unknown> | undefined

  constructor(bus: GuardedBus, group: string, listener: MemberListener) {
    this.#bus = bus
    this.group = group
    this.#listener = listener
  }

  get name(): string | undefined {
    return this.#member?.name
  }

  async joined(joining: Promise<Member>): Promise<void> {
    this.#joining = joining
    this.#member = await joining
  }

  poll(topic: string, partition: number, request: PollRequest): readonly Record[] {
    if (this.#isDeaf || this.#leaving !== undefined || this.#member === undefined) return none
    return this.#member.poll(topic, partition, request)
  }

  rewind(topic: string, partition: number, offset: number): void {
    if (!this.#isDeaf && this.#leaving === undefined) this.#member?.rewind(topic, partition, offset)
  }

  settle(unit: CommitUnit): Promise<Settled> {
    const refusal = this.#refusal('settle')
    return refusal === undefined ? this.#member!.settle(unit) : Promise.reject(refusal)
  }

  get seek(): Member['seek'] {
    const member = this.#member
    if (member?.seek === undefined) return undefined
    return (acknowledgements, changes) => {
      const refusal = this.#refusal('seek')
      return refusal === undefined ? member.seek!(acknowledgements, changes) : Promise.reject(refusal)
    }
  }

  load(store: string, partition: number): Promise<ReadonlyMap<string, string>> {
    const refusal = this.#refusal('load')
    return refusal === undefined ? this.#member!.load(store, partition) : Promise.reject(refusal)
  }

  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    await this.#joining?.catch(() => {})
    try {
      await this.#member?.leave()
    } finally {
      this.#isDeaf = true
      this.#bus.left(this)
    }
  }

  /** Why the member takes no call; undefined when it does. */
  #refusal(call: string): Error | undefined {
    const { failure, name } = this.#bus
    if (failure !== undefined) return failure
    if (this.#member !== undefined && this.#leaving === undefined) return undefined
    const state = this.#member === undefined ? 'still being joined' : 'left'
    return new MetrobusError('MB_BUS_NOT_OPEN', { bus: name, call, state })
  }

  assigned(partitions: readonly Assignment[]): void {
    if (!this.#isDeaf) this.#listener.assigned(partitions)
  }

  revoked(partitions: readonly TopicPartition[]): void {
    if (!this.#isDeaf) this.#listener.revoked(partitions)
  }

  ready(topic: string, partition: number): void {
    if (!this.#isDeaf) this.#listener.ready(topic, partition)
  }

  failed(error: unknown): void {
    if (this.#isDeaf) return
    this.#isDeaf = true
    this.#bus.failed(error)
    this.#listener.failed(error)
  }

  pressed(pressed: boolean, reason: string): void {
    if (this.#isDeaf) return
    this.#bus.pressed(pressed, reason)
    this.#listener.pressed(pressed, reason)
  }
}

function guardInspector(inspector: BusInspector, check: (call: string) => void): BusInspector {
  return {
    topics: async (...wanted) => (check('topics'), inspector.topics(...wanted)),
    groups: async (...wanted) => (check('groups'), inspector.groups(...wanted)),
    read: async (...place) => (check('read'), inspector.read(...place)),
    offsetAt: async (...place) => (check('offsetAt'), inspector.offsetAt(...place)),
    ride: async (ride) => (check('ride'), inspector.ride(ride)),
    seek: async (...place) => (check('seek'), inspector.seek(...place)),
    rows: async (...place) => (check('rows'), inspector.rows(...place)),
  }
}

const none: readonly Record[] = Object.freeze([])
