/** Fills the stores of an app before its events come: through an entry and a stop that the test adds, so that rows are written as handlers write them. */
import { routerOf } from '../../itinerary/hard-wired.ts'
import type { EntryDefinition } from '../../runtime/definition.ts'
import type { StandardSchema } from '../../schema/standard.ts'
import { stop } from '../../stop/stop.ts'
import type { Store, StoreRow } from '../../stop/store.ts'

const aRow: StandardSchema<StoreRow<unknown>> = {
  '~standard': { version: 1, vendor: 'metrobus', validate: (value) => ({ value: value as StoreRow<unknown> }) },
}

/** The entry that rows of a store are sent to. */
export const fillingEntry = (store: Store): string => `given-${store.name}`

/** Takes rows, and puts them into the store. */
export function fillingOf(store: Store): EntryDefinition {
  const fill = stop(
    fillingEntry(store),
    { in: aRow, stores: { rows: store }, effects: 'none' },
    ({ key, value }, { stores: { rows } }) => rows.put(key, value as never),
  )
  return {
    kind: 'entry',
    name: fillingEntry(store),
    inSchema: undefined,
    key: (row) => store.ownerOf((row as StoreRow<unknown>).key),
    router: routerOf(fill),
    from: undefined,
    dedupe: { countMax: 0, timeMs: 0 },
  }
}
