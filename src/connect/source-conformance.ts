/** The promises of the source port as plain data: every source runs these cases, under any test runner. */
import assert from 'node:assert/strict'
import { planCases } from '../internal/planned-cases.ts'
import type { Conformance, ConformanceCase, PlannedCase } from '../internal/planned-cases.ts'
import { ingestSource } from './ingest-source.ts'
import type { Intake } from './ingest-source.ts'
import type { Opening, OpenSourceOptions, Source, SourceBatch, SourceItem } from './source.ts'

/** What a source can do. */
export interface SourceAbilities {
  /** An input that was read before is found again, and goes on behind a committed position. A pipe cannot. */
  readonly resumes: boolean
  /** `fixture.missing` works: there can be no input of a name. */
  readonly canBeMissing: boolean
}

/** One input for one case. */
export interface SourceFixture {
  /** What the input is to hold, in this order: to be called once, before `make`. */
  readonly fill: (data: readonly unknown[]) => Promise<void>
  /** A source over the input, as a process makes it at its start. */
  readonly make: () => Source
  /** A source over an input that is not there. */
  readonly missing?: () => Source
  /** Lets go of what the fixture holds. */
  readonly end: () => Promise<void>
}

/** One promise of the source port, and how to see whether it is kept. */
export type SourceCase = ConformanceCase<SourceAbilities, SourceFixture>

/** What the author of a source brings to its test file. */
export type SourceConformance = Conformance<SourceAbilities, SourceFixture>

/** So many events that a source with batches of a few thousand has several. */
const eventsOfCase = 12_000
/** Each brings in a batch at least. */
const livesMax = 200
const data: readonly unknown[] = Array.from({ length: eventsOfCase }, (_, n) => ({ n, text: `event ${n}` }))

const resumes = ({ resumes: can }: SourceAbilities): boolean => can

/** What one reading brings. */
interface Reading {
  readonly opening: Opening
  readonly batches: readonly SourceBatch[]
}

async function read(
  source: Source,
  { positions = new Map(), again = false }: Partial<OpenSourceOptions> = {},
  batchesMax = Infinity,
): Promise<Reading> {
  const open = await source.open({ positions, again, signal: new AbortController().signal })
  const batches: SourceBatch[] = []
  try {
    for await (const batch of open.batches()) {
      batches.push(batch)
      if (batches.length >= batchesMax) break
    }
  } finally {
    await open.close()
  }
  const { key, state, lines, run, bytes } = open
  return { opening: { key, state, lines, run, bytes }, batches }
}

const itemsOf = ({ batches }: Reading): readonly SourceItem[] => batches.flatMap(({ items }) => items)
const idsOf = (reading: Reading): readonly string[] =>
  itemsOf(reading).map((item) => ('id' in item ? item.id : assert.fail(`a fault at ${item.place}: ${item.fault}`)))
const dataOf = (reading: Reading): readonly unknown[] =>
  itemsOf(reading).map((item) => ('data' in item ? item.data : item.fault))

/** Keeps what it is given, and the positions, as an app does in one commit unit. */
class Keeper implements Intake {
  readonly kept = new Map<string, number>()
  readonly #positions = new Map<string, string>()

  async ingest(
    _entry: string,
    { items, position }: Parameters<Intake['ingest']>[1],
  ): Promise<{ readonly accepted: number; readonly refused: number }> {
    for (const item of items) if ('id' in item) this.kept.set(item.id, (this.kept.get(item.id) ?? 0) + 1)
    this.#positions.set(position.key, position.value)
    return { accepted: items.length, refused: 0 }
  }

  async positions(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.#positions)
  }
}

