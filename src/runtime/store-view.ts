/** A store as it is read from outside: what is committed, in the partitions that are here. */
import { MetrobusError } from '../errors/index.ts'
import { partitionOf } from '../event/partition.ts'
import type { Duration } from '../internal/duration.ts'
import { toMs } from '../internal/duration.ts'
import type { DeepReadonly } from '../schema/data.ts'
import type { StoreRange, StoreRow } from '../stop/store.ts'
import { compareKeys } from '../store/key-order.ts'
import type { StorePartition } from './store-partition.ts'
import type { KeptStore, Stores } from './stores.ts'
import { changelogTopic, endedTopic } from './topics.ts'

/** What a reader may wait for. */
export interface StoreGetOptions<Value = unknown> {
  /** The id of an event, as `send` answered it: the answer is of when the store has absorbed its change, or its ride has ended without one. */
  readonly after?: string
  /**
   * Looks at the row at once, and each time that it has changed: the answer is of when this holds, or of when the time is over. Several changes may come at once, so ask
   * whether the row has come so far or farther.
   */
  readonly until?: (value: DeepReadonly<Value> | undefined) => boolean
  /** Waits no longer than this, in milliseconds or `{ seconds }`; an `after` that has not come by then is MB_NOT_ABSORBED. Default: 10 seconds. */
  readonly timeout?: Duration
}

/** A page of rows. */
export interface StorePage<Value> {
  /** In the order of their keys. */
  readonly rows: readonly StoreRow<Value>[]
  /** Where the next page begins, for its `after`; undefined when this is the last. */
  readonly next: string | undefined
}

/**
 * A store read from outside. What it answers is committed; what a handler has only decided is not seen. It is never behind an event that somebody in this process was shown:
 * whoever reads `order-confirmed` finds the row that was changed with it.
 */
export interface StoreView<Value = unknown> {
  readonly name: string
  /** The row's value; undefined when there is none. Rejects with MB_STORE_ELSEWHERE where another member has its partition, MB_NOT_ABSORBED. */
  get(key: string, options?: StoreGetOptions<Value>): Promise<DeepReadonly<Value> | undefined>
  /** Rows of all partitions that are here, in the order of their keys. */
  range(options?: StoreRange): Promise<StorePage<Value>>
}

const timeoutDefault = 10_000
const limitDefault = 100

export class KeptView implements StoreView {
  readonly name: string
  readonly #stores: Stores
  readonly #kept: KeptStore

  constructor(stores: Stores, kept: KeptStore) {
    this.name = kept.definition.name
    this.#stores = stores
    this.#kept = kept
  }

  async get(key: string, options: StoreGetOptions = {}): Promise<unknown> {
    const { after, until, timeout = timeoutDefault } = options
    this.#partitionOf(key)
    const { clock } = this.#stores
    const deadline = clock.monotonic() + toMs(timeout)
    if (after !== undefined) await this.#absorbed(after, toMs(timeout))
    else await this.#stores.shown()
    return until === undefined
      ? this.#committed(key)
      : await this.#whenHolds(key, until, Math.max(0, deadline - clock.monotonic()))
  }

  #committed(key: string): unknown {
    return this.#partitionOf(key).committed(key, this.#stores.clock.now())
  }

  /** The row as it was when this held, or as it is when the time is over. */
  async #whenHolds(key: string, holds: (value: never) => boolean, timeoutMs: number): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const look = (isLast: boolean): void => {
      try {
        const value = this.#committed(key)
        if (isLast || holds(value as never)) resolve(value)
      } catch (error) {
        reject(error)
      }
    }
    const end = this.#kept.watchers.wait(key, () => look(false))
    const timer = this.#stores.clock.timer(timeoutMs, () => look(true))
    look(false)
    try {
      return await promise
    } finally {
      timer.cancel()
      end()
    }
  }

  async range({ prefix = '', after = '', limit = limitDefault }: StoreRange = {}): Promise<StorePage<unknown>> {
    await this.#stores.shown()
    const now = this.#stores.clock.now()
    const found = this.#kept.partitions
      .flatMap((partition) => partition?.committedRange({ prefix, after, limit: limit + 1 }, now) ?? [])
      .sort((one, other) => compareKeys(one.key, other.key))
    const rows = found.slice(0, limit).map(({ key, value }) => ({ key, value }))
    return { rows, next: found.length > limit ? rows.at(-1)?.key : undefined }
  }

  #partitionOf(key: string): StorePartition {
    const { definition, partitions } = this.#kept
    const partition = partitionOf(definition.ownerOf(key), partitions.length)
    const here = partitions[partition]
    if (here === undefined) throw new MetrobusError('MB_STORE_ELSEWHERE', { store: this.name, key, partition })
    return here
  }

  async #absorbed(ride: string, timeoutMs: number): Promise<void> {
    const { absorbed } = this.#kept
    const { ended, clock } = this.#stores
    if (absorbed.has(ride)) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const timer = clock.timer(timeoutMs, () =>
      reject(new MetrobusError('MB_NOT_ABSORBED', { store: this.name, id: ride, timeoutMs })),
    )
    const ends = [absorbed.wait(ride, resolve), ended.wait(ride, resolve)]
    try {
      // It may have happened long ago.
      this.#isInLog(ride).then(async (isThere) => {
        if (!isThere) return
        await this.#stores.settled()
        resolve()
      }, reject)
      await promise
    } finally {
      timer.cancel()
      for (const end of ends) end()
    }
  }

  async #isInLog(ride: string): Promise<boolean> {
    const { app, inspector } = this.#stores
    const topics = new Set([changelogTopic(app, this.name), endedTopic(app)])
    return (await inspector.ride(ride)).some(({ topic }) => topics.has(topic))
  }
}
