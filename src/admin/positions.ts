/** Topics, and how far each group is behind on them. */
import type { BusInspector, RetentionSpec, TopicInfo } from '../bus/bus.ts'
import { lagIn } from '../runtime/lag.ts'
import type { RunningApp } from '../runtime/running.ts'
import { readerName } from '../runtime/topics.ts'
import type { LagAnswer, TopicAnswer } from './answers.ts'
import { roleOf } from './topic-role.ts'

/** Every topic, by name. */
export async function topicsOf(inspector: BusInspector): Promise<readonly TopicAnswer[]> {
  const topics = await inspector.topics()
  return topics.map(topicAnswer).toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
}

function topicAnswer(info: TopicInfo): TopicAnswer {
  return {
    topic: info.topic,
    records: info.partitions.reduce((sum, { begin, end }) => sum + end - begin, 0),
    bytes: info.bytes,
    retention: retentionAnswer(info.retention),
    partitions: info.partitions.map(({ partition, begin, end }) => ({ partition, begin, end })),
  }
}

const retentionAnswer = ({ compact = false, timeMs, bytesMax }: RetentionSpec): TopicAnswer['retention'] => ({
  compact,
  timeMs: finite(timeMs),
  bytesMax: finite(bytesMax),
})

/** JSON has no infinity. */
const finite = (value: number | undefined): number | null => (value === undefined || value === Infinity ? null : value)

/** The topics whose readers an operator has paused, of a running app. */
export function pausedTopics(running: RunningApp): ReadonlySet<string> {
  const { name, definition } = running
  const paused = new Set<string>()
  for (const { stop, state } of running.stats().stops) {
    if (state !== 'paused') continue
    paused.add(`${name}.${stop}`).add(`${name}.${stop}.parked`)
    const { from } = definition.entries.find((entry) => readerName(entry.name) === stop) ?? {}
    if (from !== undefined) paused.add(from.topic.name)
  }
  return paused
}

/** What there is, and how far each group has come in it. */
export interface Standing {
  readonly topics: Awaited<ReturnType<BusInspector['topics']>>
  readonly groups: Awaited<ReturnType<BusInspector['groups']>>
}

export async function standingOf(inspector: BusInspector): Promise<Standing> {
  const [topics, groups] = await Promise.all([inspector.topics(), inspector.groups()])
  return { topics, groups }
}

/** For each group and topic that it has settled in: what is left, most behind first. */
export async function lagOf(
  inspector: BusInspector,
  now: number,
  { topics, groups }: Standing,
): Promise<readonly LagAnswer[]> {
  const ends = new Map(topics.map(({ topic, partitions }) => [topic, partitions]))
  const lags: LagAnswer[] = []
  for (const { group, positions } of groups) {
    for (const [topic, acknowledgements] of Map.groupBy(positions, (position) => position.topic)) {
      // What waits there waits for an operator, not for the group.
      if (roleOf(topic).kind === 'dead') continue
      const partitions: LagAnswer['partitions'][number][] = []
      for (const acknowledgement of acknowledgements.toSorted((a, b) => a.partition - b.partition)) {
        const known = ends.get(topic)?.find(({ partition }) => partition === acknowledgement.partition)
        if (known === undefined) continue
        const { partition, watermark } = acknowledgement
        const lag = await lagIn(inspector, acknowledgement, known, now)
        partitions.push({ partition, watermark, end: known.end, ...lag })
      }
      lags.push({
        group,
        topic,
        behind: partitions.reduce((sum, { behind }) => sum + behind, 0),
        oldestMs: partitions.reduce((oldest, { oldestMs }) => Math.max(oldest, oldestMs), 0),
        partitions,
      })
    }
  }
  return lags.toSorted((a, b) => b.behind - a.behind || (`${a.group} ${a.topic}` < `${b.group} ${b.topic}` ? -1 : 1))
}
