/** A try whose outcome is lost: whatever it emits, and changes in its stores, is lost with it. */
import { freezeDeep, nestingMax } from '../../event/record.ts'
import type { StopContext } from '../../stop/definition.ts'
import type { StoreHandle, StoreRange, StoreRow } from '../../stop/store.ts'
import { compareKeys } from '../../store/key-order.ts'
import { contextWith } from './instrument.ts'

/** The context for such a try. */
export function muted(context: StopContext): StopContext {
  const stores = Object.entries(context.stores).map(([name, store]) => [name, new Scratch(store)])
  return contextWith(context, { emit: () => {}, stores: Object.fromEntries(stores) as StopContext['stores'] })
}

const rowsDefault = 100

/** Shows a store with changes that go no further. */
class Scratch implements StoreHandle<unknown> {
  readonly #store: StoreHandle<unknown>
  /** Undefined for a row that was deleted. */
  readonly #changes: Map<string, unknown> = new Map()

  constructor(store: StoreHandle<unknown>) {
    this.#store = store
  }

  get(key: string): never {
    // Asked in any case, for it refuses the keys of others.
    const before = this.#store.get(key)
    return (this.#changes.has(key) ? this.#changes.get(key) : before) as never
  }

  put(key: string, value: unknown): void {
    this.#store.get(key)
    const copy: unknown = JSON.parse(JSON.stringify(value))
    freezeDeep(copy, nestingMax)
    this.#changes.set(key, copy)
  }

  delete(key: string): void {
    this.#store.get(key)
    this.#changes.set(key, undefined)
  }

  range({ limit = rowsDefault, ...rest }: StoreRange = {}): readonly StoreRow<unknown>[] {
    const { prefix = '', after = '' } = rest
    const rows = new Map(
      this.#store.range({ ...rest, limit: Number.MAX_SAFE_INTEGER }).map((row) => [row.key, row.value]),
    )
    for (const [key, value] of this.#changes)
      if (value === undefined) rows.delete(key)
      else if (key.startsWith(prefix) && compareKeys(key, after) > 0) rows.set(key, value)
    const inOrder = [...rows].toSorted(([one], [other]) => compareKeys(one, other))
    return inOrder.slice(0, limit).map(([key, value]) => ({ key, value: value as never }))
  }
}
