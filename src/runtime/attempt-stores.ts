/** The stores of a stop in the hands of one attempt: what it changes is its own until its outcome is decided. */
import { MetrobusError } from '../errors/index.ts'
import { noHeaders } from '../event/event.ts'
import { partitionOf } from '../event/partition.ts'
import { freezeDeep, nestingMax, Record } from '../event/record.ts'
import type { StoreHandle, StoreRange, StoreRow } from '../stop/store.ts'
import type { Attempt } from './attempt.ts'
import { encodeData, envelopeMax } from './encode.ts'
import type { OutputQueue } from './outbox.ts'
import type { Change, StorePartition } from './store-partition.ts'
import type { NamedPartition } from './stores.ts'

/** Takes what an event causes. */
interface Plan {
  add(queue: OutputQueue, record: Record): void
}

/** A change with its JSON text; undefined deletes. */
interface Write extends Change {
  readonly text: string | undefined
}

const rowsDefault = 100
const nothing: ReadonlyMap<string, Write> = new Map()

/** One store for one attempt. */
class Handle implements StoreHandle<unknown> {
  readonly partition: StorePartition
  /** Another stop has changed the event's rows meanwhile: what this attempt has read is no longer so. */
  isStale = false
  readonly #attempt: Attempt
  #isTouching = false
  #writes: Map<string, Write> | undefined = undefined
  /** The writes as records, once the outcome is decided. */
  #records: readonly Record[] = []

  constructor(attempt: Attempt, partition: StorePartition) {
    this.#attempt = attempt
    this.partition = partition
  }

  get(key: string): unknown {
    this.#check(key)
    const written = this.#writes?.get(key)
    if (written !== undefined) return written.value ?? undefined
    return this.partition.get(key, this.#attempt.lane.engine.clock.now())
  }

  put(key: string, value: unknown): void {
    this.#check(key)
    const { engine, stop } = this.#attempt.lane
    const text = value === null ? undefined : encodeData(value, stop.name, engine.recordBytesMax)
    // Only then may there be a number that JSON does not know: the row would be another one when it is read again.
    if (text?.includes('null') === true && !isFiniteIn(value))
      throw new MetrobusError('MB_NOT_JSON', { where: stop.name, type: 'NaN or Infinity' })
    if (engine.freezes) freezeDeep(value, nestingMax)
    this.#writes ??= new Map()
    this.#writes.set(key, { value, text })
  }

  delete(key: string): void {
    this.#check(key)
    this.#writes ??= new Map()
    this.#writes.set(key, { value: null, text: undefined })
  }

  range({ prefix, after = '', limit = rowsDefault }: StoreRange = {}): readonly StoreRow<unknown>[] {
    const { record, lane } = this.#attempt
    const from = prefix ?? record.key ?? ''
    this.#check(from)
    const now = lane.engine.clock.now()
    const { ownerOf } = this.partition.definition
    const rows: StoreRow<unknown>[] = []
    // Keys that only begin like the event's belong to others.
    for (let behind = after; rows.length < limit;) {
      const found = this.partition.range({ prefix: from, after: behind, limit }, this.#writes ?? nothing, now)
      for (const { key, value } of found)
        if (ownerOf(key) === record.key && rows.length < limit) rows.push({ key, value })
      if (found.length < limit) break
      behind = found.at(-1)!.key
    }
    return rows
  }

  /** Gives what was changed to the plan of the event's unit. */
  plan(plan: Plan): void {
    if (this.#writes === undefined) return
    const { record } = this.#attempt
    this.#records = [...this.#writes].map(([key, write]) => changeOf(record, this.partition.source, key, write))
    for (const change of this.#records) plan.add(this.partition.queue, change)
  }

  /** The plan rides. */
  decide(): void {
    for (const record of this.#records) this.partition.decide(record)
    if (this.#records.length > 0) this.partition.users?.changed(this.#attempt.record.key!)
  }

  /** The attempt is over. */
  release(): void {
    if (this.#isTouching) this.partition.users!.delete(this.#attempt.record.key!, this)
  }

  /** A row belongs to the events of one key, and those to one partition. */
  #check(key: string): void {
    const { lane, record, isOver } = this.#attempt
    const { definition } = this.partition
    if (isOver) throw new MetrobusError('MB_LATE_STORE', { stop: lane.stop.name, id: record.id })
    if (record.key === null || definition.ownerOf(key) !== record.key)
      throw new MetrobusError('MB_FOREIGN_KEY', { store: definition.name, key, event: record.key })
    if (key === '' || key.length > envelopeMax || !key.isWellFormed())
      throw new MetrobusError('MB_BAD_KEY', {
        where: definition.name,
        type: 'text that is empty, too long or not Unicode',
      })
    if (partitionOf(record.key, lane.stop.partitions) !== lane.partition)
      throw new MetrobusError('MB_KEY_ELSEWHERE', { store: definition.name, key, partition: lane.partition })
    if (this.partition.users === undefined || this.#isTouching) return
    this.#isTouching = true
    this.partition.users.add(record.key, this)
  }
}

/** No number in the data is NaN or infinite. */
function isFiniteIn(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isFiniteIn)
}

function changeOf(record: Record, source: string, key: string, { value, text }: Write): Record {
  const change = new Record(
    {
      ride: record.ride,
      hop: record.hop + 1,
      type: 'metrobus.change',
      source,
      time: record.time,
      key,
      headers: noHeaders,
      correlationId: record.correlationId,
      // Ride and hop say it, and the id would have to be made.
      causationId: undefined,
      replay: record.replay,
      slip: '',
    },
    value,
    undefined,
  )
  change.text = text
  return change
}

/** All stores of one attempt. */
export class AttemptStores {
  readonly handles: readonly Handle[]
  /** By the names that the stop gave them. */
  readonly byName: Readonly<{ [name: string]: StoreHandle<unknown> }>

  constructor(attempt: Attempt, partitions: readonly NamedPartition[]) {
    const byName: { [name: string]: StoreHandle<unknown> } = {}
    this.handles = partitions.map(({ name, partition }) => {
      const handle = new Handle(attempt, partition)
      byName[name] = handle
      return handle
    })
    this.byName = byName
  }

  /** What the handler has read is no longer so. */
  get isStale(): boolean {
    return this.handles.some((handle) => handle.isStale)
  }

  /** The handler has answered, and uses its stores no more. */
  release(): void {
    for (const handle of this.handles) handle.release()
  }

  /** Once the outcome is decided: what was changed rides with what it causes. */
  plan(plan: Plan): void {
    for (const handle of this.handles) handle.plan(plan)
  }

  /** The plan rides: the next event sees it. */
  decide(): void {
    for (const handle of this.handles) handle.decide()
  }
}
