/**
 * The promises of the store port as plain data: every engine runs these cases, under any test runner.
 */
import assert from 'node:assert/strict'
import { MetrobusError } from '../errors/index.ts'
import { Record } from '../event/record.ts'
import { compareKeys } from './key-order.ts'
import type { StoreEngine, StoreTable, TableRow } from './store.ts'

/** What an engine brings to its test file. */
export interface StoreFixture {
  /** An engine over the same place each time, and not open. */
  readonly make: () => StoreEngine
  /** Numbers from 0 to 1, the same for the same seed. */
  readonly random: () => number
}

export interface StoreCase {
  readonly name: string
  /** The sentence of the port that it holds an engine to. */
  readonly promise: string
  /** Only for engines whose tables are still there after a restart. */
  readonly isForDurable?: boolean
  readonly run: (fixture: StoreFixture) => Promise<void>
}

/** A change as it comes from a log: null deletes. */
export function changeOf(key: string, value: unknown, offset = 0, at = 0): Record {
  const record = new Record(
    {
      ride: `r${offset}`,
      hop: 1,
      type: 'metrobus.change',
      source: '/app/store',
      time: at,
      key,
      headers: {},
      correlationId: undefined,
      causationId: undefined,
      replay: 0,
      slip: '',
    },
    value,
    undefined,
  )
  record.offset = offset
  record.appendedAt = at
  return record
}

/** Absorbs changes behind what the table has, as one. */
export function absorb(
  engine: StoreEngine,
  table: StoreTable,
  changes: readonly (readonly [string, unknown])[],
  at = 0,
): void {
  const { offset } = table.position
  const records = changes.map(([key, value], index) => changeOf(key, value, offset + index, at))
  engine.together(() =>
    table.absorb(records, { offset: offset + records.length, mark: `mark ${offset + records.length}` }),
  )
}

async function opened({ make }: StoreFixture): Promise<StoreEngine> {
  const engine = make()
  await engine.open('app')
  return engine
}

const tableOf = (engine: StoreEngine, store = 'orders', partition = 0): StoreTable =>
  engine.table(store, partition, { expires: true })

const keysOf = (rows: readonly TableRow[]): string[] => rows.map(({ key }) => key)
const all = { prefix: '', after: '', limit: 1_000 }

