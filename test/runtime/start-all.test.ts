/** Several apps that are started, waited for and stopped together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { entry, memory, metrobus, startAll, stop, topic } from '../../src/index.ts'

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
