/** What a topic holds: read from a place, or followed, and searched in all that a record has. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { api } from '../api.ts'
import type { RecordAnswer, RecordsQuery } from '../api.ts'
import { Json } from '../parts/json.tsx'
import { Rows } from '../parts/rows.tsx'
import { count, time } from '../parts/words.ts'
import { href } from '../place.ts'

/** More are not held by the page. */
const heldMax = 100_000
/** A page that is drawn for each record stands still. */
const drawEveryMs = 100

type From = 'newest' | 'beginning' | 'time' | 'offset'

interface Question {
  readonly from: From
  readonly at: string
  readonly follow: boolean
}

export function RecordsPage({ topic }: { readonly topic: string }) {
  const [question, setQuestion] = useState<Question>({ from: 'newest', at: '', follow: false })
  const [words, setWords] = useState('')
  const { records, error, isReading, isFull } = useRecords(topic, question)
  const isWanted = useMemo(() => searchFor(words), [words])
  const found = useMemo(() => records.filter(isWanted), [records, isWanted])
  return (
    <>
      <h1>
        Topic <code>{topic}</code>
      </h1>
      <form class="query" onSubmit={(event) => event.preventDefault()}>
        <label>
          From{' '}
          <select
            value={question.from}
            onChange={({ currentTarget }) => setQuestion({ ...question, from: currentTarget.value as From, at: '' })}
          >
            <option value="newest">the newest 500</option>
            <option value="beginning">the beginning</option>
            <option value="time">a time</option>
            <option value="offset">an offset</option>
          </select>
        </label>
        {question.from === 'time' && (
          <input
            type="datetime-local"
            aria-label="Time"
            step="1"
            value={question.at}
            onChange={({ currentTarget }) => setQuestion({ ...question, at: currentTarget.value })}
          />
        )}
        {question.from === 'offset' && (
          <input
            type="number"
            aria-label="Offset, in each partition"
            min="0"
            value={question.at}
            onChange={({ currentTarget }) => setQuestion({ ...question, at: currentTarget.value })}
          />
        )}
        <label>
          <input
            type="checkbox"
            checked={question.follow}
            onChange={({ currentTarget }) => setQuestion({ ...question, follow: currentTarget.checked })}
          />{' '}
          follow
        </label>
        <input
          type="search"
          placeholder="search in key, headers, data"
          aria-label="Search in key, headers and data"
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
      </form>
      <p class="soft" role="status">
        {count(found.length)} {words === '' ? 'records' : `of ${count(records.length)} records`}
        {isReading ? ', reading …' : ''}
        {isFull ? ': more are not held, choose a later place' : ''}
      </p>
      {error !== undefined && (
        <p class="fault" role="alert">
          {error.message}
        </p>
      )}
      {found.length === 0 && !isReading ? (
        <p class="empty">Nothing here.</p>
      ) : (
        <Rows items={found} row={recordRow} detail={detailOf} />
      )}
    </>
  )
}

const recordRow = (record: RecordAnswer) => (
  <>
    <span class="when">{time(record.appended)}</span>
    <span class="place">
      {record.partition}/{record.offset}
    </span>
    <span class="key">{record.key ?? '—'}</span>
    <span class="preview">{previewOf(record)}</span>
  </>
)

const previewMax = 200
const previews = new WeakMap<RecordAnswer, string>()

function previewOf(record: RecordAnswer): string {
  let preview = previews.get(record)
  if (preview === undefined) {
    preview = (JSON.stringify(record.data) ?? 'null').slice(0, previewMax)
    previews.set(record, preview)
  }
  return preview
}

function detailOf(record: RecordAnswer) {
  const { data, headers, ...rest } = record
  return (
    <div class="data">
      <p>
        <a href={href('rides', record.ride)}>The ride</a>{' '}
        <button type="button" onClick={() => void navigator.clipboard.writeText(JSON.stringify(data, undefined, 2))}>
          Copy data
        </button>
      </p>
      <div class="sides">
        <section>
          <h3>Data</h3>
          <Json data={data} />
        </section>
        <section>
          <h3>Headers</h3>
          <Json data={headers} />
          <h3>Envelope</h3>
          <Json data={rest} />
        </section>
      </div>
    </div>
  )
}

/** Each record is looked through once for the same words, however often the list is drawn while more come. */
function searchFor(words: string): (record: RecordAnswer) => boolean {
  const wanted = words.trim().toLowerCase()
  if (wanted === '') return () => true
  const known = new WeakMap<RecordAnswer, boolean>()
  return (record) => {
    let isWanted = known.get(record)
    if (isWanted === undefined) {
      const text = JSON.stringify([record.key, record.id, record.headers, record.data])
      isWanted = text.toLowerCase().includes(wanted)
      known.set(record, isWanted)
    }
    return isWanted
  }
}

/** Reads as the question says; what comes is shown a few times a second. */
function useRecords(topic: string, { from, at, follow }: Question) {
  const [state, setState] = useState<{
    records: readonly RecordAnswer[]
    error?: Error
    isReading: boolean
    isFull: boolean
  }>({
    records: [],
    isReading: true,
    isFull: false,
  })
  useEffect(() => {
    const ending = new AbortController()
    const held: RecordAnswer[] = []
    let isChanged = true
    const show = (more: { error?: Error; isReading: boolean }): void => {
      isChanged = false
      // Followed, the newest stand on top; read, they stand as they were appended.
      setState({
        records: follow || from === 'newest' ? held.toReversed() : [...held],
        isFull: held.length >= heldMax,
        ...more,
      })
    }
    const timer = setInterval(() => isChanged && show({ isReading: true }), drawEveryMs)
    const read = async (): Promise<void> => {
      for await (const record of recordsOf(topic, { from, at, follow }, ending.signal)) {
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
  }, [topic, from, at, follow])
  return state
}

const newestMax = 500

function recordsOf(topic: string, { from, at, follow }: Question, signal: AbortSignal): AsyncIterable<RecordAnswer> {
  if (from === 'newest') return newestOf(topic, follow, signal)
  if (from === 'beginning') return api.records(topic, { from, follow }, signal)
  if (at === '') return nothing()
  const query = from === 'time' ? { since: new Date(at).toISOString() } : { offset: Number(at) }
  return api.records(topic, { ...query, follow }, signal)
}

async function* nothing(): AsyncGenerator<never> {}

/** The last of each partition, in the order in which they were appended, and what comes. */
async function* newestOf(topic: string, follow: boolean, signal: AbortSignal): AsyncGenerator<RecordAnswer> {
  const partitions = (await api.topics(signal)).find((one) => one.topic === topic)?.partitions ?? []
  const each = Math.ceil(newestMax / Math.max(1, partitions.length))
  const past: RecordAnswer[] = []
  for (const { partition, begin, end } of partitions) {
    if (begin === end) continue
    const query = { partition, offset: Math.max(begin, end - each), count: Math.min(each, end - begin) }
    for await (const record of api.records(topic, query, signal)) if (record.offset < end) past.push(record)
  }
  past.sort((one, other) => Date.parse(one.appended) - Date.parse(other.appended))
  yield* past
  if (!follow) return
  // Not from the end: what was appended while the past was read would be left out.
  const last = past.at(-1)
  const start: RecordsQuery = last === undefined ? { from: 'beginning' } : { since: last.appended }
  const ends = new Map(partitions.map(({ partition, end }) => [partition, end]))
  for await (const record of api.records(topic, { ...start, follow }, signal))
    if (record.offset >= (ends.get(record.partition) ?? 0)) yield record
}
