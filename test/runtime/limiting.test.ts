/** Concurrency and limits that operators change while an app runs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StopDefinition } from '../../src/stop/definition.ts'
import { entryOf, lineOf, rest, stopOf, world } from './harness.ts'

interface Item {
  readonly key: string
  readonly to?: string
}

/** A stop whose handlers end when they are told to. */
function held(changes: Partial<StopDefinition> = {}) {
  const ends: (() => void)[] = []
  const work = stopOf('work', () => new Promise<void>((resolve) => ends.push(resolve)), {
    outSchema: undefined,
    concurrency: 2,
    ...changes,
  })
  return { ends, definition: { entries: [entryOf('in', lineOf('main', work))] } }
}

test('a higher concurrency lets more begin at once, a lower one fewer from the next event on', async () => {
  const stage = world({ partitions: 1 })
  const { ends, definition } = held()
  const app = await stage.start(definition)
  for (let n = 0; n < 10; n++) await app.send('in', { key: `k${n}` })
  assert.equal(ends.length, 2)

  const raised = await app.controls.limit('work', { concurrency: 5 })
  await rest(stage)
  assert.equal(ends.length, 5)
  assert.deepEqual(raised, {
    stop: 'work',
    concurrency: 5,
    limits: [],
    declared: { concurrency: 2, limits: [] },
  })

  await app.controls.limit('work', { concurrency: 1 })
  for (const end of ends.splice(0)) end()
  await rest(stage)
  assert.equal(ends.length, 1)

  await app.controls.limit('work', 'declared')
  await rest(stage)
  assert.equal(ends.length, 2)
  assert.deepEqual(app.controls.limits(), [
    { stop: 'work', concurrency: 2, limits: [], declared: { concurrency: 2, limits: [] } },
  ])
  void app.stop({ deadlineMs: 0 })
})

test('a limit of places and a rate are changed each, and what waits goes on as they say now', async () => {
  const stage = world({ partitions: 1 })
  const { ends, definition } = held({
    concurrency: 100,
    limits: [
      { by: (data) => (data as Item).to ?? '', limit: 1 },
      { by: undefined, rate: 0.01 },
    ],
  })
  const app = await stage.start(definition)
  for (let n = 0; n < 6; n++) await app.send('in', { key: `k${n}`, to: 'a' })
  assert.equal(ends.length, 1)

  await app.controls.limit('work', { limits: [{ at: 0, limit: 10 }] })
  await stage.clock.advance(1_000)
  assert.equal(ends.length, 1)

  await app.controls.limit('work', { limits: [{ at: 1, rate: 2 }] })
  await stage.clock.advance(1_100)
  assert.equal(ends.length, 3)
  assert.deepEqual(app.controls.limits()[0]?.limits, [{ limit: 10 }, { rate: 2 }])
  void app.stop({ deadlineMs: 0 })
})

test('a change holds after a restart, until the code says something else', async () => {
  const stage = world({ partitions: 1 })
  const concurrency = async (declared: number): Promise<number | undefined> => {
    const app = await stage.start(held({ concurrency: declared }).definition)
    const now = app.controls.limits()[0]?.concurrency
    if (now === declared) await app.controls.limit('work', { concurrency: 7 })
    await app.stop()
    return now
  }
  await stage.start({ ...held().definition, name: 'holder' })
  assert.deepEqual([await concurrency(2), await concurrency(2), await concurrency(3)], [2, 7, 3])
})

test('what cannot be is refused with every fault, and changes nothing', async () => {
  const stage = world({ partitions: 1 })
  const app = await stage.start(held({ limits: [{ by: undefined, limit: 1 }] }).definition)
  await assert.rejects(
    app.controls.limit('work', {
      concurrency: 0,
      limits: [
        { at: 0, limit: 1.5, rate: 1 },
        { at: 1, limit: 1 },
      ],
    }),
    (error: { code: string; facts: { faults: readonly string[] } }) => {
      assert.equal(error.code, 'MB_BAD_OPTIONS')
      assert.deepEqual(error.facts.faults, [
        'concurrency must be a whole number from 1 to 1000000, found 0',
        'limits[0].limit must be a whole number from 1 to 1000000, found 1.5',
        'limits[0] has no rate in the code, which cannot be added',
        'the stop has 1 limits, and none at 1',
      ])
      return true
    },
  )
  await assert.rejects(app.controls.limit('wrk', { concurrency: 1 }), { code: 'MB_NOT_FOUND' })
  assert.deepEqual(app.controls.limits()[0]?.concurrency, 2)
  await app.stop()
})
