/** Reading the records of a topic: from a place, or followed, as much as the page may hold. */
import { useEffect, useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { RecordAnswer, RecordsQuery, SearchQuery } from '../api.ts'

/** More are not held by the page. */
const heldMax = 100_000
/** A page that is drawn for each record stands still. */
const drawEveryMs = 100
/** Of a value, in a list. What is longer is asked for when somebody opens it. */
const listBytes = 4_096
export const newestMax = 500

export type From = 'newest' | 'beginning' | 'time' | 'offset'

export interface Question {
  readonly from: From
  /** A local time or an offset, as it was written. */
  readonly at: string
  readonly follow: boolean
  /** Looked for in the app, by its expressions; empty looks for nothing. */
  readonly where: string
}

export interface Held {
  readonly records: readonly RecordAnswer[]
  readonly error?: Error
  readonly isReading: boolean
  /** The page holds no more. */
  readonly isFull: boolean
  /** How far a search is. */
  readonly progress?: Progress
}

export interface Progress {
  readonly scanned: number
  readonly total: number
}

/** Reads as the question says; what comes is shown a few times a second. */
export function useRecords(topic: string, { from, at, follow, where }: Question): Held {
  const [state, setState] = useState<Held>({ records: [], isReading: true, isFull: false })
  useEffect(() => {
    const ending = new AbortController()
    const held: RecordAnswer[] = []
    let progress: Progress | undefined
    let isChanged = true
    const show = (more: { error?: Error; isReading: boolean }): void => {
      isChanged = false
      // Followed, the newest stand on top; read, they stand as they were appended.
      setState({
        records: where === '' && (follow || from === 'newest') ? held.toReversed() : [...held],
        isFull: held.length >= heldMax,
        ...(progress !== undefined && { progress }),
        ...more,
      })
    }
    const timer = setInterval(() => isChanged && show({ isReading: true }), drawEveryMs)
    const read = async (): Promise<void> => {
      const question = { from, at, follow, where }
      const told = (far: Progress): void => {
        progress = far
        isChanged = true
      }
      for await (const record of recordsOf(topic, question, { bytes: listBytes, told }, ending.signal)) {
        held.push(record)
        isChanged = true
        if (held.length < heldMax) continue
        if (!follow) return
        // Many at once: each time all that stay are moved.
        held.splice(0, heldMax / 10)
      }
    }
    show({ isReading: true })
    void read()
      .catch((error: Error) => ({ error }))
      .then((end) => {
        clearInterval(timer)
        if (!ending.signal.aborted) show({ ...end, isReading: false })
      })
    return () => {
      ending.abort()
      clearInterval(timer)
    }
  }, [topic, from, at, follow, where])
  return state
}

interface Way {
  /** Values that are longer come cut. Default: all of them. */
  readonly bytes?: number
  /** Told how far a search is. */
  readonly told?: (progress: Progress) => void
}

export function recordsOf(
  topic: string,
  { from, at, follow, where }: Question,
  { bytes, told }: Way,
  signal: AbortSignal,
): AsyncIterable<RecordAnswer> {
  const cut = bytes === undefined ? {} : { bytes }
  if ((from === 'time' || from === 'offset') && at === '') return nothing()
  const start =
    from === 'time' ? { since: new Date(at).toISOString() } : from === 'offset' ? { offset: Number(at) } : {}
  if (where !== '') return found(topic, { where, ...start, ...cut, count: searchMax }, told, signal)
  if (from === 'newest') return newestOf(topic, { follow, ...cut }, signal)
  return api.records(topic, { ...start, follow, ...cut }, signal)
}

/** Matches of one search. */
export const searchMax = 1_000

export async function* found(
  topic: string,
  query: SearchQuery,
  told: ((progress: Progress) => void) | undefined,
  signal: AbortSignal,
): AsyncGenerator<RecordAnswer> {
  for await (const answer of api.search(topic, query, signal)) {
    if ('match' in answer) yield answer.match
    else if ('progress' in answer) told?.(answer.progress)
    else told?.({ scanned: answer.end.scanned, total: answer.end.scanned })
  }
}

async function* nothing(): AsyncGenerator<never> {}

/** The last of each partition, in the order in which they were appended, and what comes. */
export async function* newestOf(
  topic: string,
  { follow = false, countMax = newestMax, bytes }: { follow?: boolean; countMax?: number; bytes?: number },
  signal: AbortSignal,
): AsyncGenerator<RecordAnswer> {
  const cut = bytes === undefined ? {} : { bytes }
  const partitions = (await api.topics(signal)).find((one) => one.topic === topic)?.partitions ?? []
  const each = Math.ceil(countMax / Math.max(1, partitions.length))
  const past: RecordAnswer[] = []
  for (const { partition, begin, end } of partitions) {
    if (begin === end) continue
    const query = { partition, offset: Math.max(begin, end - each), count: Math.min(each, end - begin), ...cut }
    for await (const record of api.records(topic, query, signal)) if (record.offset < end) past.push(record)
  }
  past.sort((one, other) => Date.parse(one.appended) - Date.parse(other.appended))
  yield* past
  if (!follow) return
  // Not from the end: what was appended while the past was read would be left out.
  const last = past.at(-1)
  const start: RecordsQuery = last === undefined ? { from: 'beginning' } : { since: last.appended }
  const ends = new Map(partitions.map(({ partition, end }) => [partition, end]))
  for await (const record of api.records(topic, { ...start, follow, ...cut }, signal))
    if (record.offset >= (ends.get(record.partition) ?? 0)) yield record
}