const tableCases: readonly StoreCase[] = [
  {
    name: 'a new table has no rows and stands at the beginning',
    promise: 'Every record below it is absorbed; 0 for a table that is new.',
    async run(fixture) {
      const engine = await opened(fixture)
      const table = tableOf(engine)
      assert.deepEqual(table.position, { offset: 0, mark: '' })
      assert.equal(table.get('a'), undefined)
      assert.deepEqual(table.range(all), [])
      assert.deepEqual(table.changedBefore(1_000, 10), [])
      await engine.close()
    },
  },
  {
    name: 'a table holds the newest change of each key and forgets what is deleted',
    promise: 'Takes over records of the log, in their order; data null deletes the row.',
    async run(fixture) {
      const engine = await opened(fixture)
      const table = tableOf(engine)
      absorb(
        engine,
        table,
        [
          ['a', { n: 1 }],
          ['b', 'text'],
          ['a', { n: 2 }],
          ['c', 0],
          ['b', null],
          ['d', null],
        ],
        5,
      )
      assert.deepEqual(table.get('a'), { key: 'a', value: { n: 2 }, at: 5 })
      assert.deepEqual(table.get('c')?.value, 0)
      assert.equal(table.get('b'), undefined)
      assert.deepEqual(table.position, { offset: 6, mark: 'mark 6' })
      absorb(
        engine,
        table,
        [
          ['b', [true]],
          ['a', null],
        ],
        6,
      )
      assert.deepEqual(keysOf(table.range(all)), ['b', 'c'])
      assert.deepEqual(table.get('b'), { key: 'b', value: [true], at: 6 })
      await engine.close()
    },
  },
  {
    name: 'what a table answers is frozen',
    promise: 'Decoded and frozen.',
    async run(fixture) {
      const engine = await opened(fixture)
      const table = tableOf(engine)
      absorb(engine, table, [['a', Object.freeze({ deep: Object.freeze({ n: 1 }) })]])
      const { value } = table.get('a') as { readonly value: { readonly deep: object } }
      assert.ok(Object.isFrozen(value) && Object.isFrozen(value.deep))
      await engine.close()
    },
  },
  {
    name: 'a range is in the order of code points, within its prefix, behind a key and no longer than its limit',
    promise: 'Rows in the order of their keys.',
    async run(fixture) {
      const engine = await opened(fixture)
      const table = tableOf(engine)
      const keys = ['a', 'a/1', 'a/10', 'a/2', 'ab', 'b', '\u{ff5e}', '\u{1f687}', 'a/\u{1f687}', 'a/\u{ff5e}', 'ä']
      absorb(
        engine,
        table,
        keys.map((key) => [key, key]),
      )
      assert.deepEqual(keysOf(table.range(all)), keys.toSorted(compareKeys))
      assert.deepEqual(keysOf(table.range({ ...all, prefix: 'a/' })), [
        'a/1',
        'a/10',
        'a/2',
        'a/\u{ff5e}',
        'a/\u{1f687}',
      ])
      assert.deepEqual(keysOf(table.range({ ...all, prefix: 'a/', after: 'a/10' })), [
        'a/2',
        'a/\u{ff5e}',
        'a/\u{1f687}',
      ])
      assert.deepEqual(keysOf(table.range({ prefix: 'a', after: 'a', limit: 2 })), ['a/1', 'a/10'])
      assert.deepEqual(keysOf(table.range({ ...all, prefix: 'b', after: 'a' })), ['b'])
      assert.deepEqual(keysOf(table.range({ ...all, prefix: 'a', after: 'b' })), [])
      absorb(engine, table, [
        ['a/15', 1],
        ['a/2', null],
      ])
      assert.deepEqual(keysOf(table.range({ ...all, prefix: 'a/1' })), ['a/1', 'a/10', 'a/15'])
      await engine.close()
    },
  },
  {
    name: 'the tables of stores and partitions know nothing of each other',
    promise: 'The table of a partition, made when it is not there.',
    async run(fixture) {
      const engine = await opened(fixture)
      const tables = [tableOf(engine), tableOf(engine, 'orders', 1), tableOf(engine, 'baskets')]
      for (const [index, table] of tables.entries()) absorb(engine, table, [['a', index]])
      engine.together(() => tables[1]!.clear())
      assert.deepEqual(
        tables.map((table) => table.get('a')?.value),
        [0, undefined, 2],
      )
      assert.deepEqual(
        tables.map(({ position }) => position.offset),
        [1, 0, 1],
      )
      await engine.close()
    },
  },
  {
    name: 'the keys of old rows are told, the oldest first',
    promise: 'Keys of rows whose last change was appended before `time`, the oldest first, at most `limit`.',
    async run(fixture) {
      const engine = await opened(fixture)
      const table = tableOf(engine)
      for (const [key, at] of [
        ['b', 1],
        ['a', 2],
        ['c', 3],
        ['b', 4],
        ['d', 5],
      ] as const)
        absorb(engine, table, [[key, at]], at)
      assert.deepEqual(table.changedBefore(5, 10), ['a', 'c', 'b'])
      assert.deepEqual(table.changedBefore(5, 2), ['a', 'c'])
      assert.deepEqual(table.changedBefore(2, 10), [])
      absorb(engine, table, [['a', null]], 6)
      assert.deepEqual(table.changedBefore(4, 10), ['c'])
      await engine.close()
    },
  },
]

