/** Faults in the embedded bus, and in what the memory bus shares of its contract. */
import type { Hunt, Mutant } from './mutant.ts'

const embedded: Hunt = { sweep: 'test/simulation/embedded.test.ts', seed: 1 }

export const busMutants: readonly Mutant[] = [
  {
    name: 'settle-before-outputs',
    breaks:
      'A unit is two frames: what it acknowledges, and then what it puts out. A crash between them loses events (I6).',
    file: 'src/bus/embedded/embedded-log.ts',
    find: 'pending.position = this.journal.append(member.group, unit)',
    replace: `this.journal.append(member.group, { ...unit, outputs: [] })
      pending.position = this.journal.append(member.group, { ...unit, acknowledgements: [], changes: [] })`,
    hunt: { sweep: 'SEEDS', seed: 1, cases: 20 },
  },
  {
    name: 'settle-outputs-only',
    breaks: 'A unit puts out and acknowledges nothing (I2, I6).',
    file: 'src/bus/embedded/embedded-log.ts',
    find: 'pending.position = this.journal.append(member.group, unit)',
    replace: 'pending.position = this.journal.append(member.group, { ...unit, acknowledgements: [] })',
    hunt: embedded,
  },
  {
    name: 'read-before-durable',
    breaks: 'Every reader runs ahead: a stop with effects is handed what a power cut takes back (I4).',
    file: 'src/bus/embedded/partition-reader.ts',
    find: 'return this.#reader.isAhead ? this.log.end : this.log.synced',
    replace: 'return this.log.end',
    hunt: { sweep: 'test/simulation/embedded.test.ts', seed: 2 },
  },
  {
    name: 'memory-epoch-ignored',
    breaks: 'The memory bus takes a unit that is built on a refused one (I1).',
    file: 'src/bus/memory/memory-log.ts',
    find: 'member.refusedEpoch = Math.max(member.refusedEpoch, unit.epoch)',
    replace: '',
    hunt: { sweep: 'test/runtime/faults.test.ts', seed: 23 },
  },
  {
    name: 'held-unit-committed',
    breaks: 'A unit without space is answered committed, and is nowhere (I1).',
    file: 'src/bus/embedded/embedded-log.ts',
    find: 'if (this.#held.length > 0 || !this.#append(pending)) this.#held.push(pending)',
    replace: "if (!this.#append(pending)) answer('committed')",
    hunt: { sweep: 'SEEDS', seed: 1, cases: 20, isSmall: true },
  },
]
