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
  const found = useMemo(() => search(records, words), [records, words])
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

function search(records: readonly RecordAnswer[], words: string): readonly RecordAnswer[] {
  const wanted = words.trim().toLowerCase()
  if (wanted === '') return records
  return records.filter((record) =>
    JSON.stringify([record.key, record.id, record.headers, record.data]).toLowerCase().includes(wanted),
  )
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
      for (const query of await queriesOf(topic, { from, at, follow }, ending.signal))
        for await (const record of api.records(topic, query, ending.signal)) {
          held.push(record)
          isChanged = true
          if (held.length < heldMax) continue
          if (!follow) return
          held.shift()
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

async function queriesOf(
  topic: string,
  { from, at, follow }: Question,
  signal: AbortSignal,
): Promise<readonly RecordsQuery[]> {
  if (from === 'beginning') return [{ from, follow }]
  if (from === 'time') return at === '' ? [] : [{ since: new Date(at).toISOString(), follow }]
  if (from === 'offset') return at === '' ? [] : [{ offset: Number(at), follow }]
  const known = (await api.topics(signal)).find((one) => one.topic === topic)
  const each = Math.ceil(newestMax / Math.max(1, known?.partitions.length ?? 1))
  const queries = (known?.partitions ?? []).map(({ partition, begin, end }) => ({
    partition,
    offset: Math.max(begin, end - each),
    count: Math.max(1, Math.min(each, end - begin)),
  }))
  const past = queries.filter((_, index) => known!.partitions[index]!.end > known!.partitions[index]!.begin)
  return follow ? [...past, { from: 'end', follow: true }] : past
}
