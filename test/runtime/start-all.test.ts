/** Several apps that are started, waited for and stopped together. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod'
import { entry, memory, metrobus, startAll, stop, store, topic } from '../../src/index.ts'
import { sqlite } from '../../src/store/sqlite/index.ts'

const Word = z.object({ word: z.string(), left: z.int() })
const pings = topic('pings', { schema: Word, key: ({ word }) => word })
const pongs = topic('pongs', { schema: Word, key: ({ word }) => word })

/** Two apps that play to each other until nothing is left. */
const players = (seen: string[]) => {
  const ping = stop('ping', { in: Word, effects: 'none', emits: [pings] }, ({ word, left }, { emit }) => {
    if (left > 0) emit(pings, { word, left: left - 1 })
  })
  const pong = stop('pong', { in: Word, emits: [pongs] }, ({ word, left }, { emit }) => {
    seen.push(`${word} ${left}`)
    emit(pongs, { word, left })
  })
  const serve = entry('serves', { in: Word, key: ({ word }) => word, route: ping })
  return {
    one: metrobus('one', {
      entries: [serve, entry('returns', { from: pongs, start: 'beginning', route: ping })],
      publishes: [pings],
    }),
    other: metrobus('other', {
      entries: [entry('balls', { from: pings, start: 'beginning', route: pong })],
      publishes: [pongs],
    }),
  }
}

test('apps that give each other more to do have caught up when none has', async () => {
  const seen: string[] = []
  await using system = await startAll(players(seen), { bus: memory(), socket: false })

  await system.apps.one.send('serves', { word: 'ball', left: 20 })
  await system.caughtUp()

  assert.equal(seen.length, 20)
  assert.deepEqual(Object.keys(system.apps), ['one', 'other'])
})

test('they stop together', async () => {
  const system = await startAll(players([]), { bus: memory(), socket: false })

  assert.deepEqual(await system.stop(), { drained: true })

  await assert.rejects(system.apps.one.send('serves', { word: 'ball', left: 1 }), { code: 'MB_STOPPING' })
})

test('each of several apps has an engine of its own for its stores, and one that another app has is refused', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-all-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const counter = (name: string) => {
    const counts = store('counts', z.int())
    const count = stop('count', { in: Word, stores: { counts } }, ({ word }, { stores }) => {
      stores.counts.put(word, (stores.counts.get(word) ?? 0) + 1)
    })
    return metrobus(name, { entries: [entry('words', { in: Word, key: ({ word }) => word, route: count })] })
  }
  const apps = { one: counter('one'), other: counter('other') }

  await assert.rejects(startAll(apps, { bus: memory(), socket: false, stores: sqlite({ dir }) }), {
    code: 'MB_BAD_OPTIONS',
    message: /stores is the engine of another app that runs/,
  })
  await using system = await startAll(apps, { bus: memory(), socket: false, stores: () => sqlite({ dir }) })
  await system.apps.one.stop()
  const { id } = await system.apps.other.send('words', { word: 'a', left: 0 })

  assert.equal(await system.apps.other.store('counts').get('a', { after: id }), 1)
})

test('when one cannot be started those before it are stopped', async () => {
  const bus = memory()
  const { one } = players([])
  const thief = metrobus('thief', {
    entries: [entry('serves', { in: Word, route: stop('keep', { in: Word }, () => {}) })],
    publishes: [pings],
  })

  await assert.rejects(startAll({ one, thief }, { bus, socket: false }), { code: 'MB_NOT_OWNER' })

  await assert.rejects(one.start({ bus, socket: false }), { code: 'MB_BUS_NOT_OPEN' })
})
