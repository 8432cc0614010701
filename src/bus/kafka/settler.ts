/**
 * The units of one member on their way: one after the other, each as one transaction with what the group has settled by it. What became of a unit whose end is not
 * known is found out here, so that who handed it over is told `committed` or `refused` and nothing else.
 *
 * Invariants:
 * - U1 One unit is on its way at a time, in the order of the calls.
 * - U2 A unit that acknowledges what its member has not owned since the unit was handed over is refused, and with it everything of its epoch (decision 0007): also when
 *   the partition has come back meanwhile, for then another lane speaks for it.
 * - U3 A unit carries the position of a partition that its member owns, also where nothing moved, so that who was replaced is refused by the group's coordinator
 *   whatever the unit does. A member that owns nothing can only bring events in, and has nothing to be refused for.
 * - U4 The same outcomes are settled again until they are committed or refused: what handlers did is not done again because a broker died.
 */
import { isMetrobusError, MetrobusError } from '../../errors/index.ts'
import type { Acknowledgement, CommitUnit, StateChange } from '../../event/unit.ts'
import type { Log } from '../../internal/log.ts'
import type { Clock } from '../../internal/platform/platform.ts'
import type { Settled } from '../bus.ts'
import type { GroupMembership, Position } from './driver/codec/txn-offset-commit.ts'
import type { GroupOffsets } from './driver/group-offsets.ts'
import type { UnitBatch, UnitEnd } from './driver/producer.ts'
import { lookingMs, scan } from './log-scan.ts'
import type { ScanOptions, ScanPart } from './log-scan.ts'
import type { UnitProducer } from './loose-producer.ts'
import { decodeText, encodeAbove, encodeText, isElsewhere } from './positions.ts'
import { UnitBatches } from './unit-batches.ts'
import type { UnitBatchesOptions } from './unit-batches.ts'

/** What made partitions the member's; undefined where they were not. */
export type Claims = readonly (object | undefined)[]

/** What the settler asks of its member. */
export interface Owner {
  /** What makes a partition the member's, another one each time that it is given; undefined while it is not. */
  claim(topic: string, partition: number): object | undefined
  /** Of everything that is owned, as settled last. */
  allSettled(): readonly Acknowledgement[]
  /** Undefined while no group is joined. */
  membership(): GroupMembership | undefined
  /** Resolves when the coordinator has said who the member is. */
  confirm(): Promise<void>
  /** A unit is committed, which was handed over under these claims, one an acknowledgement. */
  committed(unit: CommitUnit, rows: readonly StateChange[], claims: Claims): void
}

export interface SettlerOptions extends ScanOptions {
  readonly clock: Clock
  readonly log: Log
  readonly producer: UnitProducer
  readonly offsets: GroupOffsets
  readonly owner: Owner
  readonly batches: UnitBatchesOptions
  /** Begins the marks of its units: of this life of the member. */
  readonly name: string
}

interface Pending {
  readonly unit: CommitUnit
  /** By its acknowledgements, when it was handed over. */
  readonly claims: Claims
  readonly answer: (settled: Settled) => void
  readonly fail: (error: unknown) => void
}

/** The table of what is too long for an offset's text, by topic. */
export const aboveStore = 'above'
const nothingMoved: CommitUnit = { outputs: [], acknowledgements: [], changes: [] }
const pauseFirstMs = 5
const pauseMostMs = 500

export class Settler {
  readonly #options: SettlerOptions
  readonly #queue: Pending[] = []
  readonly #idle: (() => void)[] = []
  #isRunning = false
  #marks = 0
  #refusedEpoch = -1

  constructor(options: SettlerOptions) {
    this.#options = options
  }

