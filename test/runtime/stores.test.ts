/** Stores of stops, on the real runtime and the memory bus. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import * as z from 'zod'
import type { Bus, TopicSpec } from '../../src/bus/bus.ts'
import { Record as EventRecord } from '../../src/event/record.ts'
import { drop, entry, line, memory, metrobus, retry, stop, store } from '../../src/index.ts'
import type { App, Entry, MemoryOptions, Running, StartOptions } from '../../src/index.ts'
import { silentLog } from '../../src/internal/log.ts'
import { memoryStores } from '../../src/store/memory/index.ts'
import { MemoryTable } from '../../src/store/memory/memory-table.ts'
import { sqlite } from '../../src/store/sqlite/index.ts'
import type { StoreEngine } from '../../src/store/store.ts'
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

test('a row has a key of at least one character: no range would show it', async () => {
  const { clock, start } = stage()
  const running = await start(appOf(append))
  void running.send('items', { key: '', word: 'a' })
  await clock.advance(0)
  const dead = await running.deadLetters.list({ cause: 'MB_BAD_KEY' })
  assert.deepEqual([dead.length, await running.store(words).get('')], [1, undefined])
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

test('rows are read in the order of their keys, page by page, with what is not committed over them', async () => {
  const { clock, start } = stage()
  const seen: string[][] = []
  const running = await start(
    appOf((item, { stores }) => {
      const key = item.key!
      if (item.word === 'fill') for (const n of [3, 1, 2]) stores.words.put(`${key}/${n}`, { words: [] })
      else {
        stores.words.put(`${key}/0`, { words: [] })
        stores.words.delete(`${key}/2`)
        const first = stores.words.range({ limit: 2 }).map((row) => row.key)
        seen.push(
          first,
          stores.words.range({ after: first.at(-1)! }).map((row) => row.key),
          stores.words.range({ prefix: `${key}/3` }).map((row) => row.key),
        )
      }
    }),
  )
  for (const key of ['k', 'k2']) void running.send('items', { key, word: 'fill' })
  void running.send('items', { key: 'k', word: 'look' })
  await clock.advance(0)
  assert.deepEqual(seen, [['k/0', 'k/1'], ['k/3'], ['k/3']])
  const view = running.store(words)
  const page = await view.range({ limit: 4 })
  assert.deepEqual(
    page.rows.map(({ key }) => key),
    ['k/0', 'k/1', 'k/3', 'k2/1'],
  )
  const { rows, next } = await view.range({ after: page.next! })
  assert.deepEqual([rows.map(({ key }) => key), next], [['k2/2', 'k2/3'], undefined])
  assert.deepEqual((await view.range({ prefix: 'k2/', limit: 1 })).rows, [{ key: 'k2/1', value: { words: [] } }])
})

test('changes of a refused unit are dropped, and the events begin again from what is committed', async () => {
  let calls = 0
  const seen = new Set<unknown>()
  const plan: NonNullable<MemoryOptions['plan']> = ({ unit }) => {
    // What is settled again after `unknown` may have happened.
    if (seen.has(unit)) return undefined
    seen.add(unit)
    calls++
    if (calls % 5 === 3) return { answer: 'refused' }
    return calls % 7 === 2 ? { answer: 'unknown', happened: calls % 2 === 0 } : undefined
  }
  const { clock, start } = stage({ plan })
  const running = await start(appOf(append))
  const expected = new Map<string, string[]>()
  for (let n = 0; n < 60; n++) {
    const key = `k${n % 3}`
    expected.set(key, [...(expected.get(key) ?? []), `w${n}`])
    void running.send('items', { key, word: `w${n}` })
    if (n % 4 === 0) await clock.advance(1)
  }
  await clock.advance(60_000)
  for (const [key, all] of expected) assert.deepEqual(await running.store(words).get(key), { words: all })
})

test('a reader waits until the store has absorbed its event, and no longer than it says', async () => {
  const { clock, start } = stage({ settleDelay: 50 })
  const starting = start(appOf((item, context) => (item.word === 'nothing' ? drop('nothing') : append(item, context))))
  await clock.advance(1_000)
  const running = await starting
  const view = running.store(words)
  const sent = running.send('items', { key: 'k', word: 'a' })
  await clock.advance(60)
  const { id } = await sent
  assert.equal(await view.get('k'), undefined)
  const waited = view.get('k', { after: id })
  await clock.advance(100)
  assert.deepEqual(await waited, { words: ['a'] })
  assert.deepEqual(await view.get('k', { after: id }), { words: ['a'] })
  const other = running.send('items', { key: 'k', word: 'nothing' })
  await clock.advance(200)
  assert.deepEqual(await view.get('k', { after: (await other).id }), { words: ['a'] })
  const never = assert.rejects(view.get('k', { after: 'unknown', timeout: { seconds: 1 } }), {
    code: 'MB_NOT_ABSORBED',
  })
  await clock.advance(1_000)
  await never
  assert.throws(() => running.store('other'), { code: 'MB_UNKNOWN_STORE' })
})

test('rows expire in the store and in its log', async () => {
  const { clock, bus, start } = stage()
  const brief = store('brief', Words, { ttl: { seconds: 60 } })
  const keep = stop('keep', { in: Item, stores: { brief } }, (item, { stores }) => {
    stores.brief.put(item.key!, { words: [...(stores.brief.get(item.key!)?.words ?? []), item.word] })
  })
  const items = entry('items', { in: Item, key: (item) => item.key, route: line('line').to(keep) })
  const running = await start(metrobus('app', { entries: [items] }))
  const view = running.store(brief)
  void running.send('items', { key: 'old', word: 'a' })
  void running.send('items', { key: 'kept', word: 'a' })
  await clock.advance(59_000)
  void running.send('items', { key: 'kept', word: 'b' })
  await clock.advance(2_000)
  assert.equal(await view.get('old'), undefined)
  assert.deepEqual(await view.get('kept'), { words: ['a', 'b'] })
  await clock.advance(120_000)
  assert.deepEqual((await view.range()).rows, [])
  const log = await Promise.all(
    Array.from({ length: bus.partitions('app.brief.changelog') }, (_, partition) =>
      bus.inspector.read('app.brief.changelog', partition, 0, 100),
    ),
  )
  const newest = new Map(log.flat().map(({ key, data }) => [key, data]))
  assert.deepEqual(
    [...newest],
    [...newest.keys()].map((key) => [key, null]),
  )
  assert.equal(newest.size, 2)
  assert.equal(clock.waiting, 0)
})

test('rows that expire faster than one portion a second are gone in time all the same', async () => {
  const { clock, bus, start } = stage({ partitions: 1 })
  const brief = store('brief', Words, { ttl: { seconds: 10 } })
  const keep = stop('keep', { in: Item, stores: { brief } }, (item, { stores }) => {
    stores.brief.put(item.key!, { words: [] })
  })
  const items = entry('items', { in: Item, key: (item) => item.key, route: line('line').to(keep) })
  const running = await start(metrobus('app', { entries: [items] }))
  for (let n = 0; n < 3_000; n++) void running.send('items', { key: `k${n}`, word: 'a' })
  await clock.advance(12_000)
  const log = await bus.inspector.read('app.brief.changelog', 0, 0, 10_000)
  assert.deepEqual(
    [false, true].map((isDeletion) => log.filter(({ data }) => (data === null) === isDeletion).length),
    [3_000, 3_000],
  )
  await running.stop()
})

test('a number that JSON does not know is refused where it is put: the row would be another one after a restart', async () => {
  const { clock, start } = stage()
  const numbers = store('numbers', z.object({ n: z.number(), word: z.string().nullable() }))
  const mean = store('mean', z.number())
  const keep = stop('keep', { in: Item, stores: { numbers, mean }, policy: { attempts: 1 } }, (item, { stores }) => {
    if (item.word === 'mean') stores.mean.put(item.key!, 0 / 0)
    else stores.numbers.put(item.key!, { n: Number(item.word), word: null })
  })
  const items = entry('items', { in: Item, key: (item) => item.key, route: line('line').to(keep) })
  const running = await start(metrobus('app', { entries: [items] }))
  for (const word of ['mean', 'x', 'Infinity', '7']) void running.send('items', { key: word, word })
  await clock.advance(0)
  const dead = await running.deadLetters.list({ cause: 'MB_NOT_JSON' })
  assert.deepEqual(new Set(dead.map(({ key }) => key)), new Set(['Infinity', 'mean', 'x']))
  assert.deepEqual(await running.store(numbers).get('7'), { n: 7, word: null })
})

test('all rows can be asked for at once, of any engine', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'metrobus-stores-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const { clock, start } = stage()
  const seen: number[] = []
  const app = appOf((item, { stores }) => {
    for (let n = 0; n < 1_500; n++) stores.words.put(`${item.key}/${n}`, { words: [] })
    seen.push(stores.words.range({ limit: Infinity }).length)
  })
  const running = await start(app, { stores: sqlite({ dir }) })
  for (const word of ['a', 'b']) void running.send('items', { key: 'k', word })
  await clock.advance(0)
  assert.equal((await running.store(words).range({ limit: Infinity })).rows.length, 1_500)
  assert.deepEqual(seen, [1_500, 1_500])
  await running.stop()
})

test('stops that share a store do not overwrite what the other has changed meanwhile', async () => {
  const { clock, start } = stage()
  const shared = store('shared', Words)
  const add = (item: Item, before: { readonly words: readonly string[] } | undefined) => ({
    words: [...(before?.words ?? []), item.word],
  })
  const slow = stop('slow', { in: Item, stores: { shared } }, async (item, { stores }) => {
    const before = stores.shared.get(item.key!)
    await new Promise<void>((resolve) => clock.timer(100, resolve))
    stores.shared.put(item.key!, add(item, before))
  })
  const quick = stop('quick', { in: Item, stores: { shared } }, (item, { stores }) => {
    stores.shared.put(item.key!, add(item, stores.shared.get(item.key!)))
  })
  const key = (item: Item) => item.key
  const entries = [
    entry('slows', { in: Item, key, route: line('one').to(slow) }),
    entry('quicks', { in: Item, key, route: line('other').to(quick) }),
  ] as const
  const running = await start(metrobus('app', { entries }))
  void running.send('slows', { key: 'k', word: 'slow' })
  await clock.advance(50)
  void running.send('quicks', { key: 'k', word: 'quick' })
  await clock.advance(1_000)
  assert.deepEqual(await running.store(shared).get('k'), { words: ['quick', 'slow'] })
  assert.deepEqual(await running.deadLetters.list(), [])
})

test('a slow handler beside a busy stop that changes its rows comes to its end', async () => {
  const { clock, start } = stage()
  const counts = store('counts', z.number())
  let runs = 0
  const slow = stop('slow', { in: Item, stores: { counts } }, async (item, { stores }) => {
    runs++
    const before = stores.counts.get(item.key!) ?? 0
    await new Promise<void>((resolve) => void clock.timer(100, resolve))
    stores.counts.put(item.key!, before + 1_000)
  })
  const busy = stop('busy', { in: Item, stores: { counts } }, (item, { stores }) => {
    stores.counts.put(item.key!, (stores.counts.get(item.key!) ?? 0) + 1)
  })
  const key = (item: Item): string | null => item.key
  const entries = [
    entry('slows', { in: Item, key, route: line('first').to(slow) }),
    entry('busies', { in: Item, key, route: line('second').to(busy) }),
  ] as const
  const running = await start(metrobus('app', { entries }))

  for (let n = 0; n < 40; n++) {
    if (n % 10 === 0) void running.send('slows', { key: 'k', word: '' })
    void running.send('busies', { key: 'k', word: '' })
    void running.send('busies', { key: 'other', word: '' })
    await clock.advance(50)
  }
  await clock.advance(1_000)

  assert.equal(await running.store(counts).get('k'), 4_040)
  assert.equal(await running.store(counts).get('other'), 40)
  assert.equal(runs, 8)
})

test('when a unit is refused, whoever has read its changes begins again too', async () => {
  const refused: unknown[] = []
  const plan: NonNullable<MemoryOptions['plan']> = ({ unit }) => {
    const isQuick = unit.acknowledgements.some(({ topic, watermark }) => topic === 'app.quick' && watermark > 0)
    if (!isQuick || refused.length > 0) return undefined
    refused.push(unit)
    return { answer: 'refused', delay: 50 }
  }
  const { clock, start } = stage({ plan, runAhead: true })
  const shared = store('shared', Words)
  const key = (item: Item) => item.key
  let handled = 0
  const quick = stop('quick', { in: Item, effects: 'none', stores: { shared } }, (item, { stores }) => {
    // Handled again, it thinks better of it.
    if (handled++ > 0) return drop('no')
    stores.shared.put(item.key!, { words: [item.word] })
    return undefined
  })
  const seen: (readonly string[])[] = []
  const slow = stop('slow', { in: Item, effects: 'none', stores: { shared } }, async (item, { stores, attempt }) => {
    // It waits in memory, and needs no unit to begin.
    if (attempt === 1) return retry(20)
    const before = stores.shared.get(item.key!)?.words ?? []
    seen.push(before)
    await new Promise<void>((resolve) => clock.timer(100, resolve))
    stores.shared.put(item.key!, { words: [...before, item.word] })
    return undefined
  })
  const entries = [
    entry('quicks', { in: Item, key, route: line('one').to(quick) }),
    entry('slows', { in: Item, key, route: line('other').to(slow) }),
  ] as const
  const running = await start(metrobus('app', { entries }))
  void running.send('slows', { key: 'k', word: 'slow' })
  await clock.advance(5)
  void running.send('quicks', { key: 'k', word: 'quick' })
  await clock.advance(1_000)
  assert.equal(refused.length, 1)
  assert.deepEqual(seen[0], ['quick'])
  assert.ok(seen.length > 1, 'what read a change that is void is not handled again')
  assert.deepEqual(await running.store(shared).get('k'), { words: ['slow'] })
})

/** A table that outlives the app, as that of a file does. */
function outliving(): { readonly stores: StoreEngine; readonly tables: Map<string, MemoryTable> } {
  const tables = new Map<string, MemoryTable>()
  const stores: StoreEngine = {
    ...memoryStores(),
    table(name, partition) {
      const table = tables.get(`${name}/${partition}`) ?? new MemoryTable({ expires: true })
      tables.set(`${name}/${partition}`, table)
      return table
    },
  }
  return { stores, tables }
}

