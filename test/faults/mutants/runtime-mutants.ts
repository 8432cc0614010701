/** Faults in the runtime. */
import type { Hunt, Mutant } from './mutant.ts'

const embedded: Hunt = { sweep: 'test/simulation/embedded.test.ts', seed: 1 }
const faults: Hunt = { sweep: 'test/runtime/faults.test.ts', seed: 26 }

export const runtimeMutants: readonly Mutant[] = [
  // --- order and parking

  {
    name: 'effect-before-sync',
    breaks: 'A stop with effects is handed an event before the unit that holds it is synced (I4).',
    file: 'src/runtime/lane.ts',
    find: 'ahead: !this.stop.definition.hasEffects && feed.limit === Infinity',
    replace: 'ahead: feed.limit === Infinity',
    hunt: { sweep: 'test/simulation/embedded.test.ts', seed: 2 },
  },
  {
    name: 'no-order-of-a-key',
    breaks: 'An event does not wait for an earlier one of its key that is retried (I3).',
    file: 'src/runtime/lane.ts',
    find: 'this.keys.size === 0 ? undefined : this.keys.get(stateKey(record))',
    replace: 'undefined',
    hunt: embedded,
  },
  {
    name: 'release-early',
    breaks: 'The next event of a key starts before the one that is retried is due (I3).',
    file: 'src/runtime/parking.ts',
    find: `    state.wait({ feed, record })
    lane.held++
    if (state.running === undefined && state.dueAt <= 0) lane.engine.runnable(lane, state)`,
    replace: `    if (state.row !== undefined && state.running === undefined && state.queue.length === 1) {
      lane.start(feed, record, state)
      return
    }
    state.wait({ feed, record })
    lane.held++
    if (state.running === undefined && state.dueAt <= 0) lane.engine.runnable(lane, state)`,
    hunt: embedded,
  },
  {
    name: 'drop-a-parked-key',
    breaks: 'A key with events in the parking topic is not taken over at a restart (I1, I3).',
    file: 'src/runtime/parking.ts',
    find: 'const row = decodeRow(text)',
    replace: 'const row = decodeRow(text)\n      if (row.count > 0) continue',
    hunt: faults,
  },
  {
    name: 'dispatch-before-the-park-table',
    breaks: 'A lane begins before its park table is loaded (I3).',
    file: 'src/runtime/lane.ts',
    find: 'isOpen = false',
    replace: 'isOpen = true',
    hunt: faults,
  },

  // --- settling

  {
    name: 'acknowledge-at-start',
    breaks: 'An event is acknowledged when its handler begins, not in the unit that holds its outcome (I1, I6).',
    file: 'src/runtime/lane.ts',
    find: 'if (tries === 1) this.stop.counters.in++',
    replace: 'this.engine.outbox.acknowledge(feed, record.offset)',
    hunt: { sweep: 'test/simulation/embedded.test.ts', seed: 2 },
  },
  {
    name: 'unknown-is-committed',
    breaks: 'A unit of unknown fate is taken for committed (I1).',
    file: 'src/runtime/outbox.ts',
    find: "if (settled === 'unknown') {",
    replace: "if (settled === 'unknown' && this.#hasFailed) {",
    hunt: faults,
  },
  {
    name: 'refused-is-answered',
    breaks: 'A sender whose unit was refused is told that it is committed (I1).',
    file: 'src/runtime/outbox.ts',
    find: "answer('refused')",
    replace: "answer('committed')",
    hunt: faults,
  },
  {
    name: 'epoch-stands-still',
    breaks: 'Units after a refusal do not say that it was heard of, and are refused for ever (I8).',
    file: 'src/runtime/outbox.ts',
    find: 'this.#epoch++',
    replace: '',
    hunt: faults,
  },
  {
    name: 'no-rewind-after-refusal',
    breaks: 'A lane that begins again after a refusal does not read again what was refused (I1).',
    file: 'src/runtime/lanes.ts',
    find: 'this.#engine.member.rewind(topic, partition, committed.watermark)',
    replace: '',
    hunt: faults,
  },
  {
    name: 'closed-lane-counts',
    breaks: 'The outcome of an attempt counts although its partition has moved to another member (I2).',
    file: 'src/runtime/lane.ts',
    find: 'return !this.isClosed\n',
    replace: 'return true\n',
    hunt: faults,
  },

  // --- ids, emissions, limits, deadlines

  {
    name: 'ids-forgotten',
    breaks: 'The ids that were sent are not remembered over a restart: one sent again is two events (I2).',
    file: 'src/runtime/seen-ids.ts',
    find: 'for (const id of row.ids) this.#byId.set(id, row)',
    replace: '',
    hunt: { sweep: 'test/simulation/embedded.test.ts', seed: 20 },
  },
  {
    name: 'id-in-the-next-unit',
    breaks: 'An id rides in the unit behind that of its event: after a crash between them it is two events (I6).',
    file: 'src/runtime/entries.ts',
    find: `      const row = seen.add(ride, now)
      this.#engine.outbox.touchSeen(seen)
      row.durable = this.#gather(emitted, seen)
      return row.durable as Promise<Receipt>`,
    replace: `      const receipt = this.#gather(emitted, seen)
      queueMicrotask(() => {
        const row = seen.add(ride, now)
        this.#engine.outbox.touchSeen(seen)
        row.durable = receipt
        this.#engine.schedule()
      })
      return receipt`,
    hunt: { sweep: 'test/simulation/embedded.test.ts', seed: 20 },
  },

  // --- giving up
]
