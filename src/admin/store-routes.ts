/** Routes of the stores: rows as they are committed, of a running app or of what its logs hold. */
import { Hono } from 'hono'
import { MetrobusError } from '../errors/index.ts'
import { compareKeys } from '../store/key-order.ts'
import { Fields } from './fields.ts'
import { rowsAtRest, storesAtRest } from './stores-at-rest.ts'
import type { Subject } from './subject.ts'

const rowsMax = 10_000
const rowsDefault = 100
const waitMsMax = 60_000

export function storeRoutes({ app, inspector, running }: Subject): Hono {
  const routes = new Hono()
  routes.get('/', async () => Response.json({ stores: await storesAtRest(inspector, app) }))
  routes.get('/:store/row', async (context) => {
    const store = context.req.param('store')
    const fields = Fields.ofQuery(new URL(context.req.url).searchParams)
    const key = fields.text('key')
    const after = fields.text('after')
    const timeout = fields.integer('timeout', { min: 0, max: waitMsMax })
    if (key === undefined) fields.fault('"key" is missing')
    fields.done()
    const value =
      running === undefined
        ? (await rowsAtRest(inspector, app, store, (other) => other === key)).get(key!)
        : await running.store(store).get(key!, {
            ...(after === undefined ? {} : { after }),
            ...(timeout === undefined ? {} : { timeout }),
          })
    if (value === undefined)
      throw new MetrobusError('MB_NOT_FOUND', { kind: `row of the store "${store}"`, name: key! })
    return Response.json({ key, value })
  })
  routes.get('/:store/rows', async (context) => {
    const store = context.req.param('store')
    const fields = Fields.ofQuery(new URL(context.req.url).searchParams)
    const prefix = fields.text('prefix') ?? ''
    const after = fields.text('after') ?? ''
    const limit = fields.integer('limit', { min: 1, max: rowsMax }) ?? rowsDefault
    fields.done()
    if (running !== undefined) {
      const { rows, next } = await running.store(store).range({ prefix, after, limit })
      return Response.json({ rows, next: next ?? null })
    }
    const found = await rowsAtRest(inspector, app, store, (key) => key.startsWith(prefix))
    const behind = [...found.keys()].filter((key) => compareKeys(key, after) > 0).toSorted(compareKeys)
    const rows = behind.slice(0, limit).map((key) => ({ key, value: found.get(key) }))
    return Response.json({ rows, next: behind.length > limit ? (rows.at(-1)?.key ?? null) : null })
  })
  return routes
}
