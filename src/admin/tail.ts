/**
 * Records of a topic as a stream: all partitions merged by the time they were appended, then, on request, whatever comes.
 *
 * Invariants:
 *  T1 within a partition the order is that of the offsets, and no record is answered twice;
 *  T2 without `follow` the stream ends, however fast the topic grows: it goes up to the ends known at its start;
 *  T3 what retention removes before it is read is told of, and not left out in silence;
 *  T4 nothing is read further ahead than one chunk a partition, so a slow reader costs no memory;
 *  T5 a fast reader, or a condition that nothing meets, leaves the loop to the app every few milliseconds.
 */
import type { BusInspector, TopicInfo } from '../bus/bus.ts'
import { MetrobusError } from '../errors/index.ts'
import type { Record as EventRecord } from '../event/record.ts'
import type { Clock } from '../internal/platform/platform.ts'
import { pause } from './pause.ts'
import { Slices } from './slices.ts'

/** Where a stream begins: an offset counts in every partition asked for. */
export type TailStart = 'beginning' | 'end' | { readonly offset: number } | { readonly timeMs: number }

/** What is to be streamed. */
export interface TailRequest {
  readonly topic: string
  /** Undefined streams all. */
  readonly partition: number | undefined
  readonly from: TailStart
  readonly follow: boolean
  /** Ends the stream after so many records. */
  readonly countMax: number
  /** Leaves out all others. Default: none is left out. */
  readonly matches?: (placed: Placed) => boolean
}

/** A record and where it lies. */
export interface Placed {
  readonly topic: string
  readonly partition: number
  readonly record: EventRecord
}

const chunkRecords = 128
const pauseMs = 100

interface Cursor {
  readonly partition: number
  readonly chunk: EventRecord[]
  next: number
  end: number
}

/**
 * Streams until the end, `countMax`, or the signal. Throws MB_NOT_FOUND for a topic or partition that is not there, and MB_OFFSET_GONE where retention has removed what comes
 * next: the offset that was asked for, or what a reader was too slow for. Compaction may leave out what newer records replace.
 */
export async function* tail(
  inspector: BusInspector,
  request: TailRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Placed> {
  const cursors = (await placesOf(inspector, request)).map((place): Cursor => ({ ...place, chunk: [] }))
  const slices = new Slices(clock)
  let left = request.countMax
  while (left > 0 && !signal.aborted) {
    if (slices.isOver) await slices.next()
    const cursor = await oldest(inspector, request.topic, cursors)
    if (cursor !== undefined) {
      const placed = { topic: request.topic, partition: cursor.partition, record: cursor.chunk.shift()! }
      if (request.matches !== undefined && !request.matches(placed)) continue
      left--
      yield placed
    } else if (request.follow) {
      await pause(clock, pauseMs, signal)
      const info = await infoOf(inspector, request.topic)
      for (const found of info.partitions)
        for (const known of cursors) if (known.partition === found.partition) known.end = found.end
    } else return
  }
}

/** Where a reading begins in each partition that it is about, and where that ends now. Throws as `tail` does. */
export async function placesOf(
  inspector: BusInspector,
  { topic, partition, from }: Pick<TailRequest, 'topic' | 'partition' | 'from'>,
): Promise<{ readonly partition: number; next: number; readonly end: number }[]> {
  const info = await infoOf(inspector, topic)
  const wanted = info.partitions.filter((known) => partition === undefined || known.partition === partition)
  if (wanted.length === 0)
    throw new MetrobusError('MB_NOT_FOUND', {
      kind: 'partition',
      name: `${topic}/${partition}`,
      known: info.partitions.map((known) => `${topic}/${known.partition}`),
    })
  return Promise.all(
    wanted.map(async ({ partition, begin, end }) => {
      const next =
        typeof from === 'string'
          ? from === 'end'
            ? end
            : begin
          : 'offset' in from
            ? kept(info, partition, from.offset)
            : await inspector.offsetAt(topic, partition, from.timeMs)
      return { partition, next, end }
    }),
  )
}

/** The cursor whose next record was appended first. */
async function oldest(inspector: BusInspector, topic: string, cursors: readonly Cursor[]): Promise<Cursor | undefined> {
  let first: Cursor | undefined
  for (const cursor of cursors) {
    if (cursor.chunk.length === 0 && cursor.next < cursor.end) await fill(inspector, topic, cursor)
    const head = cursor.chunk[0]
    if (head !== undefined && (first === undefined || head.appendedAt < first.chunk[0]!.appendedAt)) first = cursor
  }
  return first
}

async function fill(inspector: BusInspector, topic: string, cursor: Cursor): Promise<void> {
  const records = await inspector.read(topic, cursor.partition, cursor.next, chunkRecords)
  const first = records[0]?.offset ?? cursor.end
  if (first > cursor.next) kept(await infoOf(inspector, topic), cursor.partition, cursor.next)
  for (const record of records) if (record.offset < cursor.end) cursor.chunk.push(record)
  const last = records.at(-1)
  // Nothing at all below the end: it was compacted.
  cursor.next = last === undefined ? cursor.end : last.offset + 1
}

/** Throws where retention has removed what stood at `offset`. Of a compacted topic what is removed has been replaced. */
function kept({ topic, partitions, retention }: TopicInfo, partition: number, offset: number): number {
  const { begin } = partitions[partition]!
  if (offset >= begin || retention.compact === true) return Math.max(offset, begin)
  throw new MetrobusError('MB_OFFSET_GONE', { topic, partition, offset, begin })
}

async function infoOf(inspector: BusInspector, topic: string): Promise<TopicInfo> {
  const topics = await inspector.topics()
  const info = topics.find((known) => known.topic === topic)
  if (info !== undefined) return info
  throw new MetrobusError('MB_NOT_FOUND', { kind: 'topic', name: topic, known: topics.map((known) => known.topic) })
}