const durableCases: readonly StoreCase[] = [
  {
    name: 'rows and positions are there again after a restart',
    promise: 'Tables are still there after a restart.',
    isForDurable: true,
    async run(fixture) {
      const first = await opened(fixture)
      absorb(
        first,
        tableOf(first),
        [
          ['a', { n: 1 }],
          ['b', 2],
          ['b', null],
        ],
        7,
      )
      absorb(first, tableOf(first, 'orders', 1), [['c', 3]])
      await first.close()
      const second = await opened(fixture)
      assert.deepEqual(tableOf(second).range(all), [{ key: 'a', value: { n: 1 }, at: 7 }])
      assert.deepEqual(tableOf(second).position, { offset: 3, mark: 'mark 3' })
      assert.deepEqual(tableOf(second, 'orders', 1).get('c')?.value, 3)
      await second.close()
    },
  },
  {
    name: 'of what is absorbed together all survives or nothing',
    promise: 'What it does to them survives together or not at all.',
    isForDurable: true,
    async run(fixture) {
      const first = await opened(fixture)
      absorb(first, tableOf(first), [['a', 1]])
      const table = tableOf(first)
      const fail = (): void => {
        table.absorb([changeOf('a', 2, 1), changeOf('b', 2, 2)], { offset: 3, mark: 'half' })
        throw new MetrobusError('MB_STORE_FAILED', { path: 'here', reason: 'the machine stands still' })
      }
      assert.throws(() => first.together(fail))
      await first.close()
      const second = await opened(fixture)
      assert.deepEqual(tableOf(second).range(all), [{ key: 'a', value: 1, at: 0 }])
      assert.deepEqual(tableOf(second).position, { offset: 1, mark: 'mark 1' })
      await second.close()
    },
  },
]

const modelCase: StoreCase = {
  name: 'after every step a table is what a plain map is, also after restarts',
  promise: 'What a crash leaves is the fold up to the position that it leaves (I5).',
  async run(fixture) {
    const below = (end: number): number => Math.floor(fixture.random() * end)
    const letters = ['a', 'b', '/', 'é', '\u{ffee}', '\u{1f687}']
    const keyOf = (): string => Array.from({ length: 1 + below(4) }, () => letters[below(letters.length)]!).join('')
    let engine = await opened(fixture)
    let table = tableOf(engine)
    let model = new Map<string, TableRow>()
    for (let step = 0; step < 300; step++) {
      if (below(50) === 0) {
        await engine.close()
        engine = await opened(fixture)
        table = tableOf(engine)
        if (engine.capabilities.isDurable === false) model = new Map()
      } else if (below(100) === 0) {
        engine.together(() => table.clear())
        model = new Map()
      } else {
        const changes = Array.from({ length: 1 + below(5) }, () => [keyOf(), below(3) === 0 ? null : { step }] as const)
        absorb(engine, table, changes, step)
        for (const [key, value] of changes)
          if (value === null) model.delete(key)
          else model.set(key, { key, value, at: step })
      }
      const range = {
        prefix: below(2) === 0 ? '' : keyOf(),
        after: below(2) === 0 ? '' : keyOf(),
        limit: 1 + below(20),
      }
      assert.deepEqual(table.range(range), rangeOf(model, range), `step ${step}`)
      const key = keyOf()
      assert.deepEqual(table.get(key), model.get(key), `step ${step}`)
    }
    await engine.close()
  },
}

function rangeOf(model: ReadonlyMap<string, TableRow>, { prefix, after, limit }: typeof all): readonly TableRow[] {
  return [...model.values()]
    .filter(({ key }) => key.startsWith(prefix) && compareKeys(key, after) > 0)
    .sort((one, other) => compareKeys(one.key, other.key))
    .slice(0, limit)
}

/** Every case, in reading order. */
export const storeCases: readonly StoreCase[] = [...tableCases, ...durableCases, modelCase]

/** The cases that an engine must keep. */
export function storeCasesFor(engine: StoreEngine): readonly StoreCase[] {
  const { isDurable = true } = engine.capabilities
  return storeCases.filter(({ isForDurable = false }) => isDurable || !isForDurable)
}
