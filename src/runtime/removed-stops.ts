/**
 * A stop, or an entry that read a topic, that an app no longer has may have left events behind: waiting in its topics, or parked. Nobody would ever read them, so
 * the start is refused, unless told to leave them: then what is remembered of its parked keys is forgotten, and its events stay where they are.
 */
import type { BusInspector } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Acknowledgement } from '../event/unit.ts'
import type { Engine } from './engine.ts'
import { settleRows } from './settle.ts'
import { stopTopics } from './topics.ts'

/** Throws MB_STOP_REMOVED when events are left behind and `policy` is 'refuse'. */
export async function checkRemovedStops(
  engine: Engine,
  inspector: BusInspector,
  policy: 'refuse' | 'discard',
): Promise<void> {
  const app = engine.definition.name
  const topics = await inspector.topics()
  const suffix = '.parked'
  const known = new Set(engine.everyStop().map((stop) => stop.topics.parking))
  const gone = topics
    .map(({ topic }) => topic)
    .filter((topic) => topic.startsWith(`${app}.`) && topic.endsWith(suffix) && !known.has(topic))
    .map((topic) => topic.slice(app.length + 1, -suffix.length))
  if (gone.length === 0) return
  const positions = (await inspector.groups()).find(({ group }) => group === app)?.positions ?? []
  for (const stop of gone) {
    const names = stopTopics(app, stop)
    let waiting = 0
    for (const { topic, partitions } of topics)
      if (topic === names.input || topic === names.parking)
        for (const { partition, end } of partitions) waiting += end - settledOf(positions, topic, partition)
    if (waiting === 0) continue
    if (policy === 'refuse') throw new MetrobusError('MB_STOP_REMOVED', { app, stop, waiting })
    engine.log.warn({ stop, waiting }, 'events of a removed stop are left behind')
    const { partitions } = topics.find(({ topic }) => topic === names.parking)!
    for (const { partition } of partitions) {
      const store = `park/${names.input}`
      const rows = await inspector.rows(app, store, partition)
      await settleRows(
        engine.member,
        engine.clock,
        [...rows.keys()].map((key) => ({ store, partition, key, value: null })),
      )
    }
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
