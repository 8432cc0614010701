/** A sink gives one promise to all that ride in one write: each handler that gave it is answered by it, and nobody else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunningApp } from '../../src/runtime/running.ts'
import { entryOf, rest, stopOf, world, lineOf, type World } from './harness.ts'

interface Item {
  readonly key: string
  readonly n: number
}

/** An app whose only stop answers what `give` does, and the events that its handler was given. */
async function keeping(give: (item: Item) => unknown): Promise<{ w: World; app: RunningApp; given: string[] }> {
  const w = world({ partitions: 1 })
  const given: string[] = []
  const handler = (item: Item): unknown => {
    given.push(`${item.key}${item.n}`)
    return give(item)
  }
  const app = await w.start({
    entries: [entryOf('in', lineOf('main', stopOf('keep', handler, { outSchema: undefined })))],
  })
  return { w, app, given }
}

async function sendAll(app: RunningApp, ...items: readonly string[]): Promise<void> {
  await Promise.all(items.map((item) => app.send('in', { key: item[0]!, n: Number(item.slice(1)) })))
}

const outOf = (app: RunningApp): number => app.stats().stops[0]!.out

test('every event whose handler gave the promise goes on with it, each key in its order', async () => {
  const writes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { w, app, given } = await keeping(({ n }) => writes[n - 1]!.promise)
  await sendAll(app, 'a1', 'b1', 'c2', 'd1', 'a2', 'b2')
  await rest(w)
  assert.deepEqual(given, ['a1', 'b1', 'c2', 'd1'])

  writes[0]!.resolve()
  await rest(w)
  assert.deepEqual(given, ['a1', 'b1', 'c2', 'd1', 'a2', 'b2'])
  assert.equal(outOf(app), 3)

  writes[1]!.resolve()
  await app.caughtUp()
  assert.equal(outOf(app), 6)
  await app.stop()
})

test('a promise that is given again after it has settled is heard of again', async () => {
  const { w, app } = await keeping(() => durable)
  const durable = Promise.resolve()
  for (let round = 1; round <= 3; round++) {
    await sendAll(app, `a${round}`, `b${round}`)
    await rest(w)
    assert.equal(outOf(app), 2 * round)
  }
  await app.stop()
})

test('every event whose handler gave a promise that rejects has failed once', async () => {
  let write = Promise.withResolvers<void>()
  const { w, app } = await keeping(() => write.promise)
  await sendAll(app, 'a1', 'b1')
  await rest(w)
  const failing = write
  write = Promise.withResolvers()
  write.resolve()
  failing.reject(new Error('no disk'))
  await rest(w)
  assert.deepEqual([outOf(app), app.stats().stops[0]!.parkedKeys], [0, 2])

  await w.clock.advance(1_000)
  assert.deepEqual([outOf(app), app.stats().stops[0]!.parkedKeys], [2, 0])
  await app.stop()
})

test('a thenable that is no promise is asked each time that it is given', async () => {
  let asked = 0
  const query = {
    // oxlint-disable-next-line unicorn/no-thenable -- A builder of queries is one.
    then(resolve: (value: unknown) => void) {
      asked++
      queueMicrotask(() => resolve(undefined))
    },
  }
  const { w, app } = await keeping(() => query)
  await sendAll(app, 'a1', 'b1', 'c1')
  await rest(w)
  assert.deepEqual([asked, outOf(app)], [3, 3])
  await app.stop()
})