  settle(unit: CommitUnit): Promise<Settled> {
    const { owner } = this.#options
    const claims = unit.acknowledgements.map(({ topic, partition }) => owner.claim(topic, partition))
    return new Promise((answer, fail) => {
      this.#queue.push({ unit, claims, answer, fail })
      if (!this.#isRunning) void this.#run()
    })
  }

  /** Commits every position again, as it is when its turn comes: the group's coordinator forgets what was not committed for days. */
  async keepPositions(): Promise<void> {
    await this.settle(nothingMoved)
  }

  /** Resolves when nothing is on its way. */
  drained(): Promise<void> {
    return this.#isRunning ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      try {
        head.answer(await this.#decide(head))
      } catch (error) {
        this.#refuse(head.unit)
        head.fail(error)
      }
      this.#queue.shift()
    }
    this.#isRunning = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #decide(pending: Pending): Promise<Settled> {
    const { unit } = pending
    const { producer, clock, log, batches, owner } = this.#options
    let made: UnitBatches | undefined
    let pauseMs = 0
    for (;;) {
      if (pauseMs > 0) await this.#pause(pauseMs)
      pauseMs = Math.min(Math.max(pauseFirstMs, 2 * pauseMs), pauseMostMs)
      if (producer.state === 'doubtful' && !(await this.#renewed())) continue
      const positions = this.#positions(pending)
      if (positions === undefined) return this.#refuse(unit)
      const rows = rowsOf(unit, positions)
      if (made === undefined || rows.length > 0) made = new UnitBatches(unit, rows, clock.now(), batches)
      const faults = made.faults()
      if (faults.length > 0) throw new MetrobusError('MB_BUS_MISUSE', { bus: 'kafka', faults })
      const membership = owner.membership()
      const hasPositions = membership !== undefined && positions.length > 0
      const end = await producer.settle({
        batches: made.batches,
        ...(hasPositions ? { offsets: { membership, positions } } : {}),
      })
      const offsets = await this.#offsetsOf(end, made, positions, membership)
      if (offsets !== undefined) {
        made.place(offsets)
        owner.committed(unit, rows, pending.claims)
        return 'committed'
      }
      if (end.end !== 'committed') log.warn({ error: end.error.message }, 'a unit is settled again')
    }
  }

  /** Where the batches are when the unit is committed; undefined when it is void and may be settled again. Throws where it may not. */
  async #offsetsOf(
    end: UnitEnd,
    { batches }: UnitBatches,
    positions: readonly Position[],
    membership: GroupMembership | undefined,
  ): Promise<readonly number[] | undefined> {
    if (end.end === 'committed') return end.offsets
    if (end.end === 'void') {
      if (end.because === 'member') await this.#options.owner.confirm()
      if (end.because === 'refused' && end.error.family !== 'retry') throw end.error
      return undefined
    }
    while (this.#options.producer.state === 'doubtful') await this.#renewed()
    const happened = (await this.#isMarked(positions, membership)) || (await this.#isVisible(batches, end.offsets))
    return happened ? end.offsets : undefined
  }

  /** True when the producer may go on. */
  async #renewed(): Promise<boolean> {
    try {
      await this.#options.producer.renew()
      return true
    } catch (error) {
      if (!isMetrobusError(error) || error.family !== 'retry') throw error
      return false
    }
  }

  /**
   * Whether a record of the unit is where the broker said that it is, committed: that is decided by now, and this waits until the leaders know. Each batch is looked for, since one may have been
   * deleted or compacted away meanwhile.
   */
  async #isVisible(batches: readonly UnitBatch[], offsets: readonly number[]): Promise<boolean> {
    const parts = new Map<string, ScanPart>()
    for (const [index, { topic, partition, count }] of batches.entries()) {
      const from = offsets[index] ?? -1
      const place = `${topic}/${partition}`
      if (from >= 0 && !parts.has(place)) parts.set(place, { topic, partition, from, until: from + count })
    }
    return this.#persist(async () => {
      let isThere = false
      await scan(this.#options, [...parts.values()], () => {
        isThere = true
        return false
      })
      return isThere
    })
  }

  /** Whether the group has these positions, each of which carries the mark of the unit. Where its member, or another, has settled since, they are not there. */
  #isMarked(positions: readonly Position[], membership: GroupMembership | undefined): Promise<boolean> {
    const [position] = positions
    if (position === undefined || membership === undefined) return Promise.resolve(false)
    const nobody = { ...membership, memberId: '', memberEpoch: -1 }
    return this.#persist(async () => {
      const fetched = await this.#options.offsets.fetch(nobody, [position], lookingMs)
      return fetched.kind === 'offsets' && fetched.offsets[0]?.metadata === position.metadata
    })
  }

  /** Asks until there is an answer. */
  async #persist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask()
      } catch (error) {
        if (!isMetrobusError(error) || error.family !== 'retry') throw error
        await this.#pause(pauseMostMs)
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.timer(ms, resolve))
  }

  /** What the group has settled with this unit; undefined when it is to be refused. */
  #positions({ unit, claims }: Pending): Position[] | undefined {
    const { acknowledgements, epoch = Infinity } = unit
    const { owner, batches, name } = this.#options
    if (epoch <= this.#refusedEpoch) return undefined
    const isVoid = acknowledgements.some(
      ({ topic, partition }, index) => claims[index] === undefined || owner.claim(topic, partition) !== claims[index],
    )
    if (isVoid) return undefined
    const unmoved = acknowledgements.length > 0 ? [] : owner.allSettled().slice(0, unit === nothingMoved ? Infinity : 1)
    const mark = `${name}.${(this.#marks++).toString(36)}`
    return [...acknowledgements, ...unmoved].map(({ topic, partition, watermark, above }) => ({
      topic: batches.outside(topic),
      partition,
      offset: watermark,
      leaderEpoch: -1,
      metadata: encodeText(mark, encodeAbove(watermark, above)),
    }))
  }

  #refuse({ epoch = -1 }: CommitUnit): 'refused' {
    this.#refusedEpoch = Math.max(this.#refusedEpoch, epoch)
    return 'refused'
  }
}

/** The sets that are too long for an offset's text. */
function rowsOf({ acknowledgements }: CommitUnit, positions: readonly Position[]): StateChange[] {
  return acknowledgements
    .filter((_, index) => isElsewhere(positions[index]!.metadata))
    .map(({ topic, partition, watermark, above }) => ({
      store: aboveStore,
      partition,
      key: topic,
      value: JSON.stringify(encodeAbove(watermark, above)),
    }))
}

/** The set above a watermark, from the text beside its offset or from its row. */
export function aboveOf(text: string, row: () => string | undefined): string {
  const { above } = decodeText(text)
  if (above !== undefined) return above
  const kept = row()
  if (kept === undefined)
    throw new MetrobusError('MB_BUS_FAILED', { reason: 'the set above an offset is in no row of the group' })
  return JSON.parse(kept) as string
}