/** Changes some rows, spoils the tables, starts again, and answers what the store holds then. */
async function startedAgain(spoil: (table: MemoryTable) => void, laterMs = 0): Promise<readonly string[]> {
  const { clock, start } = stage({ partitions: 1 })
  await start(
    metrobus('other', {
      entries: [entry('others', { in: Item, route: line('other').to(stop('end', { in: Item }, () => {})) })],
    }),
  )
  const { stores, tables } = outliving()
  const first = await start(appOf(append), { stores })
  for (let n = 0; n < 3_000; n++) void first.send('items', { key: `k${n}`, word: 'a' })
  await clock.advance(100)
  await first.stop()
  for (const table of tables.values()) spoil(table)
  await clock.advance(laterMs)
  const second = await start(appOf(append), { stores })
  const { rows } = await second.store(words).range({ limit: Infinity })
  return rows.map(({ key }) => key)
}

const ghost = new EventRecord(
  {
    ride: 'ghost',
    hop: 0,
    type: 't',
    source: '/s',
    time: 0,
    key: 'ghost',
    headers: {},
    correlationId: undefined,
    causationId: undefined,
    replay: 0,
    slip: '',
  },
  { words: [] },
  undefined,
)

test('a table that has absorbed the whole log is taken as it is', async () => {
  const found = await startedAgain((table) => table.absorb([ghost], table.position))
  assert.equal(found.length, 3_001)
})

