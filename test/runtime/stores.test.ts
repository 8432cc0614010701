/** Stores of stops, on the real runtime and the memory bus. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import type { Bus } from '../../src/bus/bus.ts'
import { drop, entry, line, memory, metrobus, retry, stop, store } from '../../src/index.ts'
import type { App, Entry, MemoryOptions, Running, StartOptions } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { SeededRandom, SimDisk, VirtualClock } from '../../src/testing/index.ts'

const Item = z.object({ key: z.string().nullable(), word: z.string() })
type Item = z.infer<typeof Item>
const Words = z.object({ words: z.array(z.string()) })

const words = store('words', Words)

/** What a stop of the test does with its store. */
type Act = Parameters<typeof stop<'keep', typeof Item, undefined, {}, [], never, { words: typeof words }>>[2]

const append: Act = (item, { stores }) => {
  const before = stores.words.get(item.key!)?.words ?? []
  stores.words.put(item.key!, { words: [...before, item.word] })
}

const appOf = (act: Act, attempts = 1) => {
  const keep = stop('keep', { in: Item, stores: { words }, policy: { attempts } }, act)
  const items = entry('items', { in: Item, key: (item) => item.key, route: line('line').to(keep) })
  return metrobus('app', { entries: [items] })
}

interface Stage {
  readonly clock: VirtualClock
  readonly bus: Bus
  readonly start: <Entries extends readonly Entry[]>(
    app: App<Entries>,
    options?: Partial<StartOptions>,
  ) => Promise<Running<Entries>>
}

function stage(options: MemoryOptions = {}): Stage {
  const clock = new VirtualClock()
  const bus = memory(options)
  const platform = { clock, random: new SeededRandom(1), disk: new SimDisk() }
  return {
    clock,
    bus,
    start: (app, more) => app.start({ bus, platform, log: silentLog, socket: false, blockedAfter: 0, ...more }),
  }
}

test('the next event of a key sees what the one before it has changed', async () => {
  const { clock, start } = stage()
  const running = await start(appOf(append))
  for (const word of ['a', 'b', 'c']) void running.send('items', { key: 'k', word })
  void running.send('items', { key: 'other', word: 'd' })
  await clock.advance(0)
  assert.deepEqual(await running.store(words).get('k'), { words: ['a', 'b', 'c'] })
  assert.deepEqual(await running.store('words').get('other'), { words: ['d'] })
  assert.equal(await running.store('words').get('none'), undefined)
})

test('a new start reads the store from its log', async () => {
  const { clock, start } = stage()
  await start(
    metrobus('other', {
      entries: [entry('others', { in: Item, route: line('other').to(stop('end', { in: Item }, () => {})) })],
    }),
  )
  const first = await start(appOf(append))
  for (const word of ['a', 'b']) void first.send('items', { key: 'k', word })
  await clock.advance(0)
  await first.stop()
  const second = await start(appOf(append))
  void second.send('items', { key: 'k', word: 'c' })
  await clock.advance(0)
  assert.deepEqual(await second.store(words).get('k'), { words: ['a', 'b', 'c'] })
})

test('what an attempt that fails has changed never happened', async () => {
  const { clock, start } = stage()
  const running = await start(
    appOf((item, context) => {
      append(item, context)
      if (item.word === 'throws' && context.attempt === 1) throw new Error('no')
      if (item.word === 'again' && context.attempt === 1) return retry(1)
      if (item.word === 'drops') return drop('enough')
      return undefined
    }, 2),
  )
  for (const word of ['throws', 'again', 'drops']) void running.send('items', { key: 'k', word })
  await clock.advance(60_000)
  assert.deepEqual(await running.store(words).get('k'), { words: ['throws', 'again', 'drops'] })
})

test('a row of another key is refused, and so is every row to an event without a key', async () => {
  const { clock, start } = stage()
  const running = await start(
    appOf((item, { stores }) => {
      stores.words.put(item.word, { words: [] })
    }),
  )
  for (const [key, word] of [
    ['k', 'k'],
    ['k', 'k/1'],
    ['k', 'k1'],
    [null, 'k'],
  ] as const)
    void running.send('items', { key, word })
  await clock.advance(0)
  const dead = await running.deadLetters.list({ cause: 'MB_FOREIGN_KEY' })
  assert.deepEqual(dead.map(({ key, data }) => `${key}: ${(data as Item).word}`).toSorted(), ['k: k1', 'null: k'])
  const { rows } = await running.store(words).range()
  assert.deepEqual(
    rows.map(({ key }) => key),
    ['k', 'k/1'],
  )
})

test('a reader waits until a row is as it should be, and no longer than it says', async () => {
  const { clock, start } = stage()
  const running = await start(appOf(append))
  const hasTwo = (row: { readonly words: readonly string[] } | undefined): boolean =>
    row !== undefined && row.words.length >= 2
  const inTime = running.store(words).get('k', { until: hasTwo })
  const tooLate = running.store(words).get('late', { until: hasTwo, timeout: 500 })
  const never = running.store(words).get('never', { until: hasTwo, timeout: 500 })
  for (const word of ['a', 'b', 'c']) void running.send('items', { key: 'k', word })
  void running.send('items', { key: 'late', word: 'a' })
  await clock.advance(1_000)
  void running.send('items', { key: 'late', word: 'b' })
  await clock.advance(0)
  assert.deepEqual(await Promise.all([inTime, tooLate, never]), [
    { words: ['a', 'b', 'c'] },
    { words: ['a'] },
    undefined,
  ])
  assert.deepEqual(await running.store(words).get('late', { until: hasTwo }), { words: ['a', 'b'] })
})

test('a reader whose question fails is told so, and nobody else', async () => {
  const { clock, start } = stage()
  const running = await start(appOf(append))
  const asked = running.store(words).get('k', {
    until: (row) => {
      if (row !== undefined) throw new RangeError('no such word')
      return false
    },
  })
  asked.catch(() => {})
  const sent = running.send('items', { key: 'k', word: 'a' })
  await clock.advance(0)
  await assert.rejects(asked, RangeError)
  assert.equal((await sent).duplicate, false)
})
