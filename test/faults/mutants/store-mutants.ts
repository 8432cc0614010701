/** Faults in the stores. */
import type { Hunt, Mutant } from './mutant.ts'

const lives: Hunt = { sweep: 'S2', seed: 1, cases: 20 }
const told: Hunt = { sweep: 'test/runtime/stores.test.ts', seed: 1 }

export const storeMutants: readonly Mutant[] = [
  {
    name: 'overlay-kept-after-a-refusal',
    breaks: 'A change whose unit was refused is still seen by the next event of its key (I4, I5).',
    file: 'src/runtime/store-partition.ts',
    find: `  void(): void {
    this.#overlay.clear()`,
    replace: '  void(): void {',
    hunt: lives,
  },
  {
    name: 'overlay-not-looked-at',
    breaks:
      'The next event of a key does not see what the one before it has changed, as long as that is not committed (I5).',
    file: 'src/runtime/store-partition.ts',
    find: 'if (change !== undefined) return change.data ?? undefined',
    replace: 'if (change === null) return undefined',
    hunt: lives,
  },
  {
    name: 'store-absorbs-nothing',
    breaks: 'What is committed does not get into the tables (I5).',
    file: 'src/runtime/engine.ts',
    find: 'this.stores?.committed(pending, this.outbox.oldest)',
    replace: '',
    hunt: lives,
  },
  {
    name: 'store-position-too-far',
    breaks: 'A table says that it has absorbed one record more than it has (I5).',
    file: 'src/runtime/store-partition.ts',
    find: 'offset: last.offset + 1, mark',
    replace: 'offset: last.offset + 2, mark',
    hunt: lives,
  },
  {
    name: 'failed-attempt-changes-its-store',
    breaks: 'What an attempt that failed has changed is seen by the next one (I4).',
    file: 'src/runtime/attempt-stores.ts',
    find: '  release(): void {\n    if (this.#isTouching)',
    replace: `  release(): void {
    if (this.#records.length === 0)
      for (const [key, write] of this.#writes ?? [])
        this.partition.decide(changeOf(this.#attempt.record, this.partition.source, key, write))
    if (this.#isTouching)`,
    hunt: lives,
  },
  {
    name: 'stale-rows-not-noticed',
    breaks: 'A handler that has waited overwrites what another stop has changed meanwhile (I5).',
    file: 'src/runtime/lane.ts',
    find: 'if (attempt.kept?.isStale === true) {',
    replace: 'if (attempt.kept?.isStale === undefined && attempt.isLate) {',
    hunt: lives,
  },
  {
    name: 'stops-that-share-a-store-go-on',
    breaks: 'After a refusal another stop goes on that has read what is void (I4).',
    file: 'src/runtime/lanes.ts',
    find: 'for (const mate of mates) {\n      const lane',
    replace: 'for (const mate of mates.slice(0, 1)) {\n      const lane',
    hunt: told,
  },
  {
    name: 'log-of-a-store-read-in-part',
    breaks: "A start takes the first page of a store's log for all of it (I5).",
    file: 'src/runtime/stores.ts',
    find: '      engine.together(() => restored.absorb(records))\n',
    replace:
      '      engine.together(() => restored.absorb(records))\n      if (table.position.offset > 0) return restored\n',
    hunt: told,
  },
  {
    name: 'any-table-is-believed',
    breaks: 'A table that is ahead of its log, of another log or too old is taken as it is (I5).',
    file: 'src/runtime/stores.ts',
    find: 'if (offset === 0) return true',
    replace: 'if (offset >= 0) return true',
    hunt: told,
  },
]
