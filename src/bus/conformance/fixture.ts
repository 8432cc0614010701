/**
 * What an adapter gives to the conformance suite, and what the cases are written with. Nothing here knows a test runner.
 */
import assert from 'node:assert/strict'
import { noHeaders } from '../../event/event.ts'
import { Record } from '../../event/record.ts'
import type { CommitUnit, Output, StateChange } from '../../event/unit.ts'
import type { ConformanceCase } from '../../internal/planned-cases.ts'
import type { Platform } from '../../internal/platform/platform.ts'
import type { Assignment, Bus, Member, MemberListener, PollRequest, Subscription, TopicPartition } from '../bus.ts'
import type { ResolvedCapabilities } from '../capabilities.ts'

/** Capabilities of the bus, and what its fixture can do to it. */
export interface BusAbilities extends ResolvedCapabilities {
  /** Members that one group may have at once. */
  readonly membersMax: number
  /** `fixture.answerUnknown` works. */
  readonly answersUnknown: boolean
  /** `fixture.press` works. */
  readonly canBePressed: boolean
}

/** One bus for one case. A case may close it and make another: that one stands on what the first has kept. */
export interface BusFixture {
  readonly platform: Platform
  /** A bus that is not open yet. */
  make(): Bus
  /** Resolves when `isSo` answers true, letting time pass meanwhile; rejects when it does not within 10 s of the fixture's time. */
  until(isSo: () => boolean, what: string): Promise<void>
  /** The next settle is answered `unknown`, and happened or not. */
  answerUnknown?(happened: boolean): void
  /** Makes the bus short of space, by whatever `fill` appends, and then lets it have space again. */
  readonly press?: { readonly fill: (probe: Probe) => Promise<void>; readonly relieve: (probe: Probe) => Promise<void> }
  /** Lets go of what the fixture holds; the case has closed its buses. */
  end(): Promise<void>
}

/** One promise of the bus port, and how to see whether it is kept. */
export type BusCase = ConformanceCase<BusAbilities, BusFixture>

/** Opens a bus with topics of four partitions. */
export async function openBus(fixture: BusFixture, ...topics: readonly string[]): Promise<Bus> {
  const bus = fixture.make()
  await bus.open(fixture.platform)
  await bus.ensureTopics(topics.map((name) => ({ name, partitions: 4 })))
  return bus
}

/** A record as the runtime makes it. */
export function record(ride: string, data: unknown = { ride }, key: string | null = ride): Record {
  const made = new Record(
    {
      ride,
      hop: 0,
      type: 'test',
      source: '/test',
      time: 1,
      key,
      headers: noHeaders,
      correlationId: undefined,
      causationId: undefined,
      replay: 0,
      slip: '',
    },
    data,
    undefined,
  )
  made.text = JSON.stringify(data)
  return made
}

export function records(...rides: readonly string[]): Record[] {
  return rides.map((ride) => record(ride))
}

/** Records for partition 0 of a topic, unless another is named. */
export function output(topic: string, records: readonly Record[], partition = 0): Output {
  return { topic, partition, records }
}

export interface UnitParts {
  readonly outputs?: readonly Output[]
  /** `[topic, watermark, above]`, in partition 0. */
  readonly settled?: readonly (readonly [topic: string, watermark: number, above?: readonly number[]])[]
  readonly changes?: readonly StateChange[]
}

export function unit({ outputs = [], settled = [], changes = [] }: UnitParts): CommitUnit {
  return {
    outputs,
    acknowledgements: settled.map(([topic, watermark, above = []]) => ({ topic, partition: 0, watermark, above })),
    changes,
  }
}

