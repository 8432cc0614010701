/**
 * Removes rows whose time is over, from the store and from its log: the owner of a partition writes their deletion, as an event would. Until then nobody sees them
 * any more, for reading looks at the time as well.
 */
import { noHeaders } from '../event/event.ts'
import { Record } from '../event/record.ts'
import type { Timer } from '../internal/platform/platform.ts'
import type { Engine } from './engine.ts'
import type { Lane } from './lane.ts'
import type { StorePartition } from './store-partition.ts'
import type { KeptStore, Stores } from './stores.ts'

/** Rows of one partition removed at once. */
const rowsMax = 512
/** Between two looks where there may be more of them; rows that come faster than they go would fill the memory (I9). */
const portionMs = 50
/** Between two looks, at least and at most. */
const waitMinMs = 1_000
const waitMaxMs = 3_600_000

export class Expiry {
  readonly #engine: Engine
  readonly #stores: Stores
  #timer: Timer | undefined

  constructor(engine: Engine, stores: Stores) {
    this.#engine = engine
    this.#stores = stores
  }

  /** Sees to it that what there is now is removed in its time. */
  arm(leastMs: number = waitMinMs): void {
    if (this.#timer !== undefined) return
    let due = Infinity
    for (const { partition } of this.#mortal()) due = Math.min(due, partition.nextExpiry)
    if (due === Infinity) return
    const { clock } = this.#engine
    const waitMs = Math.max(leastMs, Math.min(waitMaxMs, due - clock.now()))
    this.#timer = clock.timer(waitMs, () => this.#sweep(), { background: true })
  }

  end(): void {
    this.#timer?.cancel()
  }

  #sweep(): void {
    this.#timer = undefined
    const { failure, isDraining, outbox, clock } = this.#engine
    if (failure !== undefined || isDraining) return
    let isMore = false
    if (!outbox.isFull)
      for (const { store, partition } of this.#mortal()) if (this.#remove(store, partition, clock.now())) isMore = true
    this.#engine.schedule()
    this.arm(isMore ? portionMs : waitMinMs)
  }

  *#mortal(): Generator<{ readonly store: KeptStore; readonly partition: StorePartition }> {
    for (const store of this.#stores.all) {
      if (store.definition.ttlMs === Infinity) continue
      for (const partition of store.partitions) if (partition !== undefined) yield { store, partition }
    }
  }

  /** The deletions ride with the position of a partition that only its owner may settle. Answers whether there may be more to remove. */
  #remove({ stops }: KeptStore, partition: StorePartition, now: number): boolean {
    const lane = stops.map(({ lanes }) => lanes[partition.partition]).find(isOpen)
    if (lane === undefined) return false
    const { outbox, random } = this.#engine
    const keys = partition.expired(now, rowsMax)
    for (const key of keys) {
      if (partition.isChanging(key)) continue
      const deletion = deletionOf(partition, key, now, random.id())
      outbox.output(partition.queue, deletion, 0)
      outbox.touch(lane.input)
      partition.decide(deletion)
      if (outbox.isRipe) outbox.flush()
    }
    return keys.length === rowsMax
  }
}

const isOpen = (lane: Lane | undefined): lane is Lane => lane !== undefined && lane.isOpen && !lane.isClosed

function deletionOf({ source }: StorePartition, key: string, now: number, id: string): Record {
  return new Record(
    {
      ride: id,
      hop: 0,
      type: 'metrobus.expired',
      source,
      time: now,
      key,
      headers: noHeaders,
      correlationId: undefined,
      causationId: undefined,
      replay: 0,
      slip: '',
    },
    null,
    undefined,
  )
}
