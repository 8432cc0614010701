/** The promises of the sink port as plain data: every sink runs these cases, under any test runner. */
import assert from 'node:assert/strict'
import { planCases } from '../internal/planned-cases.ts'
import type { Conformance, ConformanceCase, PlannedCase } from '../internal/planned-cases.ts'
import type { Sink } from './sink.ts'

/** What the fixture of a sink can do to it. */
export interface SinkAbilities {
  /** `fixture.crash` works. */
  readonly canCrash: boolean
}

/** One place to put data for one case. */
export interface SinkFixture {
  /** A sink over what the ones before it have kept, as a process makes it at its start. */
  readonly make: () => Sink
  /** What is kept, by id; read when the sinks are closed or dead. */
  readonly contents: () => Promise<ReadonlyMap<string, unknown>>
  /** The process and the machine die: what was not durable is gone, and the sink that was made last takes part in nothing any more. */
  readonly crash?: () => Promise<void>
  /** Lets go of what the fixture holds; the case has closed its sinks. */
  readonly end: () => Promise<void>
}

/** One promise of the sink port, and how to see whether it is kept. */
export type SinkCase = ConformanceCase<SinkAbilities, SinkFixture>

/** What the author of a sink brings to its test file. */
export type SinkConformance = Conformance<SinkAbilities, SinkFixture>

const puts = 500
const ids: readonly string[] = Array.from({ length: puts }, (_, n) => `order-${n}~1`)

/** Every case, in reading order. */
export const sinkCases: readonly SinkCase[] = [
  {
    name: 'what is put is there, under its id',
    promise: 'Puts `data` under `id`.',
    async run({ make, contents }) {
      const sink = make()
      await sink.put('a', { total: 12, text: 'für Ünal "\n' })
      await sink.put('b', null)
      await sink.close()
      assert.deepEqual(
        await contents(),
        new Map<string, unknown>([
          ['a', { total: 12, text: 'für Ünal "\n' }],
          ['b', null],
        ]),
      )
    },
  },
  {
    name: 'a second put of an id does nothing',
    promise: 'Once: a second put of an id does nothing.',
    async run({ make, contents }) {
      const sink = make()
      await Promise.all([sink.put('a', 1), sink.put('a', 2)])
      await sink.put('a', 3)
      await sink.close()
      assert.deepEqual([...(await contents())], [['a', 1]])
    },
  },
  {
    name: 'a second put of an id does nothing after a restart, too',
    promise: 'Also after a restart.',
    async run({ make, contents }) {
      const first = make()
      await first.put('a', 1)
      await first.close()
      const second = make()
      await second.put('a', 2)
      await second.put('b', 2)
      await second.close()
      assert.deepEqual(
        await contents(),
        new Map<string, unknown>([
          ['a', 1],
          ['b', 2],
        ]),
      )
    },
  },
  {
    name: 'any number of puts may be under way',
    promise: 'Any number of puts may be under way.',
    async run({ make, contents }) {
      const sink = make()
      await Promise.all(ids.map((id, n) => sink.put(id, n)))
      await sink.close()
      assert.deepEqual(await contents(), new Map(ids.map((id, n) => [id, n])))
    },
  },
  {
    name: 'a text that is given is what is kept',
    promise: '`text` is the data as JSON, where the caller has it.',
    async run({ make, contents }) {
      const sink = make()
      await sink.put('a', { n: 1 }, '{"n":1}')
      await sink.close()
      assert.deepEqual([...(await contents())], [['a', { n: 1 }]])
    },
  },
  {
    name: 'what was put is durable when the sink is closed',
    promise: 'Makes durable what was put, and gives back what is open.',
    async run({ make, contents }) {
      const sink = make()
      const all = Promise.all(ids.map((id) => sink.put(id, id)))
      await sink.close()
      await all
      assert.equal((await contents()).size, puts)
    },
  },
  {
    name: 'a put after the close is refused',
    promise: 'Later puts are refused.',
    async run({ make, contents }) {
      const sink = make()
      await sink.put('a', 1)
      await sink.close()
      await assert.rejects(sink.put('b', 1))
      assert.deepEqual([...(await contents()).keys()], ['a'])
    },
  },
  {
    name: 'what was answered is there when the machine dies, and no id is there twice',
    promise: 'Resolves when it is durable.',
    needs: ({ canCrash }) => canCrash,
    async run({ make, contents, crash }) {
      const answered = new Set<string>()
      for (const upTo of [1, 10, 100, puts]) {
        const sink = make()
        await sink.put('first', 0)
        const all = ids.slice(0, upTo).map((id) => sink.put(id, id).then(() => answered.add(id)))
        // Some are on their way when it dies.
        await Promise.race(all)
        await crash!()
      }
      const sink = make()
      await Promise.all(ids.map((id) => sink.put(id, 'again')))
      await sink.close()
      const kept = await contents()
      assert.equal(kept.size, puts + 1)
      for (const id of answered) assert.equal(kept.get(id), id, `${id} was answered, and is lost`)
    },
  },
]

/** The cases to run, each as a name and a function for the runner at hand. Throws MB_BAD_OPTIONS when one that cannot run has no reason in `leftOut`, or one that can has. */
export const plannedSinkCases = (conformance: SinkConformance): readonly PlannedCase[] =>
  planCases(sinkCases, conformance)
