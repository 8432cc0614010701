/** An app with a store: the newest word of each key. */
import * as z from 'zod'
import { entry, line, metrobus, stop, store } from '../../../src/index.ts'

const Item = z.object({ key: z.string(), word: z.string() })
const words = store('words', z.object({ word: z.string(), count: z.number() }))
const keep = stop('keep', { in: Item, effects: 'none', stores: { words } }, ({ key, word }, { stores }) => {
  stores.words.put(key, { word, count: (stores.words.get(key)?.count ?? 0) + 1 })
})
const items = entry('items', { in: Item, key: ({ key }) => key, route: line('keeping').to(keep) })

export default () => metrobus('wordbook', { entries: [items] })
