/**
 * How far the beginning of each partition may move: by age and by size, and never over what some group has still to settle.
 *
 * A group reads a topic when it has a position in one of its partitions: a group that joins gets one at once. A topic that no group reads has
 * nothing to protect.
 */
import type { Journal, JournalTopic, SegmentInfo } from './journal.ts'

/** Where a partition may begin. */
export interface Beginning {
  readonly topic: string
  readonly partition: number
  readonly begin: number
}

/** The lowest offset of each partition that some group has not settled. */
export class Unsettled {
  /** By topic: the watermark of each group that reads it, by partition. */
  readonly #readers = new Map<string, Map<number, number>[]>()

  constructor(journal: Journal) {
    for (const group of journal.groups()) {
      for (const [topic, positions] of Map.groupBy(journal.positions(group), ({ topic }) => topic)) {
        const readers = this.#readers.get(topic) ?? []
        readers.push(new Map(positions.map(({ partition, watermark }) => [partition, watermark])))
        this.#readers.set(topic, readers)
      }
    }
  }

  /** Everything below is settled by every group that reads the topic; Infinity when none does. */
  from(topic: string, partition: number): number {
    let from = Infinity
    for (const watermarks of this.#readers.get(topic) ?? []) from = Math.min(from, watermarks.get(partition) ?? 0)
    return from
  }
}

/**
 * The partitions whose beginning moves at `now`. Topics that are compacted are left to compaction. A topic whose age cannot be told for
 * damage is handed to `failed`, and kept as it is when that returns.
 */
export async function expired(
  journal: Journal,
  now: number,
  failed: (error: unknown) => void,
): Promise<readonly Beginning[]> {
  const topics = journal.topics().filter(({ retention }) => retention.compact !== true)
  // From here on what is below the ends just taken is durable, and what comes meanwhile is behind them.
  await journal.synced()
  const byTime = new Map<JournalTopic, readonly number[]>()
  for (const topic of topics) byTime.set(topic, await beginsByTime(journal, topic, now, failed))
  const segments = journal.segments()
  const unsettled = new Unsettled(journal)
  return topics.flatMap((topic) => {
    const bySize = beginsBySize(topic, segments)
    return topic.partitions
      .map(({ partition, begin, end }) => {
        const given = Math.max(byTime.get(topic)![partition]!, bySize[partition]!)
        return {
          topic: topic.name,
          partition,
          before: begin,
          begin: Math.min(given, unsettled.from(topic.name, partition), end),
        }
      })
      .filter(({ before, begin }) => begin > before)
  })
}

async function beginsByTime(
  journal: Journal,
  topic: JournalTopic,
  now: number,
  failed: (error: unknown) => void,
): Promise<readonly number[]> {
  const unchanged = topic.partitions.map(({ begin }) => begin)
  const { timeMs = Infinity } = topic.retention
  if (timeMs === Infinity) return unchanged
  try {
    const begins: number[] = []
    for (const { partition } of topic.partitions)
      begins.push(await journal.offsetAt(topic.name, partition, now - timeMs + 1))
    return begins
  } catch (error) {
    failed(error)
    return unchanged
  }
}

/** Gives up the topic's part of whole segments, the oldest first, until what is left fits. The one that is appended to is kept. */
function beginsBySize(topic: JournalTopic, segments: readonly SegmentInfo[]): readonly number[] {
  const begins = topic.partitions.map(({ begin }) => begin)
  const { bytesMax = Infinity } = topic.retention
  // More than what is kept: it counts what was given up and is not deleted yet.
  if (topic.bytes <= bytesMax) return begins
  const parts = segments.map(({ sealed, lastTime, contents }) => ({
    sealed,
    lastTime,
    kept: contents.filter(({ topic: name, partition, last }) => name === topic.name && last >= begins[partition]!),
  }))
  const bytesOf = (kept: SegmentInfo['contents']): number => kept.reduce((sum, { bytes }) => sum + bytes, 0)
  let bytes = parts.reduce((sum, { kept }) => sum + bytesOf(kept), 0)
  for (const { sealed, kept } of parts.toSorted((a, b) => a.lastTime - b.lastTime)) {
    if (bytes <= bytesMax) break
    if (!sealed) continue
    for (const { partition, last } of kept) begins[partition] = Math.max(begins[partition]!, last + 1)
    bytes -= bytesOf(kept)
  }
  return begins
}
