/** The app of `store-app.ts`, and where its row finds what it left. */
import { join } from 'node:path'
import * as z from 'zod'
import { entry, line, metrobus, stop, store } from '../../../src/index.ts'

/** The argument of the program. */
export interface StoreLife {
  readonly dir: string
  /** Number of its first event. */
  readonly from: number
}

export const journalOf = (dir: string): string => join(dir, 'journal')
export const tablesOf = (dir: string): string => join(dir, 'tables')

const Item = z.object({ key: z.string(), number: z.number() })

export const Total = z.object({ count: z.number(), sum: z.number() })
export type Total = z.infer<typeof Total>
export const totals = store('totals', Total)

/** What an event makes of a row: the 17th of a key takes it away. */
export const changed = (before: Readonly<Total> | undefined, number: number): Total | undefined =>
  before?.count === 16 ? undefined : { count: (before?.count ?? 0) + 1, sum: (before?.sum ?? 0) + number }

const count = stop('count', { in: Item, effects: 'none', stores: { totals } }, ({ key, number }, { stores }) => {
  const total = changed(stores.totals.get(key), number)
  if (total === undefined) stores.totals.delete(key)
  else stores.totals.put(key, total)
})

export const storeApp = metrobus('stores', {
  entries: [entry('items', { in: Item, key: ({ key }) => key, route: line('counting').to(count) })],
})
