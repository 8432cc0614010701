/**
 * Gathers what a turn of the loop has decided - outputs, acknowledgements, state changes, senders to be answered - and settles it as one
 * commit unit.
 *
 * Invariants:
 * - O1 What one event causes is added between two flushes, never across one: it rides in one unit (I6).
 * - O2 Units are settled in the order built; a sender is answered only when its unit is committed (I1).
 * - O3 After `unknown` the same unit is settled again, and nothing else before it is decided.
 * - O4 After a refusal nothing is handed over until every unit on its way has ended, and what was gathered meanwhile is void with it: it may
 *   acknowledge what the refused unit decided.
 * - O5 No unit grows beyond what is ripe and what one more event causes, however long the bus takes nothing: units wait in their order.
 */
import type { Settled } from '../bus/bus.ts'
import type { Record } from '../event/record.ts'
import type { Acknowledgement, CommitUnit, Output, StateChange } from '../event/unit.ts'
import { envelopeOf } from './encode.ts'
import type { Feed } from './feed.ts'
import { encodeRow, type KeyState } from './key-state.ts'
import type { Lane } from './lane.ts'
import type { SeenIds } from './seen-ids.ts'

/** Records on their way to one topic partition. */
export class OutputQueue {
  readonly topic: string
  readonly partition: number
  /** Leads to a stop, whose acknowledgement will follow. */
  readonly isInput: boolean
  records: Record[] = []

  constructor(topic: string, partition: number, isInput: boolean) {
    this.topic = topic
    this.partition = partition
    this.isInput = isInput
  }
}

/** How a unit ended for whoever waits: `failed` when the app did, and nobody knows. */
export type Fate = 'committed' | 'refused' | 'failed'

/** A row of the park table that is to be written. */
interface TouchedRow {
  readonly lane: Lane
  readonly state: KeyState
}

/** A unit that has been handed to the bus, with everything that waits for its end. */
export interface PendingUnit {
  /** Counts up in the order built: behind one of unknown fate, later ones end first. */
  readonly number: number
  readonly unit: CommitUnit
  readonly feeds: readonly Feed[]
  readonly rows: readonly TouchedRow[]
  /** Called once, in order of the units, when the unit is committed or given up. */
  readonly waiters: readonly ((fate: Fate) => void)[]
}

export interface OutboxOptions {
  readonly settle: (unit: CommitUnit) => Promise<Settled>
  /** Units may be handed over before the one before is decided. */
  readonly pipelined: boolean
  readonly committed: (unit: PendingUnit) => void
  /** These feeds must be read again from what is committed; nothing more may be gathered for them. */
  readonly refused: (feeds: readonly Feed[]) => void
  /** Every unit on its way has ended after a refusal: the feeds may be read again. */
  readonly recovered: () => void
  /** Calls back after a while, before a unit of unknown fate is settled once more. */
  readonly later: (run: () => void) => void
  readonly failed: (error: unknown) => void
}

/** Units on their way at once; beyond, lanes and entries wait. Bounds memory when the disk is slow (I9). */
const pendingUnitsMax = 32

export class Outbox {
  readonly #options: OutboxOptions
  #queues: OutputQueue[] = []
  #feeds: Feed[] = []
  #changes: StateChange[] = []
  #rows: TouchedRow[] = []
  /** A few, in the order handed over. An array: a set keeps what it has let go (`roster.ts`). */
  readonly #onTheirWay: PendingUnit[] = []
  readonly #seen: Set<SeenIds> = new Set()
  #waiters: ((fate: Fate) => void)[] = []
  #events = 0
  #bytes = 0
  #pending = 0
  /** How many units were built. */
  #built = 0
  /** Built, and not yet handed over (O5). */
  readonly #waitingUnits: PendingUnit[] = []
  #hasFailed = false
  #epoch = 0
  /** Units that were refused while others are still on their way; undefined when none was. */
  #refused: PendingUnit[] | undefined = undefined
  /** The unit that was answered `unknown` and is being settled again. */
  #undecided: PendingUnit | undefined = undefined
  /** Events in the input topics of stops, counted from the start of the app: added to by outputs, taken from by acknowledgements. */
  inside = 0
  /** Events acknowledged since the start of the app. */
  acknowledged = 0

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  /** How many units were built: the number of the newest. */
  get built(): number {
    return this.#built
  }