export const ridesOf = (records: readonly Record[]): string[] => records.map(({ ride }) => ride)
/** Holds offsets against those of a bus that leaves no gaps; where a bus may leave some, only against their order. */
export function assertOffsets(bus: Bus, found: readonly Record[], dense: readonly number[], message?: string): void {
  const offsets = offsetsOf(found)
  if (bus.capabilities.hasDenseOffsets !== false) return assert.deepEqual(offsets, dense, message)
  assert.equal(offsets.length, dense.length, message)
  for (const [index, offset] of offsets.entries()) {
    assert.ok(offset >= dense[index]!, message)
    assert.ok(index === 0 || offset > offsets[index - 1]!, message)
  }
}

export const offsetsOf = (records: readonly Record[]): number[] => records.map(({ offset }) => offset)

/** A member that keeps what it is told, and polls only when it has been told `ready`. */
export class Probe implements MemberListener {
  readonly fixture: BusFixture
  readonly assignments: Map<string, Assignment> = new Map()
  readonly lost: string[] = []
  /** Every `ready`, in order. */
  readonly told: string[] = []
  readonly pressure: boolean[] = []
  readonly failures: unknown[] = []
  /** Called when partitions are taken away. */
  onRevoked: ((partitions: readonly TopicPartition[]) => void) | undefined = undefined
  readonly #ready = new Set<string>()
  #member: Member | undefined

  static async join(
    fixture: BusFixture,
    bus: Bus,
    group: string,
    ...subscriptions: readonly Subscription[]
  ): Promise<Probe> {
    const probe = new Probe(fixture)
    probe.#member = await probe.ended(bus.join(group, subscriptions, probe))
    return probe
  }

  constructor(fixture: BusFixture) {
    this.fixture = fixture
  }

  get member(): Member {
    assert.ok(this.#member, 'the probe has joined')
    return this.#member
  }

  assigned(partitions: readonly Assignment[]): void {
    for (const assignment of partitions) this.assignments.set(placeOf(assignment), assignment)
  }

  revoked(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) {
      this.assignments.delete(placeOf(partition))
      this.lost.push(placeOf(partition))
    }
    this.onRevoked?.(partitions)
  }

  ready(topic: string, partition: number): void {
    this.told.push(placeOf({ topic, partition }))
    this.#ready.add(placeOf({ topic, partition }))
  }

  failed(error: unknown): void {
    this.failures.push(error)
  }

  pressed(pressed: boolean): void {
    this.pressure.push(pressed)
  }

  isReady(topic: string, partition = 0): boolean {
    return this.#ready.has(placeOf({ topic, partition }))
  }

  /** Polls whether told or not. */
  poll(
    topic: string,
    { partition = 0, recordsMax = 100, ahead = false }: Partial<PollRequest> & { readonly partition?: number } = {},
  ): readonly Record[] {
    this.#ready.delete(placeOf({ topic, partition }))
    return this.member.poll(topic, partition, { recordsMax, ahead })
  }

  /** Waits for `count` records, polling only after `ready`; a partition that is never told of fails here. */
  async take(
    topic: string,
    count: number,
    { partition = 0, recordsMax = 100, ahead = false }: Partial<PollRequest> & { readonly partition?: number } = {},
  ): Promise<Record[]> {
    const taken = [...this.poll(topic, { partition, recordsMax, ahead })]
    let isShort = taken.length < recordsMax
    while (taken.length < count) {
      if (isShort)
        await this.fixture.until(
          () => this.isReady(topic, partition),
          `ready of ${topic}/${partition} after ${taken.length} of ${count} records`,
        )
      const more = this.poll(topic, { partition, recordsMax, ahead })
      isShort = more.length < recordsMax
      taken.push(...more)
    }
    return taken
  }

  async settle(parts: UnitParts): Promise<void> {
    assert.equal(await this.ended(this.member.settle(unit(parts))), 'committed')
  }

  /** Awaits what the bus has begun, letting time pass. */
  async ended<Value>(promise: Promise<Value>): Promise<Value> {
    let hasEnded = false
    const end = (): void => {
      hasEnded = true
    }
    promise.then(end, end)
    await this.fixture.until(() => hasEnded, 'the call has ended')
    return promise
  }
}

const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
