/**
 * Looks through a topic for records that match, in slices, so that the app in the same process goes on meanwhile.
 *
 * Invariants:
 * - S1 Within a partition the order is that of the offsets; partitions take turns.
 * - S2 It ends: at the ends of the partitions as they were at its start, at its bounds, or with its reader.
 * - S3 Who goes on from its cursor is answered each match once, and none is left out but what retention has removed.
 */
import type { BusInspector } from '../../bus/bus.ts'
import { MetrobusError } from '../../errors/index.ts'
import type { Clock } from '../../internal/platform/platform.ts'
import type { RecordAnswer, SearchAnswer } from '../answers.ts'
import { recordAnswer } from '../record-answer.ts'
import { Slices } from '../slices.ts'
import { placesOf } from '../tail.ts'
import type { TailStart } from '../tail.ts'
import type { Matcher } from './evaluate.ts'

/** What is looked for, and how far. */
export interface SearchRequest {
  readonly topic: string
  readonly partition: number | undefined
  /** `after` is the cursor of an answer before. */
  readonly from: TailStart | { readonly after: string }
  readonly matches: Matcher
  /** Ends after so many matches, */
  readonly countMax: number
  /** or so many characters of them. */
  readonly charactersMax: number
  /** Data whose text has more bytes is cut. */
  readonly dataBytesMax: number
}

/** Between two words about how far it is. */
const progressMs = 250
/** A read brings about so many bytes. */
const readBytes = 512 * 1024
const readMax = 512
const readMin = 8

interface Cursor {
  readonly partition: number
  next: number
  readonly end: number
}

export async function* search(
  inspector: BusInspector,
  request: SearchRequest,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<SearchAnswer> {
  const { topic, matches, countMax, charactersMax, dataBytesMax } = request
  const cursors = await cursorsOf(inspector, request)
  const total = cursors.reduce((sum, { next, end }) => sum + Math.max(0, end - next), 0)
  let [scanned, matched, characters, countToRead] = [0, 0, 0, readMin]
  let toldAt = clock.monotonic()
  const slices = new Slices(clock)
  const isFull = (): boolean => matched >= countMax || characters >= charactersMax
  while (!isFull() && !signal.aborted && cursors.some(({ next, end }) => next < end)) {
    for (const cursor of cursors) {
      if (cursor.next >= cursor.end) continue
      const records = await inspector.read(topic, cursor.partition, cursor.next, countToRead)
      let bytes = 0
      for (const record of records) {
        if (record.offset >= cursor.end || isFull()) break
        cursor.next = record.offset + 1
        scanned++
        bytes += record.home?.length ?? 256
        const placed = { topic, partition: cursor.partition, record }
        if (matches(placed)) {
          const match: RecordAnswer = recordAnswer(placed, dataBytesMax)
          matched++
          characters += JSON.stringify(match).length
          yield { match }
        }
        if (slices.isOver) await slices.next()
      }
      const last = records.at(-1)
      if (last === undefined || (last.offset >= cursor.end && !isFull())) cursor.next = cursor.end
      countToRead = Math.min(readMax, Math.max(readMin, Math.ceil((readBytes * records.length) / Math.max(bytes, 1))))
      if (isFull() || signal.aborted) break
    }
    if (clock.monotonic() - toldAt < progressMs) continue
    toldAt = clock.monotonic()
    yield { progress: { scanned, total, matched } }
  }
  const isOver = cursors.every(({ next, end }) => next >= end)
  yield { end: { scanned, matched, next: isOver ? null : cursorText(cursors) } }
}

async function cursorsOf(inspector: BusInspector, { topic, partition, from }: SearchRequest): Promise<Cursor[]> {
  if (!('after' in Object(from))) return placesOf(inspector, { topic, partition, from: from as TailStart })
  const places = await placesOf(inspector, { topic, partition, from: 'beginning' })
  const after = cursorAt((from as { readonly after: string }).after)
  return places.map(({ partition, next, end }) => ({
    partition,
    end,
    next: Math.max(next, after.get(partition) ?? end),
  }))
}

/** `<partition>:<offset>` of each partition, from where it goes on. */
const cursorText = (cursors: readonly Cursor[]): string =>
  cursors.map(({ partition, next }) => `${partition}:${next}`).join(',')

function cursorAt(text: string): ReadonlyMap<number, number> {
  const places = text.split(',').map((place) => /^(\d{1,6}):(\d{1,16})$/.exec(place))
  if (places.some((place) => place === null))
    throw new MetrobusError('MB_BAD_REQUEST', { faults: ['"after" must be the "next" of a search before'] })
  return new Map(places.map((place) => [Number(place![1]), Number(place![2])]))
}
