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
    file: 'src/runtime/lanes.ts',
    find: 'lane.parking.load(rows)',
    replace: 'this.#engine.clock.immediate(() => lane.parking.load(rows))',
    hunt: { sweep: 'SEEDS', seed: 1, first: 3, cases: 20 },
  },

  // --- settling

  {
    name: 'acknowledge-at-start',
    breaks: 'An event is acknowledged when its handler begins, not in the unit that holds its outcome (I1, I6).',
    file: 'src/runtime/lane.ts',
    find: 'if (state !== undefined) state.running = attempt\n    let mayRun = true',
    replace: `if (state !== undefined) state.running = attempt
    this.engine.outbox.acknowledge(feed, record.offset)
    let mayRun = true`,
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
    name: 'closed-lane-speaks',
    breaks: 'What a lane decided before its partition moved away and came back goes out with the next lane (I2).',
    file: 'src/runtime/outbox.ts',
    find: 'if (pending.feeds.some(({ lane }) => lane?.isClosed === true)) this.#refuse(pending)\n    else this.#settle(pending)',
    replace: 'this.#settle(pending)',
    hunt: { sweep: 'test/simulation/sweep.test.ts', seed: 30440 },
  },
  {
    name: 'positions-go-back',
    breaks: 'A unit of unknown fate that ends behind a later one puts the positions of its lane back (I7).',
    file: 'src/runtime/engine.ts',
    find: 'if (pending.number < feed.committedBy) continue\n',
    replace: '',
    hunt: { sweep: 'test/runtime/units.test.ts', seed: 1 },
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
  {
    name: 'attempts-carried-over',
    breaks: 'The attempts of one event are counted on with the next one of its key (I5).',
    file: 'src/runtime/parking.ts',
    find: 'row.attempts = 0\n      row.firstFailure = 0',
    replace: 'row.firstFailure = 0',
    hunt: { sweep: 'SEEDS', seed: 1, first: 8, cases: 20 },
  },
  {
    name: 'dead-letter-lost',
    breaks: 'An event is given up and its dead letter is not written (I1).',
    file: 'src/runtime/parking.ts',
    find: 'engine.outbox.output(stop.dead[lane.partition]!, record, attempt.record.home?.length ?? 0)',
    replace: 'void record',
    hunt: { sweep: 'SEEDS', seed: 1, cases: 20 },
  },
  {
    name: 'drain-drops',
    breaks: 'What is still running at the end of a drain is acknowledged (I1).',
    file: 'src/runtime/running-engine.ts',
    find: 'lane.isClosed = true',
    replace: `for (const { feed, record } of lane.running.list()) this.#engine.outbox.acknowledge(feed, record.offset)
    this.#engine.outbox.flush()
    lane.isClosed = true`,
    hunt: { sweep: 'SEEDS', seed: 1, first: 4, cases: 20 },
  },
  {
    name: 'emission-lost-on-retry',
    breaks: 'What a handler emits is only sent along by its first attempt (I6).',
    file: 'src/runtime/outcomes.ts',
    find: 'if (attempt.emissions !== undefined) planEmissions',
    replace: 'if (attempt.emissions !== undefined && attempt.attempt === 1) planEmissions',
    hunt: { sweep: 'SEEDS', seed: 1, first: 19, cases: 20 },
  },
  {
    name: 'innocent-convicted',
    breaks: 'The deaths that one event alone has caused are counted for the next one too (I1).',
    file: 'src/runtime/isolation.ts',
    find: 'isSame ? alone.tries : 0',
    replace: 'alone?.tries ?? 0',
    hunt: { sweep: 'SEEDS', seed: 1, first: 25, cases: 20 },
  },
  {
    name: 'taken-over-at-once',
    breaks:
      'The partitions of a member that has died are handled as if nothing were the matter: its killer takes one member after the other (I8).',
    file: 'src/runtime/take-over.ts',
    find: 'tenures.filter(({ before }) => before !== undefined)',
    replace: '[] as Tenure[]',
    hunt: { sweep: 'test/runtime/take-over.test.ts', seed: 1 },
  },
  {
    name: 'not-quite-alone',
    breaks:
      'While an event runs alone, other partitions of the process go on: whoever kills it then is not known (I1).',
    file: 'src/runtime/isolation.ts',
    find: '  engine.isQuiet = true\n',
    replace: '',
    hunt: { sweep: 'test/runtime/take-over.test.ts', seed: 1 },
  },
  {
    name: 'handed-over-in-silence',
    breaks: 'A member that gives partitions up does not say so: the next owner takes it for dead.',
    file: 'src/runtime/lanes.ts',
    find: 'handOver(this.#engine.member, over).catch(() => {})',
    replace: 'void handOver',
    hunt: { sweep: 'test/runtime/take-over.test.ts', seed: 1 },
  },
  {
    name: 'late-outcome-counts',
    breaks: 'The outcome of an attempt that is past its deadline counts (I3).',
    file: 'src/runtime/lane.ts',
    find: '    if (attempt.isLate) {',
    replace: '    if (attempt.isLate && !attempt.isOver) {',
    hunt: { sweep: 'SEEDS', seed: 1, first: 5, cases: 20 },
  },
  {
    name: 'replay-number-stands-still',
    breaks:
      'A replayed dead letter has the identity of the event that was given up, and is taken for a repeat of it (I1).',
    file: 'src/runtime/dead-letters.ts',
    find: 'replay: record.replay + 1',
    replace: 'replay: record.replay',
    hunt: { sweep: 'SEEDS', seed: 1, cases: 20 },
  },
  {
    name: 'overtake-a-parked-key',
    breaks: 'What arrives for a key that waits in the parking topic does not follow it there (I3).',
    file: 'src/runtime/parking.ts',
    find: 'if (!feed.isParking && row !== undefined && row.count > 0) {',
    replace: 'if (!feed.isParking && row !== undefined && row.count > 1_000_000) {',
    hunt: { sweep: 'SEEDS', seed: 1, first: 180, cases: 20, isSmall: true },
  },
  {
    name: 'parked-head-forgotten',
    breaks: 'Parked events do not wait for the older one of their key that ran when they moved (I3).',
    file: 'src/runtime/parking.ts',
    find: 'if (running !== undefined && !running.feed.isParking) row.head = running.record.offset',
    replace: 'void running',
    hunt: { sweep: 'test/simulation/sweep.test.ts', seed: 404, isSmall: true },
  },
  {
    name: 'refused-replay-is-settled',
    breaks: 'A dead letter whose replay is refused counts as settled: it is gone (I1).',
    file: 'src/runtime/dead-letters.ts',
    find: '          else attempt()',
    replace: '          else resolve()',
    hunt: { sweep: 'test/simulation/sweep.test.ts', seed: 406 },
  },
  {
    name: 'arrival-unseen-behind-a-limit',
    breaks: 'Where a limit looks at the data, nobody looks at the signature and the version of an event.',
    file: 'src/runtime/lane.ts',
    find: `      this.engine.checkArrival(attempt)
      mayRun = this.stop.limiter?.enter(attempt, attempt.startedAt) ?? true`,
    replace: `      mayRun = this.stop.limiter?.enter(attempt, attempt.startedAt) ?? true
      this.engine.checkArrival(attempt)`,
    hunt: { sweep: 'test/runtime/arrival.test.ts', seed: 1 },
  },
  {
    name: 'one-hop-too-many',
    breaks: 'A ride may take one hop more than its limit says.',
    file: 'src/runtime/outcomes.ts',
    find: 'hop > hopLimit(slip))',
    replace: 'hop > hopLimit(slip) + 1)',
    hunt: { sweep: 'R1', seed: 1, cases: 20 },
  },
  {
    name: 'children-count-anew',
    breaks: 'The children of a split may hop as often as their parent might: a split in a circle never ends (I9).',
    file: 'src/runtime/outcomes.ts',
    find: 'const left = hopLimit(before) - record.hop - 1',
    replace: 'const left = hopLimit(before)',
    hunt: { sweep: 'R1', seed: 1, cases: 20 },
  },
]