  /** The number of the oldest unit whose end is not known; Infinity when every one has ended. */
  get oldest(): number {
    return this.#onTheirWay[0]?.number ?? Infinity
  }

  /** The fate of a unit is unknown: others may see it already. */
  get isUndecided(): boolean {
    return this.#undecided !== undefined
  }

  /** Nothing gathered and nothing on its way. */
  get isIdle(): boolean {
    return this.#pending === 0 && this.isEmpty
  }

  get isEmpty(): boolean {
    return this.#waitingUnits.length === 0 && this.#gathersNothing
  }

  get #gathersNothing(): boolean {
    return (
      this.#queues.length === 0 &&
      this.#feeds.length === 0 &&
      this.#changes.length === 0 &&
      this.#rows.length === 0 &&
      this.#waiters.length === 0
    )
  }

  /** No more units may be handed over until one has ended. */
  get isFull(): boolean {
    return (
      this.#hasFailed ||
      this.#undecided !== undefined ||
      this.#refused !== undefined ||
      this.#pending >= (this.#options.pipelined ? pendingUnitsMax : 1)
    )
  }

  /** Enough gathered for one unit. */
  get isRipe(): boolean {
    return this.#events >= 512 || this.#bytes >= 512 * 1024
  }

  output(queue: OutputQueue, record: Record, bytes: number): void {
    if (queue.records.length === 0) this.#queues.push(queue)
    queue.records.push(record)
    if (queue.isInput) this.inside++
    this.#bytes += bytes + envelopeOf(record)
  }

  acknowledge(feed: Feed, offset: number): void {
    feed.acks.add(offset)
    this.#events++
    this.acknowledged++
    if (this.inside > 0) this.inside--
    this.touch(feed)
  }

  /** Writes what the feed has settled, with the unit that is being gathered. */
  touch(feed: Feed): void {
    if (feed.isTouched) return
    feed.isTouched = true
    this.#feeds.push(feed)
  }

  change(change: StateChange): void {
    this.#changes.push(change)
  }

  /** Writes a key's row of the park table as it is when the unit is handed over. */
  touchRow(lane: Lane, state: KeyState): void {
    if (state.isRowTouched) return
    state.isRowTouched = true
    this.#rows.push({ lane, state })
  }

  /** The app has failed: whoever waits is told so. */
  abandon(): void {
    this.#hasFailed = true
    const waiting = [...this.#onTheirWay.splice(0), ...this.#takeAll()].flatMap(({ waiters }) => waiters)
    for (const answer of waiting) answer('failed')
  }

  /** Writes the ids that an entry has accepted, with the unit that is being gathered. */
  touchSeen(seen: SeenIds): void {
    this.#seen.add(seen)
  }

  /** `answer` is called when the unit that is being gathered has ended. */
  wait(answer: (fate: Fate) => void): void {
    this.#waiters.push(answer)
    this.#events++
  }

  /** Hands over what is gathered, if the bus may take it now; else, when it is ripe, what comes next goes into another unit. */
  flush(): void {
    while (this.#waitingUnits.length > 0 && !this.isFull) this.#handOver(this.#waitingUnits.shift()!)
    if (this.#gathersNothing) return
    if (!this.isFull) this.#handOver(this.#take())
    else if (this.isRipe && !this.#hasFailed) this.#waitingUnits.push(this.#take())
  }

  #handOver(pending: PendingUnit): void {
    this.#onTheirWay.push(pending)
    this.#pending++
    if (pending.feeds.some(({ lane }) => lane?.isClosed === true)) this.#refuse(pending)
    else this.#settle(pending)
  }

  /**
   * What a lane decided that was revoked meanwhile is void. The bus would say so, unless the partition has come back: then the unit would also speak for
   * the next lane, which begins from what is committed. Nothing is handed over behind it.
   */
  #refuse(pending: PendingUnit): void {
    this.#refused ??= []
    queueMicrotask(() => this.#ended(pending, 'refused'))
  }

  /** What waits and what is gathered, to be voided. */
  #takeAll(): readonly PendingUnit[] {
    return [...this.#waitingUnits.splice(0), this.#take()]
  }

  #take(): PendingUnit {
    const rows = this.#rows
    const pending: PendingUnit = {
      number: ++this.#built,
      unit: {
        outputs: this.#takeOutputs(),
        acknowledgements: this.#takeAcknowledgements(),
        changes: this.#takeChanges(),
        epoch: this.#epoch,
      },
      feeds: this.#feeds,
      rows,
      waiters: this.#waiters,
    }
    this.#feeds = []
    this.#waiters = []
    this.#events = 0
    this.#bytes = 0
    return pending
  }

  #settle(pending: PendingUnit): void {
    let promise: Promise<Settled>
    try {
      promise = this.#options.settle(pending.unit)
    } catch (error) {
      this.#fail(error)
      return
    }
    promise.then(
      (settled) => this.#ended(pending, settled),
      (error: unknown) => this.#fail(error),
    )
  }

  #fail(error: unknown): void {
    this.#pending--
    this.#hasFailed = true
    this.#options.failed(error)
  }

  #ended(pending: PendingUnit, settled: Settled): void {
    if (settled === 'unknown') {
      // At once the first time; a bus that goes on not knowing is given time.
      if (this.#undecided === pending) this.#options.later(() => this.#settle(pending))
      else this.#settle(pending)
      this.#undecided = pending
      return
    }
    if (this.#undecided === pending) this.#undecided = undefined
    const place = this.#onTheirWay.indexOf(pending)
    if (place >= 0) this.#onTheirWay.splice(place, 1)
    this.#pending--
    if (settled === 'refused') {
      this.#refused ??= []
      this.#refused.push(pending)
      this.#options.refused([pending, ...this.#waitingUnits].flatMap(({ feeds }) => feeds).concat(this.#feeds))
    } else {
      const { waiters } = pending
      for (let index = 0; index < waiters.length; index++) waiters[index]!(settled)
      this.#options.committed(pending)
    }
    if (this.#refused !== undefined && this.#pending === 0) this.#recover(this.#refused)
  }

  /** Every unit on its way has ended after a refusal: senders of what was refused or gathered since send again, in their order. */
  #recover(refused: readonly PendingUnit[]): void {
    const gathered = this.#takeAll()
    this.#options.refused(gathered.flatMap(({ feeds }) => feeds))
    this.#refused = undefined
    this.#epoch++
    // The rows of lanes that go on have not been written.
    for (const { rows } of [...refused, ...gathered])
      for (const { lane, state } of rows) if (!lane.isClosed) this.touchRow(lane, state)
    for (const { waiters } of [...refused, ...gathered]) for (const answer of waiters) answer('refused')
    this.#options.recovered()
  }

  #takeOutputs(): Output[] {
    const queues = this.#queues
    const outputs = new Array<Output>(queues.length)
    for (let index = 0; index < queues.length; index++) {
      const queue = queues[index]!
      outputs[index] = { topic: queue.topic, partition: queue.partition, records: queue.records }
      queue.records = []
    }
    this.#queues = []
    return outputs
  }

  #takeChanges(): StateChange[] {
    const changes = this.#changes
    for (const { lane, state } of this.#rows) {
      const { partition } = lane
      const store = lane.stop.parkStore
      state.isRowTouched = false
      changes.push({ store, partition, key: state.key, value: state.row === undefined ? null : encodeRow(state.row) })
    }
    if (this.#seen.size > 0) {
      for (const seen of this.#seen) changes.push(...seen.takeChanges())
      this.#seen.clear()
    }
    this.#changes = []
    this.#rows = []
    return changes
  }

  #takeAcknowledgements(): Acknowledgement[] {
    const feeds = this.#feeds
    const acknowledgements = new Array<Acknowledgement>(feeds.length)
    for (let index = 0; index < feeds.length; index++) {
      const feed = feeds[index]!
      feed.isTouched = false
      acknowledgements[index] = {
        topic: feed.topic,
        partition: feed.partition,
        watermark: feed.acks.watermark,
        above: feed.acks.above,
      }
    }
    return acknowledgements
  }
}