test('a range may have more rows than a call has places for arguments', async () => {
  const many = Array.from({ length: 200_000 }, (_, index) => ghost.copy({ key: `ghost-${index}` }))
  const found = await startedAgain((table) => table.absorb(many, table.position))
  assert.equal(found.length, 203_000)
})

test('a table that is behind is read on, however far', async () => {
  const found = await startedAgain((table) => table.clear())
  assert.equal(found.length, 3_000)
})

test('a table that is ahead of its log, or of another log, is read anew', async () => {
  const ahead = await startedAgain((table) => table.absorb([ghost], { offset: 100_000, mark: table.position.mark }))
  const other = await startedAgain((table) => table.absorb([ghost], { ...table.position, mark: 'another' }))
  assert.deepEqual([ahead.length, other.length], [3_000, 3_000])
})

test('a table that was away for longer than the log tells of deletions is read anew', async () => {
  const found = await startedAgain((table) => table.absorb([ghost], table.position), 25 * 3_600_000)
  assert.equal(found.length, 3_000)
})

test('two stores of one name are refused, and so is what is no store', () => {
  const one = stop('one', { in: Item, stores: { words } }, () => {})
  const other = stop('other', { in: Item, stores: { words: store('words', Words) } }, () => {})
  const entries = [one, other].map((last) => entry(last.name, { in: Item, route: line(last.name).to(last) }))
  assert.throws(() => metrobus('app', { entries }), /two different stores are called "words"/)
  assert.throws(
    () => stop('bad', { in: Item, stores: { words: {} as typeof words } }, () => {}),
    /stores.words is not made by store\(\)/,
  )
  assert.throws(() => stop('twice', { in: Item, stores: { words, more: words } }, () => {}), /the same store/)
  assert.throws(() => store('Words', Words), { code: 'MB_BAD_NAME' })
  assert.throws(() => store('words', Words, { ttl: 0 }), /ttl must be a number from 1/)
})

