/**
 * A stop, or an entry that read a topic, that an app no longer has may have left events behind: waiting in its topics, parked, or dead letters that nobody has replayed or
 * discarded. Nobody would ever see them again, so the start is refused, unless told to discard them: then they are acknowledged to the end, unhandled, and what is
 * remembered of parked keys is forgotten.
 */
import type { Bus, Member, MemberListener, TopicInfo } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Acknowledgement, StateChange } from '../event/unit.ts'
import type { Clock } from '../internal/platform/platform.ts'
import type { Engine } from './engine.ts'
import { settleRows, settleUnit } from './settle.ts'
import { stopTopics } from './topics.ts'

/** A stop that is gone, and how far its topics go. */
interface Removed {
  readonly stop: string
  readonly waiting: number
  readonly dead: number
  readonly ends: readonly Acknowledgement[]
  /** The topics that it may have read; of an entry that read a topic nobody knows any more which. */
  readonly inputs: readonly TopicInfo[]
}

/** What one unit forgets of parked keys: characters of keys, which have up to 64 KiB. */
const portionMax = 1024 * 1024

/** Before the app joins. Throws MB_STOP_REMOVED when events are left behind and `policy` is 'refuse'. */
export async function checkRemovedStops(engine: Engine, bus: Bus, policy: 'refuse' | 'discard'): Promise<void> {
  const app = engine.definition.name
  const own = await bus.inspector.topics((topic) => topic.startsWith(`${app}.`))
  const suffix = '.parked'
  const known = new Set(engine.everyStop().map((stop) => stop.topics.parking))
  const gone = own
    .map(({ topic }) => topic)
    .filter((topic) => topic.endsWith(suffix) && !known.has(topic))
    .map((topic) => topic.slice(app.length + 1, -suffix.length))
  if (gone.length === 0) return
  const positions = (await bus.inspector.groups((group) => group === app))[0]?.positions ?? []
  const foreign = await foreignTopics(engine, bus, positions)
  for (const stop of gone) {
    const removed = removedStop(app, stop, own, positions, foreign)
    const { waiting, dead } = removed
    if (waiting === 0 && dead === 0) continue
    if (policy === 'refuse') throw new MetrobusError('MB_STOP_REMOVED', { app, stop, waiting, dead })
    await discard(engine, bus, removed)
    engine.log.warn({ stop, waiting, dead }, 'events of a removed stop are discarded')
  }
}

function removedStop(
  app: string,
  stop: string,
  topics: readonly TopicInfo[],
  positions: readonly Acknowledgement[],
  foreign: readonly TopicInfo[],
): Removed {
  const { input, parking, dead } = stopTopics(app, stop)
  const ends = topics
    .filter(({ topic }) => topic === input || topic === parking || topic === dead)
    .flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, end }) => ({ topic, partition, watermark: end, above: [] })),
    )
  const left = (isDead: boolean): number =>
    ends
      .filter(({ topic }) => (topic === dead) === isDead)
      .reduce((sum, { topic, partition, watermark }) => sum + watermark - settledOf(positions, topic, partition), 0)
  return {
    stop,
    waiting: left(false),
    dead: left(true),
    ends,
    inputs: stop.startsWith('entry.') ? foreign : topics.filter(({ topic }) => topic === input),
  }
}

/** Declared topics that the app has read and reads no more. */
function foreignTopics(
  { definition, readers }: Engine,
  bus: Bus,
  positions: readonly Acknowledgement[],
): Promise<readonly TopicInfo[]> {
  return bus.inspector.topics(
    (topic) =>
      !topic.startsWith(`${definition.name}.`) &&
      positions.some((position) => position.topic === topic) &&
      !readers.some((reader) => reader.topics.input === topic),
  )
}

/**
 * By a member of its own, for only the owner of a partition may acknowledge it. The rows go first, in portions that a bus takes: no row speaks of an event that is
 * gone, and a start that is cut off in the middle finds the events and discards them again.
 */
async function discard({ definition, clock }: Engine, bus: Bus, { ends, inputs }: Removed): Promise<void> {
  const member = await bus.join(
    definition.name,
    [...new Set(ends.map(({ topic }) => topic))].map((topic) => ({ topic })),
    nobody,
  )
  try {
    for (const input of inputs) await forgetParked(member, clock, bus, definition.name, input)
    await settleUnit(member, clock, { outputs: [], acknowledgements: ends, changes: [] })
  } finally {
    await member.leave()
  }
}

const nobody: MemberListener = { assigned() {}, revoked() {}, ready() {}, failed() {}, pressed() {} }

/** Deletes the rows of the parked keys of a topic. */
async function forgetParked(member: Member, clock: Clock, bus: Bus, app: string, input: TopicInfo): Promise<void> {
  const store = `park/${input.topic}`
  for (const { partition } of input.partitions) {
    let changes: StateChange[] = []
    let size = 0
    for (const key of (await bus.inspector.rows(app, store, partition)).keys()) {
      changes.push({ store, partition, key, value: null })
      size += key.length
      if (size < portionMax) continue
      await settleRows(member, clock, changes)
      changes = []
      size = 0
    }
    await settleRows(member, clock, changes)
  }
}

/** How many offsets of a partition the group has settled. */
function settledOf(positions: readonly Acknowledgement[], topic: string, partition: number): number {
  const position = positions.find((candidate) => candidate.topic === topic && candidate.partition === partition)
  if (position === undefined) return 0
  let settled = position.watermark
  for (let index = 0; index < position.above.length; index += 2)
    settled += position.above[index + 1]! - position.above[index]!
  return settled
}
