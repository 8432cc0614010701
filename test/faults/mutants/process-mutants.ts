/** Faults that only real processes show: memory that grows, processes that share what is not to be shared, ends that are not clean. */
import type { Hunt, Mutant } from './mutant.ts'

const long = (sweep: string, more: Partial<Hunt> = {}): Hunt => ({ sweep, seed: 1, cases: 1, isLong: true, ...more })

/** Each event leaves so many bytes behind. */
const leaks = (bytes: number): Pick<Mutant, 'file' | 'find' | 'replace'> => ({
  file: 'src/runtime/outbox.ts',
  find: 'this.acknowledged++',
  replace: `this.acknowledged++
    ;((globalThis as { left?: Buffer[] }).left ??= []).push(Buffer.alloc(${bytes}, 1))`,
})

export const processMutants: readonly Mutant[] = [
  {
    name: 'memory-behind-a-slow-stop',
    breaks: 'Each event leaves 16 KiB behind: memory grows with what rides (I9).',
    ...leaks(16_384),
    hunt: long('P1'),
  },
  {
    name: 'memory-of-a-long-life',
    breaks: 'Each event leaves 16 KiB behind: a soak grows (I9).',
    ...leaks(16_384),
    hunt: long('P7'),
  },
  {
    name: 'late-emit-taken',
    breaks: 'What a handler emits after its outcome was settled is taken without a word, and lost (I10).',
    file: 'src/runtime/attempt.ts',
    find: "if (this.isOver) throw new MetrobusError('MB_LATE_EMIT', { stop: stop.name, id: this.record.id })",
    replace: '',
    hunt: { sweep: 'P2', seed: 1, cases: 20 },
  },
  {
    name: 'block-without-an-event',
    breaks: 'A blocked event loop is reported without the event that blocks it (I10).',
    file: 'src/runtime/watchdog.ts',
    find: '...(event === undefined ? {} : { id: event }),',
    replace: '',
    hunt: long('P3'),
  },
  {
    name: 'lock-for-everybody',
    breaks: 'A folder that another process has is opened as well (I1).',
    file: 'src/internal/platform/node-disk.ts',
    find: 'lock: (path, note) => lockFolder(path, note),',
    replace: 'lock: async (path, note) => (await lockFolder(path, note)) ?? { release: async () => undefined },',
    hunt: long('P4'),
  },
  {
    name: 'never-convicted',
    breaks: 'An event that takes all memory is tried for ever: the process dies at every start (I8).',
    file: 'src/runtime/isolation.ts',
    find: 'if (tries < killsMax) {',
    replace: 'if (tries < 1_000) {',
    hunt: long('P5'),
  },
  {
    name: 'crash-loop',
    breaks: 'An event that ends the process is tried for ever (I8).',
    file: 'src/runtime/isolation.ts',
    find: 'if (tries < killsMax) {',
    replace: 'if (tries < 1_000) {',
    hunt: long('H3'),
  },
  {
    name: 'terminated-and-acknowledged',
    breaks: 'What still runs at the end of a drain is acknowledged (I1).',
    file: 'src/runtime/running-engine.ts',
    find: 'lane.isClosed = true',
    replace: `for (const { feed, record } of lane.running.list()) this.#engine.outbox.acknowledge(feed, record.offset)
    this.#engine.outbox.flush()
    lane.isClosed = true`,
    hunt: long('P6', { cases: 8 }),
  },
  {
    name: 'ids-of-before-forgotten',
    breaks: 'The ids that were sent are not remembered over a restart under a limit of threads (I2).',
    file: 'src/runtime/seen-ids.ts',
    find: 'for (const id of row.ids) this.#byId.set(id, row)',
    replace: '',
    hunt: long('P8', { cases: 12 }),
  },
  {
    name: 'poison-vanishes',
    breaks: 'An event that is given up leaves no dead letter (I1).',
    file: 'src/runtime/parking.ts',
    find: 'engine.outbox.output(stop.dead[lane.partition]!, record, attempt.record.home?.length ?? 0)',
    replace: 'void record',
    hunt: long('H2'),
  },
  {
    name: 'replayed-by-each-operator',
    breaks: 'Two operators replay the same dead letter, and it rides twice (I2).',
    file: 'src/runtime/dead-letters.ts',
    find: 'if (acks === undefined || acks.has(record.offset)) return false',
    replace: 'if (acks === undefined) return false',
    hunt: long('H4'),
  },
  {
    name: 'memory-behind-a-slow-disk',
    breaks: 'Each event leaves 256 KiB behind: memory grows though the disk lets few through (I9).',
    ...leaks(262_144),
    hunt: long('J12'),
  },
  {
    name: 'senders-never-wait-for-the-app',
    breaks: 'An app takes ten times what it can handle, and is behind for long (I9).',
    file: 'src/runtime/waiting-room.ts',
    find: 'return outbox.inside >= insideMax && outbox.acknowledged !== this.#stuckAt',
    replace: 'return outbox.inside < 0',
    hunt: long('L1'),
  },
]