/** Every case, in reading order. */
export const sourceCases: readonly SourceCase[] = [
  {
    name: 'an input is read to its end, in its order',
    promise: 'Items in the order of the input.',
    async run({ fill, make }) {
      await fill(data)
      const reading = await read(make())
      assert.deepEqual(dataOf(reading), data)
      assert.equal(new Set(idsOf(reading)).size, eventsOfCase, 'each event has an id of its own')
      assert.deepEqual([reading.opening.state, reading.opening.run, reading.opening.lines], ['new', 1, 0])
    },
  },
  {
    name: 'an input without an event has no batch, or none with one',
    promise: 'The batches behind the committed position.',
    async run({ fill, make }) {
      await fill([])
      assert.deepEqual(itemsOf(await read(make())), [])
    },
  },
  {
    name: 'lines and bytes are counted from the beginning of the input',
    promise: 'Lines, rows or messages up to here, counted from the beginning of the input.',
    async run({ fill, make }) {
      await fill(data)
      const { batches } = await read(make())
      let items = 0
      let before = { lines: 0, bytes: 0 }
      for (const batch of batches) {
        items += batch.items.length
        assert.ok(batch.lines >= items && batch.lines >= before.lines && batch.bytes >= before.bytes)
        before = batch
      }
    },
  },
  {
    name: 'every event has words for where it stands',
    promise: '`place` says where it came from in words that an operator finds again.',
    async run({ fill, make }) {
      await fill(data)
      const source = make()
      assert.notEqual(source.name, '')
      const places = itemsOf(await read(source)).map(({ place }) => place)
      assert.equal(new Set(places).size, eventsOfCase)
    },
  },
  {
    name: 'a batch is of a bounded size',
    promise: 'Each of a bounded size.',
    async run({ fill, make }) {
      await fill(data)
      assert.ok((await read(make())).batches.length > 1, `${eventsOfCase} events came in one batch`)
    },
  },
  {
    name: 'a reading that is closed ends without an error',
    promise: 'Ends early, without an error, once the source is closed.',
    async run({ fill, make }) {
      await fill(data)
      const open = await make().open({ positions: new Map(), again: false, signal: new AbortController().signal })
      let batches = 0
      for await (const _ of open.batches()) if (++batches === 1) await open.close()
      assert.ok(batches >= 1)
    },
  },
  {
    name: 'an input that is not there is unreadable',
    promise: 'Throws MB_INPUT_UNREADABLE.',
    needs: ({ canBeMissing }) => canBeMissing,
    async run({ missing }) {
      await assert.rejects(read(missing!()), { code: 'MB_INPUT_UNREADABLE' })
    },
  },
  {
    name: 'the same input is the same events',
    promise: 'Finds out which input this is.',
    needs: resumes,
    async run({ fill, make }) {
      await fill(data)
      const [first, second] = [await read(make()), await read(make())]
      assert.deepEqual(idsOf(second), idsOf(first))
      assert.equal(second.opening.key, first.opening.key)
    },
  },
  {
    name: 'a reading goes on exactly behind a committed position',
    promise: 'Kept with the events in one commit unit, and given to `open` at the next start.',
    needs: resumes,
    async run({ fill, make }) {
      await fill(data)
      const all = await read(make())
      const ids = idsOf(all)
      let items = 0
      for (const batch of all.batches) {
        items += batch.items.length
        const rest = await read(make(), { positions: new Map([[all.opening.key, batch.position]]) })
        assert.deepEqual(idsOf(rest), ids.slice(items), `behind ${items} events`)
        assert.equal(rest.opening.state, items === ids.length ? 'rode-already' : 'goes-on')
        assert.equal(rest.opening.key, all.opening.key)
      }
    },
  },
  {
    name: 'another run has ids of its own, from the first event on',
    promise: 'Begin a new run from the first line, with new event ids.',
    needs: resumes,
    async run({ fill, make }) {
      await fill(data)
      const first = await read(make())
      const positions = new Map([[first.opening.key, first.batches.at(-1)!.position]])
      const again = await read(make(), { positions, again: true })
      assert.deepEqual(dataOf(again), data)
      assert.equal(again.opening.run, 2)
      assert.equal(new Set([...idsOf(first), ...idsOf(again)]).size, 2 * eventsOfCase)
    },
  },
  {
    name: 'brought in by an app that ends at every batch, each event comes in once',
    promise: 'Finds out which input this is and where its reading goes on.',
    needs: resumes,
    async run({ fill, make }) {
      await fill(data)
      const keeper = new Keeper()
      for (let isComplete = false, lives = 0; !isComplete; lives++) {
        assert.ok(lives <= livesMax, 'it does not get on')
        const life = new AbortController()
        const progress = (): void => life.abort()
        isComplete = (await ingestSource(keeper, 'in', make(), { signal: life.signal, progress })).isComplete
      }
      assert.deepEqual([keeper.kept.size, new Set(keeper.kept.values())], [eventsOfCase, new Set([1])])
    },
  },
]

/** The cases to run, each as a name and a function for the runner at hand. Throws MB_BAD_OPTIONS when one that cannot run has no reason in `leftOut`, or one that can has. */
export const plannedSourceCases = (conformance: SourceConformance): readonly PlannedCase[] =>
  planCases(sourceCases, conformance)
