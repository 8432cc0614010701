/** Routes of the stores: rows as they are committed, of a running app or of what its logs hold. */
import { MetrobusError } from '../errors/index.ts'
import { compareKeys } from '../store/key-order.ts'
import { row, rowPage } from './answer-shapes.ts'
import { form, integer, required, text } from './form.ts'
import { route } from './route.ts'
import type { Route } from './route.ts'
import { list, object, string } from './schema.ts'
import { rowsAtRest, storesAtRest } from './stores-at-rest.ts'
import type { Subject } from './subject.ts'

const rowsMax = 10_000
const rowsDefault = 100
const waitMsMax = 60_000

const oneRow = form({ key: required(text), after: text, timeout: integer({ min: 0, max: waitMsMax }) })
const page = form({ prefix: text, after: text, limit: integer({ min: 1, max: rowsMax }) })

export function storeRoutes({ app, inspector, running }: Subject): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/stores',
      does: 'Lists the stores that have a log.',
      needs: 'viewer',
      answer: object({ stores: list(string) }),
      serve: async () => ({ stores: await storesAtRest(inspector, app) }),
    }),
    route({
      method: 'GET',
      path: '/v1/stores/:store/row',
      does: 'Reads a row of a store; of a running app also as it is after an event.',
      needs: 'viewer',
      payloads: true,
      query: oneRow,
      answer: row,
      async serve({ params: { store }, query: { key, ...wait } }) {
        const value =
          running === undefined
            ? (await rowsAtRest(inspector, app, store, (other) => other === key)).get(key)
            : await running.store(store).get(key, wait)
        if (value === undefined)
          throw new MetrobusError('MB_NOT_FOUND', { kind: `row of the store "${store}"`, name: key })
        return { key, value }
      },
    }),
    route({
      method: 'GET',
      path: '/v1/stores/:store/rows',
      does: 'Reads rows of a store in the order of their keys, a page at a time.',
      needs: 'viewer',
      payloads: true,
      query: page,
      answer: rowPage,
      async serve({ params: { store }, query: { prefix = '', after = '', limit = rowsDefault } }) {
        if (running !== undefined) {
          const { rows, next } = await running.store(store).range({ prefix, after, limit })
          return { rows, next: next ?? null }
        }
        const found = await rowsAtRest(inspector, app, store, (key) => key.startsWith(prefix))
        const behind = [...found.keys()].filter((key) => compareKeys(key, after) > 0).toSorted(compareKeys)
        const rows = behind.slice(0, limit).map((key) => ({ key, value: found.get(key) }))
        return { rows, next: behind.length > limit ? (rows.at(-1)?.key ?? null) : null }
      },
    }),
  ]
}
