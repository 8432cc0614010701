import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { silentLog } from '../internal/log.ts'
import { line } from '../itinerary/line.ts'
import { metrobus } from '../runtime/app.ts'
import { entry } from '../runtime/entry.ts'
import { stop } from '../stop/stop.ts'
import { store } from '../stop/store.ts'
import { memory, SeededRandom, SimDisk, VirtualClock } from '../testing/index.ts'
import { AdminClient, inProcess } from './client.ts'
import { adminRoutes } from './routes.ts'
import { subjectOf } from './subject.ts'
import type { Subject } from './subject.ts'
import { roleOf } from './topic-role.ts'

const Item = z.object({ key: z.string(), n: z.number().nullable() })
const Row = z.object({ n: z.number() })

/** An app that has put some rows, as a running subject and as one at rest. */
async function stage() {
  const rows = store('rows', Row)
  const keep = stop('keep', { in: Item, stores: { rows } }, ({ key, n }, { stores }) => {
    if (n === null) stores.rows.delete(key)
    else stores.rows.put(key, { n })
  })
  const items = entry('items', { in: Item, key: ({ key }) => key, route: line('line').to(keep) })
  const clock = new VirtualClock()
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  const running = await metrobus('app', { entries: [items] }).start({
    bus: memory(),
    platform,
    log: silentLog,
    socket: false,
    blockedAfter: 0,
  })
  for (const [key, n] of [
    ['b', 1],
    ['a', 2],
    ['c', 3],
    ['a/x', 4],
    ['b', null],
  ] as const) {
    const sent = running.send('items', { key, n: key === 'a/x' ? null : n })
    await clock.advance(1)
    await sent
  }
  const live = subjectOf(running)
  const clientOf = (subject: Subject) =>
    new AdminClient(inProcess(adminRoutes({ subject, clock, signal: new AbortController().signal })))
  return { running, clock, live: clientOf(live), rest: clientOf({ ...live, running: undefined }) }
}

test('rows are read by key and in pages, of a running app and of its logs alike', async () => {
  const { live, rest } = await stage()
  for (const client of [live, rest]) {
    assert.deepEqual(await client.stores(), ['rows'])
    assert.deepEqual(await client.storeRow('rows', { key: 'a' }), { key: 'a', value: { n: 2 } })
    assert.deepEqual(await client.storeRows('rows', { limit: 1 }), { rows: [{ key: 'a', value: { n: 2 } }], next: 'a' })
    assert.deepEqual(await client.storeRows('rows', { after: 'a' }), {
      rows: [{ key: 'c', value: { n: 3 } }],
      next: null,
    })
    assert.deepEqual(await client.storeRows('rows', { prefix: 'b' }), { rows: [], next: null })
    await assert.rejects(client.storeRow('rows', { key: 'b' }), { message: /row of the store "rows"/ })
    await assert.rejects(client.storeRow('other', { key: 'b' }), {
      message: /There is no store "other": this app has rows/,
    })
  }
})

test('a reader may wait for its event', async () => {
  const { running, clock, live } = await stage()
  const sent = running.send('items', { key: 'd', n: 7 }, { id: 'e7' })
  const row = live.storeRow('rows', { key: 'd', after: 'e7', timeout: 1_000 })
  await clock.advance(10)
  await sent
  assert.deepEqual(await row, { key: 'd', value: { n: 7 } })
})

test('the log of a store is no stop: a ride does not come to it', async () => {
  assert.deepEqual(roleOf('app.rows.changelog'), { kind: 'changes', app: 'app', stop: undefined, store: 'rows' })
  const { live, running, clock } = await stage()
  const sent = running.send('items', { key: 'd', n: 7 }, { id: 'e7' })
  await clock.advance(10)
  await sent
  const { hops } = await live.trace('e7')
  assert.deepEqual(
    hops.map(({ stop: name }) => name),
    ['keep'],
  )
})