test('a bus that cannot settle events and state in one step is refused', async () => {
  const { bus, start } = stage()
  const torn = Object.create(bus, { capabilities: { value: { supportsAtomicSettle: false } } }) as Bus
  await assert.rejects(start(appOf(append), { bus: torn }), {
    code: 'MB_BUS_CANNOT',
    message: /settle events and the stores of the stop "keep" in one step/,
  })
})

test('an app that cannot start, and one that has stopped, let go of their stores', async () => {
  const { clock, bus, start } = stage()
  let closed = 0
  const stores: StoreEngine = { ...memoryStores(), close: () => Promise.resolve(void closed++) }
  const failing = Object.create(bus, {
    capabilities: { value: bus.capabilities },
    open: { value: () => bus.open({ clock, random: new SeededRandom(1), disk: new SimDisk() }) },
    ensureTopics: { value: (topics: readonly TopicSpec[]) => bus.ensureTopics(topics) },
    partitions: { value: (topic: string) => bus.partitions(topic) },
    inspector: { value: bus.inspector },
    join: { value: () => Promise.reject(new Error('nobody may join')) },
    close: { value: () => bus.close() },
  }) as Bus
  const holder = await start(
    metrobus('other', {
      entries: [entry('others', { in: Item, route: line('other').to(stop('end', { in: Item }, () => {})) })],
    }),
  )
  await assert.rejects(start(appOf(append), { bus: failing, stores }), /nobody may join/)
  assert.equal(closed, 1)
  const running = await start(appOf(append), { stores })
  await running.stop()
  assert.equal(closed, 2)
  await holder.stop()
})
